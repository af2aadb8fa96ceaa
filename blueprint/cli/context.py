"""`context`: the files that the CDK's CLI will read, looked at before it does."""

from pathlib import Path

from blueprint.config import ConfigError, Problem, read_app, read_context


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
