"""Context as the CDK CLI assembles it, for commands that run without it; blocks pasted into it, and files beside it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from blueprint.config.problems import HIDDEN, ConfigError, FaultError, Problem, plain

BLOCK = "context"


def unwrap(context: Mapping[str, object]) -> dict[str, object]:
    """Context with a `{"context": {…}}` block in it laid flat; a key beside the block beats one within."""
    flat = dict(context)
    while isinstance(block := flat.get(BLOCK), Mapping):
        del flat[BLOCK]
        flat = {**block, **flat}
    return flat


def read_context(directory: Path, overrides: Iterable[str] = (), *, home: Path | None = None) -> dict[str, object]:
    """The context that the CDK CLI would hand to the app of a directory; `overrides` are its `-c key=value`.

    As there, the first to hold a top-level key wins: `-c`, "context" in cdk.json, cdk.context.json, "context"
    in ~/.cdk.json (https://docs.aws.amazon.com/cdk/v2/guide/context.html).

    Raises:
        ConfigError: where a file holds no JSON object, or an override assigns nothing.
    """
    problems: list[Problem] = []
    context: dict[str, object] = {}
    user, project = (home or Path.home()) / ".cdk.json", directory / "cdk.json"
    context.update(_block(_read(user, problems), user, problems))
    context.update(_read(directory / "cdk.context.json", problems))
    context.update(_block(_read(project, problems), project, problems))
    for override in overrides:
        key, assigned, value = override.partition("=")
        if assigned and key:
            context[key] = value
        else:
            fix = "write key=value, such as -c kubernetes.version=1.36"
            problems.append(Problem("-c", HIDDEN, "an assignment", fix))  # it may hold a secret
    if problems:
        raise ConfigError(problems)
    return context


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


def _read(path: Path, problems: list[Problem]) -> dict[str, object]:
    content: object = {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}: {error.msg}"
        problems.append(Problem(plain(str(path)), place, "valid JSON", "correct the file at that place"))
    except (OSError, ValueError, RecursionError) as error:
        allowed = "a readable JSON file in UTF-8"
        problems.append(Problem(plain(str(path)), type(error).__name__, allowed, "correct the file"))
    return _object(content, path, "a JSON object", problems)


def _block(content: dict[str, object], path: Path, problems: list[Problem]) -> dict[str, object]:
    return _object(content.get(BLOCK) or {}, path, f'a JSON object as "{BLOCK}"', problems)


def _object(content: object, path: Path, allowed: str, problems: list[Problem]) -> dict[str, object]:
    if isinstance(content, dict):
        return content
    fix = 'write {"key": value, …} there'
    problems.append(Problem(plain(str(path)), type(content).__name__, allowed, fix))
    return {}
