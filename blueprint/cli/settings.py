"""The configuration of the working directory, for commands."""

import os
from datetime import date
from pathlib import Path

from blueprint.config import Loaded, load, read_context


def loaded(overrides: list[str] | None, *, account: str | None = None, region: str | None = None) -> Loaded:
    """The configuration as `cdk` would see it here; `account` and `region` are those it had credentials for.

    Raises:
        ConfigError: with every fault in it.
    """
    return load(
        read_context(Path.cwd(), overrides or ()),
        today=date.today(),
        account=account or os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=region or os.environ.get("CDK_DEFAULT_REGION") or os.environ.get("AWS_REGION"),
    )
