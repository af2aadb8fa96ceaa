"""The charts' JSON schemas, as values files have to be judged by them."""

import json
from functools import cache
from typing import Any

import jsonschema

from blueprint.versions import EXTERNAL_DNS, EXTERNAL_SECRETS, JUPYTERHUB, Chart
from tests.templates.variants import ROOT
from tests.values.charts import file_of

FOLDER = ROOT.parent / "shared" / "schemas"
"""Schemas without their charts, where a checkout has them beside it."""
WITH_SCHEMA = [JUPYTERHUB, EXTERNAL_DNS, EXTERNAL_SECRETS]


def faults(chart: Chart, values: dict[str, Any]) -> list[str]:
    """What the chart's schema does not allow in values, by path; skips the test where the schema is not at hand."""
    validator = jsonschema.Draft7Validator(_schema(chart))
    return sorted(error.json_path for error in validator.iter_errors(values))


@cache
def _schema(chart: Chart) -> dict[str, Any]:
    beside = FOLDER / f"{chart.name}-{chart.version}.values.schema.json"
    text = beside.read_bytes() if beside.exists() else file_of(chart, "values.schema.json")
    schema: dict[str, Any] = _for_deviations(json.loads(text))
    # Those of external-dns and external-secrets let any key pass at the top, where a typo would do nothing.
    return {**schema, "additionalProperties": False}


def _for_deviations(schema: Any) -> Any:
    """The schema for values that leave out what the chart's own already give: nothing is required.

    But where a choice is made between alternatives, what they require is how they are told apart.
    """
    if isinstance(schema, list):
        return [_for_deviations(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    choices = {"oneOf", "anyOf", "if", "then", "else", "not"}
    return {
        key: value if key in choices else _for_deviations(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }
