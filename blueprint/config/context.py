"""Context as the CDK CLI assembles it, for commands that run without it; blocks pasted into it, and files beside it."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from blueprint.config.json_file import as_object, read_object
from blueprint.config.problems import HIDDEN, ConfigError, FaultError, Problem, kind, plain

BLOCK = "context"
_NO_FILE = "no such file"
_CDK_PREFIXES = ("@", "aws:cdk:", "aws-cdk", "cdk-", "cli-", "$")
LOOK_UP = re.compile("[a-z-]+:[A-Za-z0-9_.-]+=")
"""How the keys of CDK's look-ups begin: `vpc-provider:account=111122223333:filter.vpc-id=…`."""
_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "default-account", "default-region", "tree"})


def unwrap(context: Mapping[str, object]) -> dict[str, object]:
    """Context with a `{"context": {…}}` block in it laid flat; a key beside the block beats one within."""
    flat = dict(context)
    while isinstance(block := flat.get(BLOCK), Mapping):
        del flat[BLOCK]
        flat = {**block, **flat}
    return flat


def is_cdk_key(key: str) -> bool:
    """Whether CDK keeps the key in context itself: feature flags, look-ups, the CLI's own."""
    return key.startswith(_CDK_PREFIXES) or key in _CDK_KEYS or LOOK_UP.match(key) is not None


def read_context(directory: Path, overrides: Iterable[str] = (), *, home: Path | None = None) -> dict[str, object]:
    """The context that the CDK CLI would hand to the app of a directory; `overrides` are its `-c key=value`.

    As there, the first to hold a top-level key wins: `-c`, "context" in cdk.json, cdk.context.json, "context"
    in ~/.cdk.json (https://docs.aws.amazon.com/cdk/v2/guide/context.html).

    Raises:
        ConfigError: where a file holds no JSON object, an override assigns nothing, or nobody has set anything.
    """
    problems: list[Problem] = []
    context: dict[str, object] = {}
    user, settings, project = _files(directory, home)
    context.update(_block(read_object(user, problems), user, problems))
    context.update(read_object(settings, problems))
    context.update(_block(read_object(project, problems), project, problems))
    for override in overrides:
        key, assigned, value = override.partition("=")
        if assigned and key:
            context[key] = value
        else:
            fix = "write key=value, such as -c kubernetes.version=1.36"
            problems.append(Problem("-c", HIDDEN, "an assignment", fix))  # it may hold a secret
    if not problems and all(map(is_cdk_key, unwrap(context))):
        got = "no setting" if settings.exists() else _NO_FILE
        fix = "write your settings there: docs/settings.md begins with those that most people need"
        problems.append(Problem(plain(str(settings)), got, "a JSON object with the settings", fix))
    if problems:
        raise ConfigError(problems)
    return context


def read_file(path: Path) -> dict[str, object]:
    """What one file of context holds; nothing where there is none.

    Raises:
        ConfigError: where it holds no JSON object.
    """
    problems: list[Problem] = []
    content = read_object(path, problems)
    if problems:
        raise ConfigError(problems)
    return content


def read_beside(folder: Path, name: str, most: int) -> bytes | None:
    """What a file of the context's folder holds, or one at a whole path; None where that is more than `most` bytes.

    Raises:
        FaultError: where there is no such file, or it cannot be read.
    """
    path = folder / name
    try:
        if not path.is_file():
            raise FaultError(f"put the file there, or correct the name: {plain(str(path.absolute()))} is none")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FaultError(f"{plain(str(path.absolute()))} cannot be read: {error.strerror}") from None
    return content if len(content) <= most else None


def read_app(directory: Path, *, home: Path | None = None) -> str:
    """The command of the app of a directory, as the CDK CLI would find it.

    Raises:
        ConfigError: where there is none.
    """
    problems: list[Problem] = []
    user, _, project = _files(directory, home)
    app = read_object(project, problems).get("app") or read_object(user, problems).get("app")
    if not problems and not (isinstance(app, str) and app.strip()):
        got = _NO_FILE if not project.exists() else f'{kind(app) if app else "nothing"} as "app"'
        fix = "bring back the file as this project has it: git checkout cdk.json"
        problems.append(Problem(plain(str(project)), got, 'the command of the app, as "app"', fix))
    if problems:
        raise ConfigError(problems)
    return str(app)


def _files(directory: Path, home: Path | None) -> tuple[Path, Path, Path]:
    user = home or Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's own way fails for who has no home
    return user / ".cdk.json", directory / "cdk.context.json", directory / "cdk.json"


def _block(content: dict[str, object], path: Path, problems: list[Problem]) -> dict[str, object]:
    return as_object(content.get(BLOCK) or {}, path, f'a JSON object as "{BLOCK}"', problems)
