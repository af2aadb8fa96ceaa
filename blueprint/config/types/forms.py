"""In which forms a value may be written, as JSON schemas: what parsers accept besides the plain value.

A parser's form takes the schema of a plain value and returns that of all that the parser accepts. Beside it stays,
under `CORE`, the pattern of the value as text, for lists of such values.
"""

from collections.abc import Callable
from typing import Any

from blueprint.config.types.patterns import BLANK, MADE_BY_CDK, PLACEHOLDER_WITHIN, decimal, line, placeholder, whole

Schema = dict[str, Any]
Form = Callable[[Schema], Schema]

CORE, BARE, FREE = "core", "bare", "free"
"""Not of JSON schema: the pattern of the value as text, and of what may stand for it without quotes in JSON text; and
whether what looks like a placeholder may be meant."""


def text(schema: Schema) -> Schema:
    """One of a few words, what a pattern says, or any text up to a length; blanks around it count for nothing."""
    if "enum" in schema:
        core = "|".join(each.replace(".", r"\.") for each in schema["enum"])
        return {"anyOf": [{"enum": schema["enum"]}, {"type": "string", "pattern": _alone(core)}], CORE: core}
    core = schema["pattern"] if "pattern" in schema else line(schema["maxLength"])
    return {"type": "string", "pattern": _alone(core), CORE: core}


def free_text(schema: Schema) -> Schema:
    """Text in which what looks like a placeholder may be meant."""
    core = rf"(?![\s\S]*{MADE_BY_CDK})(?:{schema.get('pattern', line())})"
    return {**schema, "pattern": _alone(core), FREE: True}


def number(schema: Schema) -> Schema:
    """A number, or its digits as text."""
    if "enum" in schema:
        digits = "|".join(str(each) for each in schema["enum"])
    elif schema["type"] == "integer":
        digits = whole(schema["minimum"], schema["maximum"])
    else:
        digits = decimal(schema["maximum"])
    zeros = "" if schema["type"] == "number" else r"(?:\.0+)?"
    return {"anyOf": [schema, {"type": "string", "pattern": _alone(f"(?:{digits}){zeros}")}]}


def boolean(schema: Schema) -> Schema:
    """`true` or `false`, or these words as text."""
    words = "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]"
    return {"anyOf": [schema, {"type": "string", "pattern": _alone(words)}]}


def account(schema: Schema) -> Schema:
    """An account id, or the number that it is."""
    arms = [text(schema), {"type": "integer", "minimum": 10**11, "maximum": 10**12 - 1}]
    return {"anyOf": arms, CORE: schema["pattern"], BARE: r"[1-9][0-9]{11}(?:\.0+)?"}


def minor(schema: Schema) -> Schema:
    """A version of two numbers, or the number that it looks like unless that loses a zero."""
    numbers = [float(version) for version in schema["enum"] if not version.endswith("0")]
    return {"anyOf": [*text(schema)["anyOf"], {"enum": numbers}]}


def entries(separators: str) -> Form:
    """A list, its entries with separators between them, or its JSON as text."""

    def form(schema: Schema) -> Schema:
        core, bare = schema["items"][CORE], schema["items"].get(BARE)
        least, most = schema.get("minItems", 0), schema.get("maxItems", "")
        # Text with a backslash may hold any character behind an escape: it is left to `make synth`.
        escaped = r"\[[^\\]*\\[\s\S]*"
        listed = f"\\[{_as_json(core, bare, least, most)}\\]|{escaped}"
        pattern = f"^(?:{_separated(core, separators, most)}|[{BLANK}]*(?:{listed})[{BLANK}]*)$"
        return {"anyOf": [schema, {"type": "string", "pattern": pattern}]}

    return form


def alternatives(form: Form, *cores: str) -> Form:
    """A list in which all entries are of the same kind."""

    def one_of(schema: Schema) -> Schema:
        items = [text({"pattern": core}) for core in cores]
        return {"anyOf": [arm for each in items for arm in form({**schema, "items": each})["anyOf"]]}

    return one_of


def tags(*, names: str, values: str, most: int) -> Schema:
    """An object of a limited number of names, each with its value."""
    end = r"$(?!\n)"  # Python's $ leaves room for a line break
    return {
        "type": "object",
        "maxProperties": most,
        "propertyNames": {"pattern": f"^(?:{names}){end}"},
        "additionalProperties": {"type": "string", "pattern": f"^(?:{values}){end}"},
    }


def acknowledgements(names: list[str]) -> Schema:
    """An object of some of the names, each with a line of text."""
    return {
        "type": "object",
        "propertyNames": {"enum": names},
        "additionalProperties": {"type": "string", "pattern": _alone(line())},
    }


def mapping(schema: Schema) -> Schema:
    """An object, or its JSON as text, of which only the braces are looked at: the rest is left to `make synth`."""
    return {"anyOf": [schema, {"type": "string", "pattern": rf"^[{BLANK}]*\{{[\s\S]*\}}[{BLANK}]*$"}]}


def unfilled(entry: str) -> dict[str, Schema]:
    """The schemas of what nobody has filled in yet: a placeholder, and what is one or holds one, at any depth.

    `entry` refers to the second from within itself.
    """
    alone = {"type": "string", "pattern": _alone(placeholder())}
    holding = {"type": "string", "pattern": PLACEHOLDER_WITHIN}
    listed = {"type": "array", "contains": {"$ref": entry}}
    mapped = {"type": "object", "not": {"additionalProperties": {"not": {"$ref": entry}}}}
    return {"placeholder": alone, "unfilled": {"anyOf": [alone, holding, listed, mapped]}}


def _alone(core: str) -> str:
    return f"^[{BLANK}]*(?:{core})[{BLANK}]*$"


def _separated(core: str, separators: str, most: int | str) -> str:
    end = f"[{BLANK}]*(?:[{separators}]|$)"
    entry = f"(?!(?:{placeholder(separators)}){end})(?=(?:{core}){end})[^{separators}]+"
    between = f"[{separators}{BLANK}]"
    return rf"(?![{BLANK}]*\[){between}*(?:{entry}(?:[{separators}]{between}*|$)){{1,{most}}}"


def _as_json(core: str, bare: str | None, least: int, most: int | str) -> str:
    unfilled = placeholder(r'"\\')
    entry = rf'" *(?=[^"\\ ])(?!(?:{unfilled}) *")(?=(?:{core}) *")[^"\\]*"'  # JSON has no other blanks in a string
    if bare:
        entry = f"(?:{entry}|{bare})"
    following = rf"(?:,[{BLANK}]*(?!\])|(?=\]))"
    return rf"[{BLANK}]*(?:{entry}[{BLANK}]*{following}){{{least},{most}}}"
