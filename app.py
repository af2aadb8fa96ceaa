"""The CDK app: context in, stacks out. Configuration errors are told in the deployer's words, without a traceback."""

import gc
import os
import sys
from datetime import date

from blueprint import node
from blueprint.config import ConfigError, load

node.use()  # before aws_cdk starts one
gc.disable()  # nothing that a synthesis makes is thrown away before its end


def main() -> None:
    """Synthesize the stacks."""
    import aws_cdk as cdk

    from blueprint.stacks import deploy

    app = cdk.App(stack_traces=False)  # they end in jsii, and would stand above each warning
    loaded = load(
        app.node.get_all_context(),
        today=date.today(),
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=os.environ.get("CDK_DEFAULT_REGION"),
    )
    deploy(app, loaded.config)
    app.synth()
    gc.freeze()  # nor at its end: the process is over


if __name__ == "__main__":
    try:
        main()
    except ConfigError as error:
        sys.exit(str(error))
