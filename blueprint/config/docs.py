"""The settings as documentation: the JSON schema for editors, and the tables of docs/settings.md."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from blueprint.config.field import Group, Setting
from blueprint.config.keys import misspellings
from blueprint.config.problems import shown
from blueprint.config.settings import GROUPS, SETTINGS, Config
from blueprint.config.types import access
from blueprint.config.types.documents import ID
from blueprint.config.types.documents import settings as keys
from blueprint.config.types.forms import BARE, CORE, FREE, unfilled
from blueprint.config.types.limits import MODELS as LIMITS
from blueprint.config.types.limits import Limits
from blueprint.config.types.patterns import line
from blueprint.config.types.profiles import MODELS, Choice, Profile

COMMAND = "python -m blueprint.docs"
_FOLDER = Path(__file__).parents[2] / "docs"
SCHEMA, PROFILES_SCHEMA = _FOLDER / "context.schema.json", _FOLDER / "profiles.schema.json"
LIMITS_SCHEMA = _FOLDER / "limits.schema.json"
ACCESS_SCHEMA = _FOLDER / "access.schema.json"
_OURS = frozenset({"title", "description", "default", "examples", "absent", "common", "weighty", CORE, BARE, FREE})
_WITHIN = ("items", "propertyNames", "additionalProperties")
_UNKNOWN = {"not": {}, "errorMessage": "No setting has this name: docs/settings.md has them all."}
_UNFILLED, _PLACEHOLDER = "#/$defs/unfilled", "#/$defs/placeholder"


def schema() -> dict[str, Any]:
    """The JSON schema of cdk.context.json, where no key is required: it may stand in cdk.json as well."""
    types = Config.model_json_schema()["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Context of the JupyterHub blueprint",
        "description": f"Settings in cdk.context.json; written by {COMMAND}.",
        "type": "object",
        "properties": {
            **{setting.key: _property(setting, types[setting.key]) for setting in SETTINGS},
            "context": {"description": "The same settings, pasted as a block.", "$ref": "#"},
        },
        "patternProperties": dict.fromkeys(misspellings(), _UNKNOWN),
        "$defs": unfilled(_UNFILLED),
    }


def profiles_schema() -> dict[str, Any]:
    """The JSON schema of the file that singleuser.profiles names."""
    return _of_a_file("Profiles", "singleuser.profiles", Profile)


def access_schema() -> dict[str, Any]:
    """The JSON schema of the file that aws.access names."""
    return _of_a_file("Rights in AWS", "aws.access", access.Rights)


def _of_a_file(title: str, key: str, model: type[Group]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{title} of the JupyterHub blueprint",
        "description": f"The file that {key} names; written by {COMMAND}.",
        **_by_name(model),
        "$defs": unfilled(_UNFILLED),
    }


def limits_schema() -> dict[str, Any]:
    """The JSON schema of the file that singleuser.limits names."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Limits of the JupyterHub blueprint",
        "description": f"The file that singleuser.limits names; written by {COMMAND}.",
        **_mapping(Limits, names=line(255, "*")),
        "$defs": unfilled(_UNFILLED),
    }


def _by_name(model: type[Group], names: str = ID) -> dict[str, Any]:
    """The schema of several of a model, by their names."""
    pattern = {"pattern": f"^(?:{names})$"}
    return {"type": "object", "minProperties": 1, "propertyNames": pattern, "additionalProperties": _mapping(model)}


def _mapping(model: type[Group], names: str = ID) -> dict[str, Any]:
    """The schema of a model that may hold others."""
    types = model.model_json_schema()["properties"]
    properties: dict[str, Any] = {}
    for key, (setting, inner, by_name) in keys(model).items():
        if inner is None:
            properties[key] = _property(setting, types[key])
        else:
            within = _by_name(inner, names) if by_name else _mapping(inner)
            properties[key] = {"description": setting.help + _default(setting), "anyOf": [within, {"type": "null"}]}
    required = [key for key, (setting, _, _) in keys(model).items() if setting.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def profiles_tables() -> str:
    """What may stand in that file, as Markdown: a heading and a table for each kind of thing in it."""
    about = {setting.key for setting, _, _ in keys(Choice).values()}
    parts: dict[str, tuple[type[Group], set[str]]] = {title: (model, about) for title, model in MODELS.items()}
    parts["Who may, in all of them"] = (Choice, set())
    return "\n".join(
        f"### {title}\n\n{_table(each for each, _, _ in keys(model).values() if each.key not in without)}"
        for title, (model, without) in parts.items()
    )


def limits_tables() -> str:
    """What may stand in the file of limits, as Markdown: a heading and a table for each kind of thing in it."""
    return "\n".join(
        f"### {title}\n\n{_table(each for each, _, _ in keys(model).values())}" for title, model in LIMITS.items()
    )


def access_tables() -> str:
    """What may stand in the file of rights, as Markdown."""
    return "\n".join(
        f"### {title}\n\n{_table(each for each, _, _ in keys(model).values())}"
        for title, model in access.MODELS.items()
    )


def text_of(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2) + "\n"


def common_table() -> str:
    """The settings that most people touch as a Markdown table."""
    return _table(setting for setting in SETTINGS if setting.common)


def table() -> str:
    """All settings as Markdown: a heading and a table for each group."""
    sections = ((title, _table(setting for setting in SETTINGS if setting.group == title)) for title in GROUPS)
    return "\n".join(f"### {title}\n\n{rows}" for title, rows in sections)


def _property(setting: Setting, declared: dict[str, Any]) -> dict[str, Any]:
    arms = [*_arms(declared)]
    unfilled = _PLACEHOLDER if any(FREE in arm for arm in arms) else _UNFILLED
    forms = [_explained(_plain(arm), f"Allowed: {setting.allowed}.") for arm in arms]
    described = {
        "description": f"{setting.help}{_default(setting)}",
        "anyOf": [*forms, *([] if setting.required else [{"type": "null"}])],
        "not": {"$ref": unfilled},
        "errorMessage": "Replace the placeholder with your own value.",
    }
    if setting.default is not None:
        described["default"] = setting.default
    if setting.example is not None:
        described["examples"] = [setting.example]
    return described


def _arms(declared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The forms in which a setting may be written."""
    for arm in declared.get("anyOf", [declared]):
        if "anyOf" in arm:
            yield from _arms(arm)
        elif arm != {"type": "null"}:
            yield arm


def _explained(schema: dict[str, Any], message: str) -> dict[str, Any]:
    """A schema with what an editor says of a value, or of an entry in one, that does not fit."""
    within = {name: _explained(schema[name], message) for name in _WITHIN if name in schema}
    return {**schema, **within, "errorMessage": message}


def _plain(schema: Any) -> Any:
    """A schema without what is not of JSON schema, or is said for the setting as a whole."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _plain(value) for name, value in schema.items() if name not in _OURS}


def _default(setting: Setting) -> str:
    if setting.required:
        return " Required."
    return f" Default: {setting.absent}." if setting.absent else ""


def _table(settings: Iterable[Setting]) -> str:
    rows = ((f"`{setting.key}`", setting.help, setting.allowed, _default_cell(setting)) for setting in settings)
    lines = (f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)
    return "\n".join(("| Setting | What it is | Allowed | Default |", "|---|---|---|---|", *lines)) + "\n"


def _default_cell(setting: Setting) -> str:
    if setting.required:
        return "**required**"
    return setting.absent or f"`{shown(setting.default)}`"
