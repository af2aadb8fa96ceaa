"""A file of settings: the JSON object in it, or in words why there is none to be had."""

import json
import stat
from pathlib import Path
from typing import Any, NoReturn

from blueprint.config.problems import Problem, kind, plain, shown

_AN_OBJECT = "a JSON object"
_WRITE_ONE = 'write {"key": value, …} there'
_CORRECT = "correct the file"
_WORDS = {
    "Expecting value": "a value should stand here",
    "Expecting property name": "a key in double quotes should stand here",
    "Expecting ':'": "a colon should stand here",
    "Expecting ','": "a comma should stand here",
    "Illegal trailing comma": "nothing follows this comma",
    "Extra data": "the JSON has ended before this",
    "Unterminated string": "the text that begins here does not end",
    "Invalid control character": "a text holds a line break or another invisible character here",
    "Invalid \\": "this backslash begins no sign that JSON knows",
}
"""What Python says of broken JSON, by its beginning, in words for those who read no Python."""
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
_DIGITS = 1000
"""Of so many no number is right, and of some more Python makes none."""


def read_object(path: Path, problems: list[Problem]) -> dict[str, object]:
    """What a file holds; nothing where there is none. What is wrong with it is added to the problems."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe might never end
            got = next((words for holds, words in _KINDS if holds(mode)), "a device")
            problems.append(Problem(plain(str(path)), got, "a file", "remove it, or give it another name"))
            return {}
        content: object = json.loads(
            path.read_text(encoding="utf-8-sig"),
            parse_int=lambda digits: int(digits) if len(digits) < _DIGITS else float(digits),
            parse_constant=_refuse,
            object_pairs_hook=_each_once,
        )
    except (FileNotFoundError, NotADirectoryError):  # the home may be /dev/null
        return {}
    except (OSError, ValueError, RecursionError) as error:
        problems.append(_unreadable(path, error))
        return {}
    return as_object(content, path, _AN_OBJECT, problems)


def as_object(content: object, path: Path, allowed: str, problems: list[Problem]) -> dict[str, object]:
    """What stands in a file, if it is an object. What else it is is added to the problems."""
    if isinstance(content, dict):
        return content
    problems.append(Problem(plain(str(path)), kind(content), allowed, _WRITE_ONE))
    return {}


def _unreadable(path: Path, error: Exception) -> Problem:
    """Why a file cannot be read, and what to do."""
    got, allowed, fix = "what cannot be read", _AN_OBJECT, _CORRECT
    match error:
        case json.JSONDecodeError() if not error.doc.strip():
            got, fix = "an empty file", _WRITE_ONE
        case json.JSONDecodeError() if "\0" in error.doc:
            got, allowed, fix = "a file with NUL characters", "JSON in UTF-8", "save the file as UTF-8"
        case json.JSONDecodeError():
            words = next((words for said, words in _WORDS.items() if error.msg.startswith(said)), "no JSON from here")
            got = f"line {error.lineno}, column {error.colno}: {words}"
            allowed, fix = "valid JSON", "correct the file at that place"
        case UnicodeDecodeError():
            got, allowed, fix = f"no UTF-8 at byte {error.start + 1}", "JSON in UTF-8", "save the file as UTF-8"
        case RecursionError():
            got = "objects or arrays that are nested too deep"
        case PermissionError():
            got, fix = "a file that you may not read", "let yourself read it (chmod u+r)"
        case OSError():
            got = error.strerror or got
        case ValueError():
            got = str(error)
    return Problem(plain(str(path)), got, allowed, fix)


def _refuse(constant: str) -> NoReturn:
    """Python reads more than JSON has; the CDK CLI does not."""
    raise ValueError(f"{constant}, which JSON does not have")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no key may silently take the place of another."""
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"more than once: {', '.join(shown(key) for key in content if keys.count(key) > 1)}")
    return content
