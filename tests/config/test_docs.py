import json
import re
from typing import Any

import jsonschema
import pytest

from blueprint.config import SETTINGS
from blueprint.config.docs import (
    ACCESS_SCHEMA,
    COMMAND,
    LIMITS_SCHEMA,
    PROFILES_SCHEMA,
    SCHEMA,
    access_schema,
    common_table,
    limits_schema,
    profiles_schema,
    schema,
    table,
    text_of,
)
from tests.config.seed import SEED

DESCRIBED = schema()
VALIDATOR = jsonschema.Draft202012Validator(DESCRIBED)


def test_schema_file_is_in_step() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == text_of(schema()), f"run: {COMMAND}"
    assert PROFILES_SCHEMA.read_text(encoding="utf-8") == text_of(profiles_schema()), f"run: {COMMAND}"
    assert LIMITS_SCHEMA.read_text(encoding="utf-8") == text_of(limits_schema()), f"run: {COMMAND}"
    assert ACCESS_SCHEMA.read_text(encoding="utf-8") == text_of(access_schema()), f"run: {COMMAND}"


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator.check_schema(profiles_schema())
    jsonschema.Draft202012Validator.check_schema(limits_schema())


@pytest.mark.parametrize("context", [SEED, {"context": SEED}, {"@aws-cdk/core:flag": True}, {}])
def test_schema_admits_a_valid_context(context: dict[str, Any]) -> None:
    VALIDATOR.validate(context)


@pytest.mark.parametrize("context", [{"network.zones": 9}, {"context": {"network.zones": 9}}])
def test_schema_refuses_a_faulty_one(context: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(context)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_schema_describes_every_setting(setting: Any) -> None:
    described = DESCRIBED["properties"][setting.key]
    assert described["description"].startswith(setting.help)
    assert [arm.get("type") for arm in described["anyOf"]].count("null") == (not setting.required)
    assert setting.key == "clientSecret" or described["examples"]
    for value in (*described.get("examples", ()), *([described["default"]] if "default" in described else ())):
        VALIDATOR.validate({setting.key: value})


def test_schema_holds_only_what_editors_know() -> None:
    assert not set(re.findall(r'"(\w+)":', text_of(schema()))) & {"core", "bare", "free", "absent", "weighty", "common"}


def test_schema_of_the_secret_suggests_none() -> None:
    described = DESCRIBED["properties"]["clientSecret"]
    assert described["anyOf"][0]["writeOnly"] is True
    assert not described.keys() & {"default", "examples"}


def test_schema_says_what_each_kind_allows() -> None:
    properties = DESCRIBED["properties"]
    types = {key: [arm.get("type") for arm in properties[key]["anyOf"]] for key in ("scope", "tags", "storage.keep")}
    assert types == {
        "scope": ["array", "string", "null"],
        "tags": ["object", "string", "null"],
        "storage.keep": ["boolean", "string", "null"],
    }
    allowed = "Allowed: a whole number from 2 to 3."
    assert properties["network.zones"] == {
        "description": "How many availability zones a new VPC spans.",
        "anyOf": [
            {"type": "integer", "minimum": 2, "maximum": 3, "errorMessage": allowed},
            {
                "type": "string",
                "pattern": r"^[ \t\r\n]*(?:(?:(?:[2-3]))(?:\.0+)?)[ \t\r\n]*$",
                "errorMessage": allowed,
            },
            {"type": "null"},
        ],
        "not": {"$ref": "#/$defs/unfilled"},
        "errorMessage": "Replace the placeholder with your own value.",
        "default": 3,
        "examples": [3],
    }


def test_table_has_a_row_for_every_setting() -> None:
    rows = [line for line in table().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [setting.key for setting in SETTINGS]
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows)


def test_ten_settings_are_those_that_most_people_touch() -> None:
    rows = [line for line in common_table().splitlines() if line.startswith("| `")]
    assert len(rows) == 10
    assert set(rows) < set(table().splitlines())


def test_table_tells_required_from_default() -> None:
    assert (
        "| `network.zones` | How many availability zones a new VPC spans. | a whole number from 2 to 3 | `3` |"
        in table()
    )
    assert table().count("**required**") == 4


def test_help_is_a_sentence() -> None:
    assert [setting.key for setting in SETTINGS if not setting.help.endswith(".")] == []
    assert json.loads(text_of(schema()))["title"]
