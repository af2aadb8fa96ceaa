"""The settings as documentation: the JSON schema for editors and the README's table.

`python -m blueprint.config.docs` writes docs/context.schema.json and prints the table.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blueprint.config.field import Setting
from blueprint.config.problems import shown
from blueprint.config.settings import GROUPS, SETTINGS, Config

COMMAND = "python -m blueprint.config.docs"
SCHEMA = Path(__file__).parents[2] / "docs" / "context.schema.json"
_OURS = frozenset({"title", "description", "default", "examples", "absent", "weighty"})


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
    }


def schema_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def table() -> str:
    """The settings as Markdown: a heading and a table for each group."""
    return "\n\n".join("\n".join(_section(title)) for title in GROUPS) + "\n"


def _property(setting: Setting, declared: dict[str, Any]) -> dict[str, Any]:
    kind = next((arm for arm in declared.get("anyOf", ()) if arm != {"type": "null"}), declared)
    described = {name: value for name, value in kind.items() if name not in _OURS}
    described["description"] = f"{setting.help}{_default(setting)}"
    if setting.default is not None:
        described["default"] = setting.default
    if setting.example is not None:
        described["examples"] = [setting.example]
    return described


def _default(setting: Setting) -> str:
    if setting.required:
        return " Required."
    return f" Default: {setting.absent}." if setting.absent else ""


def _section(title: str) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield "| Setting | What it is | Allowed | Default |"
    yield "|---|---|---|---|"
    for setting in SETTINGS:
        if setting.group == title:
            cells = (f"`{setting.key}`", setting.help, setting.allowed, _default_cell(setting))
            yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _default_cell(setting: Setting) -> str:
    if setting.required:
        return "**required**"
    return setting.absent or f"`{shown(setting.default)}`"


if __name__ == "__main__":
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    print(table(), end="")
