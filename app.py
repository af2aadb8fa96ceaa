"""The CDK app: context in, stacks out. Configuration errors are told in the deployer's words, without a traceback."""

import gc
import os
import sys
from datetime import date
from importlib import import_module
from threading import Thread

from blueprint import node

node.use()  # before aws_cdk starts one
gc.disable()  # nothing that a synthesis makes is thrown away before its end
cdk_loads = Thread(target=import_module, args=("aws_cdk",))
cdk_loads.start()  # Node reads the library while Python reads what follows

from blueprint.config import ConfigError, load  # noqa: E402


def main() -> None:
    """Synthesize the stacks."""
    cdk_loads.join()
    import aws_cdk as cdk

    from blueprint.stacks import deploy, validate

    # Stack traces end in jsii, and would stand above each warning.
    app = cdk.App(stack_traces=False, builtin_cloud_formation_validation=False)
    if os.environ.get("CDK_VALIDATION") != "false":  # as `cdk synth --no-validation` has it
        validate(app)
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
