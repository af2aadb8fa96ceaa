"""Files in YAML that context names: read as data, and every fault in them with its place."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from blueprint.config.context import read_beside
from blueprint.config.field import Group, Setting, describe
from blueprint.config.problems import NOTHING, UNKNOWN, FaultError, FaultsError, Problem, plain, shown

ID = "(?=[a-z0-9-]{1,32}$)(?!default$|unlisted-choice$)[a-z0-9]+(?:-[a-z0-9]+)*"
"""How things are named in a file: these names are remembered, and stand in forms between double hyphens."""
ID_ALLOWED = "1 to 32 lower-case letters and digits with single hyphens between them, but default and unlisted-choice"
LARGEST = 64 * 1024
_MOST_VALUES = 10_000
_TEXT, _MERGED = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_WORDS = {
    "found unhashable key": "a key is one text, and neither a list nor a mapping",
    "could not determine a constructor": "what begins with ! is not taken here",
    "<": "it cannot be read on from here; mind how lines are indented, quotes and brackets",
    "but found scalar": "a mapping should stand here",
    "another document": "one document is enough: leave out what follows ---",
}
"""What Python's reader says of YAML, by a part of it, in words for those who read no Python."""


def read(name: str, info: ValidationInfo, page: str = "docs/profiles.md") -> dict[str, Any]:
    """The mapping in a file of the folder that the validation's own context names; `page` of our documents is of it."""
    import yaml  # which takes its time, and few need it

    content = read_beside((info.context or {}).get("folder", Path()), name, LARGEST)
    if content is None:
        raise FaultError(f"make it smaller than {LARGEST // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        found = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise FaultError("save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        said = str(error.problem or error.context)
        words = next((words for part, words in _WORDS.items() if part in said), plain(said))
        raise FaultError(f"correct the file at {place}{words}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise FaultError("correct the file: it is no YAML that can be read") from None
    _not_too_much(found)
    if wrong := [*_keys(node)]:
        raise FaultsError(wrong)
    if not isinstance(found, Mapping) or not found:
        raise FaultError(f"write a mapping there: {page} has an example")
    return dict(found)


def _not_too_much(value: object) -> None:
    """Aliases can make a short file hold more than any memory, or itself."""
    left, count = [value], 0
    while left:
        each = left.pop()
        count += 1
        if count > _MOST_VALUES:
            raise FaultError(f"take values out of it: it holds more than {_MOST_VALUES:,}, by its aliases")
        inner = each.values() if isinstance(each, Mapping) else each if isinstance(each, list) else ()
        left += inner


def _keys(node: Any, place: str = "") -> Iterator[Problem]:
    """Keys that are no text, and those that stand twice in a mapping, of which YAML's readers keep the last."""
    if getattr(node, "id", "") != "mapping":
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        here, line = f"{place}.{name}" if place else name, f"in line {key.start_mark.line + 1}"
        if key.tag not in (_TEXT, _MERGED):  # YAML takes yes, no, on, off, null and dates for something else
            yield Problem(
                here, f"a key that is no text, {line}", "keys of text", f'write it in quotes: "{plain(name)}"'
            )
        elif name in seen and key.tag != _MERGED:  # what is merged may be overridden
            yield Problem(here, f"the same key again, {line}", "each key once", "remove one, or rename it")
        seen.add(name)
        yield from _keys(value, here)


def problems(
    error: ValidationError,
    model: type[Group],
    page: str = "docs/profiles.md",
    *,
    by_name: bool = True,
    names_allowed: str = ID_ALLOWED,
) -> Iterator[Problem]:
    """What is wrong in a file that is a model, or holds several by name; `names_allowed` are those in it."""
    for details in error.errors(include_url=False):
        place, setting, models = _walk(details["loc"], model, by_name=by_name)
        if details["type"] == "extra_forbidden":
            yield _unknown(place, str(details["loc"][-1]), models, page)
        elif details["loc"][-1:] == ("[key]",):
            yield Problem(place, shown(details["input"]), names_allowed, "rename it, in quotes if it is a number")
        else:
            yield _problem(details, place, setting, models)


def _problem(details: ErrorDetails, place: str, setting: Setting | None, models: type[Group] | None) -> Problem:
    kind, got = details["type"], shown(details["input"])
    cause = details.get("ctx", {}).get("error")
    fault = cause if isinstance(cause, FaultError) else FaultError()
    if setting is None or (kind in ("model_type", "dict_type") and details["loc"][-1:] != (setting.key,)):
        allowed = f"a mapping of {', '.join(keys(models))}" if models else "a mapping"
        return Problem(place, got, allowed, "write these below it, indented")
    fix = fault.fix or (f"add it, {setting.fix}" if kind == "missing" else setting.fix)
    return Problem(place, NOTHING if kind == "missing" else got, fault.allowed or setting.allowed, fix)


def _walk(
    loc: tuple[int | str, ...], model: type[Group], *, by_name: bool
) -> tuple[str, Setting | None, type[Group] | None]:
    """The place in the file, the setting there, and the model that it stands in."""
    place: list[str] = []
    setting: Setting | None = None
    current: type[Group] | None = model
    for step in loc:
        if step == "[key]":
            break
        if by_name:
            place.append(str(step))
            by_name, setting = False, None
            continue
        fields = settings(current) if current else {}
        place.append(str(step))
        if step not in fields:
            break
        setting, inner, by_name = fields[str(step)]
        if inner is None:
            break
        current = inner
    return plain(".".join(place)), setting, current


def _unknown(place: str, key: str, model: type[Group] | None, page: str) -> Problem:
    known = keys(model) if model else []
    if why := getattr(model, "not_yet", {}).get(key):
        return Problem(place, UNKNOWN, why, "remove it")
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    fix = f'did you mean "{near[0]}"?' if near else f"take one of: {', '.join(known)}"
    return Problem(place, UNKNOWN, f"the keys in {page}", fix)


def keys(model: type[Group]) -> list[str]:
    """The keys of a model, as they are written."""
    return list(settings(model))


def settings(model: type[Group]) -> dict[str, tuple[Setting, type[Group] | None, bool]]:
    """The settings of a model by their keys, each with the model that it holds, if any, and whether by name."""
    return {
        str(field.alias): (describe(attribute, field, ""), *inner_model(field.annotation))
        for attribute, field in model.model_fields.items()
    }


def inner_model(annotation: Any) -> tuple[type[Group] | None, bool]:
    """The model that a field holds, and whether it holds several by name; none for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, Group):
        return annotation, False
    within: Iterable[tuple[type[Group] | None, bool]] = map(inner_model, get_args(annotation))
    found, by_name = next(((model, several) for model, several in within if model), (None, False))
    return found, by_name or (found is not None and get_origin(annotation) is dict)
