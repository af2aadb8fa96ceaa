"""Context as the CDK CLI assembles it, for commands that run without it; blocks pasted into it, and files beside it."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

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
    context.update(_block(_read(user, problems), user, problems))
    context.update(_read(settings, problems))
    context.update(_block(_read(project, problems), project, problems))
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
    content = _read(path, problems)
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
    app = _read(project, problems).get("app") or _read(user, problems).get("app")
    if not problems and not (isinstance(app, str) and app.strip()):
        got = _NO_FILE if not project.exists() else f'{kind(app) if app else "nothing"} as "app"'
        fix = "bring back the file as this project has it: git checkout cdk.json"
        problems.append(Problem(plain(str(project)), got, 'the command of the app, as "app"', fix))
    if problems:
        raise ConfigError(problems)
    return str(app)


def _files(directory: Path, home: Path | None) -> tuple[Path, Path, Path]:
    return (home or Path.home()) / ".cdk.json", directory / "cdk.context.json", directory / "cdk.json"


def _read(path: Path, problems: list[Problem]) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content: object = json.loads(text, parse_constant=_refused)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        problems.append(_unreadable(path, error))
        return {}
    return _object(content, path, "a JSON object", problems)


def _unreadable(path: Path, error: Exception) -> Problem:
    """Why a file cannot be read, and what to do."""
    got, allowed, fix = "what cannot be read", "a JSON object", "correct the file"
    match error:
        case json.JSONDecodeError() if not error.doc.strip():
            got, fix = "an empty file", 'write {"key": value, …} there'
        case json.JSONDecodeError():
            got = f"line {error.lineno}, column {error.colno}: {error.msg}"
            allowed, fix = "valid JSON", "correct the file at that place"
        case UnicodeDecodeError():
            got, allowed, fix = f"no UTF-8 at byte {error.start + 1}", "JSON in UTF-8", "save the file as UTF-8"
        case RecursionError():
            got = "objects or arrays that are nested too deep"
        case IsADirectoryError():
            got, allowed, fix = "a folder", "a file", "remove the folder, or give it another name"
        case PermissionError():
            got, fix = "a file that you may not read", "let yourself read it (chmod u+r)"
        case OSError():
            got = error.strerror or got
        case ValueError():
            got = str(error)
    return Problem(plain(str(path)), got, allowed, fix)


def _refused(constant: str) -> NoReturn:
    """Python reads more than JSON has; the CDK CLI does not."""
    raise ValueError(f"{constant}, which JSON does not have")


def _block(content: dict[str, object], path: Path, problems: list[Problem]) -> dict[str, object]:
    return _object(content.get(BLOCK) or {}, path, f'a JSON object as "{BLOCK}"', problems)


def _object(content: object, path: Path, allowed: str, problems: list[Problem]) -> dict[str, object]:
    if isinstance(content, dict):
        return content
    problems.append(Problem(plain(str(path)), kind(content), allowed, 'write {"key": value, …} there'))
    return {}
