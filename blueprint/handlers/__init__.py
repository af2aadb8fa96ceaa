"""The Lambda handlers of our own CloudFormation resources: `certificate`, `records` and `leftovers`.

They run with boto3 and the standard library alone, behind CDK's provider framework (`Provider`, only
`on_event`). On Lambda this package is the top one, so its modules import each other relatively. The asset is
the folder above with nothing but this one in it, and a handler is called `handlers.certificate.handler`:

    Code.from_asset("blueprint", exclude=["*", "!handlers", "**/__pycache__"], ignore_mode=IgnoreMode.DOCKER)

Each waits within Lambda's time, so give it 15 minutes, the most. Each works on the region that it runs in.
"""
