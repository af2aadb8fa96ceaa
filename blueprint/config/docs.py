"""The settings as documentation: the JSON schema for editors, and the tables of docs/settings.md."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from blueprint.config.field import Setting
from blueprint.config.keys import misspellings
from blueprint.config.problems import shown
from blueprint.config.settings import GROUPS, SETTINGS, Config
from blueprint.config.types.forms import BARE, CORE, FREE, unfilled

COMMAND = "python -m blueprint.docs"
SCHEMA = Path(__file__).parents[2] / "docs" / "context.schema.json"
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


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


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
