"""The CDK app: context in, stacks out. Configuration errors are told in the deployer's words, without a traceback."""

import gc
import os
import sys
from datetime import date

from blueprint import node

node.use()
program = node.start()  # it takes as long as reading jsii does
gc.disable()  # nothing that a synthesis makes is thrown away before its end
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it looks for them in each package that is installed
with node.reading(program) as beside:
    from aws_cdk import App
    from aws_cdk.region_info import Fact

    # Made while Python reads the rest. Stack traces end in jsii, and would stand above each warning.
    making = beside.submit(App, stack_traces=False, builtin_cloud_formation_validation=False)
    beside.submit(getattr, Fact, "regions")  # Node reads what it knows of them, for which the first function would wait
    from blueprint.config import ConfigError, load
    from blueprint.stacks import deploy, validate


def main() -> None:
    """Synthesize the stacks."""
    app = making.result()
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
