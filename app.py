"""The CDK app: context in, stacks out. Configuration errors are told in the deployer's words, without a traceback."""

import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

from blueprint import node

if TYPE_CHECKING:
    from aws_cdk import App

node.use()  # before jsii starts one
gc.disable()  # nothing that a synthesis makes is thrown away before its end
import jsii  # noqa: E402, F401 - alone: beside what follows it would take longer, and Node start later


def _app() -> "App":
    from aws_cdk import App

    # Stack traces end in jsii, and would stand above each warning.
    return App(stack_traces=False, builtin_cloud_formation_validation=False)


with ThreadPoolExecutor(1) as beside:
    making = beside.submit(_app)
    # Node reads the library and makes the app while Python reads the settings, and then its half of the library. jsii
    # is for one thread: nothing that is imported here asks Node.
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
