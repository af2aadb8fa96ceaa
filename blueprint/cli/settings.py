"""The configuration of the working directory, for commands."""

import os
from datetime import date
from pathlib import Path

from blueprint.config import ConfigError, Loaded, Problem, load, read_app, read_context


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


def check_files(overrides: list[str] | None, *, app_is_given: bool) -> None:
    """Read what the CDK CLI will: the context, and the command of the app where the command line does not give it.

    Raises:
        ConfigError: with every fault of the files in it.
    """
    problems: list[Problem] = []
    try:
        read_context(Path.cwd(), overrides or ())
    except ConfigError as error:
        problems += error.problems
    try:
        if not app_is_given:
            read_app(Path.cwd())
    except ConfigError as error:
        problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise ConfigError(problems)
