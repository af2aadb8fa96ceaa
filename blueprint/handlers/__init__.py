"""The Lambda handlers of our own CloudFormation resources.

They run with what Lambda's Python has: boto3, urllib3 and the standard library. On Lambda this package is the top one,
so its modules import each other relatively. The asset is the folder above with nothing but this one in it. In each
module, `handler` does the work, and returns or raises; `answer` (`handlers.certificate.answer`) is what Lambda runs for
CloudFormation, and tells it what became of that.

Each waits within Lambda's time, so give it 15 minutes, the most. Each works on the region that it runs in.
"""
