"""The schemas of Karpenter's custom resources, as its objects have to be judged by them."""

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from blueprint.versions import KARPENTER_DEFINITIONS
from tests.values.charts import CHARTS_DIR, Object, rendered
from tests.values.schemas import FOLDER

PLURALS = {"NodePool": "nodepools", "EC2NodeClass": "ec2nodeclasses"}


def faults(found: Object) -> list[str]:
    """What the definition of an object does not allow in it, by path; skips the test where there is none at hand."""
    validator = jsonschema.Draft7Validator(_schema(PLURALS[found["kind"]]))
    return sorted(f"{error.json_path}: {error.message}" for error in validator.iter_errors(found))


@cache
def _schema(plural: str) -> dict[str, Any]:
    archive = CHARTS_DIR / f"{KARPENTER_DEFINITIONS.name}-{KARPENTER_DEFINITIONS.version}.tgz"
    beside = sorted(FOLDER.glob(f"karpenter-*.{plural}.schema.json"))
    if archive.exists():
        definitions = {each["spec"]["names"]["plural"]: each for each in rendered(KARPENTER_DEFINITIONS, {})}
        closed: dict[str, Any] = _closed(definitions[plural]["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
        return closed
    if not beside:
        pytest.skip(f"no definition of {plural} is at hand: put {archive.name} into .cache/charts")
    known: dict[str, Any] = _closed(json.loads(beside[-1].read_text()))
    return known


def _closed(schema: Any) -> Any:
    """The schema without room for what it does not know: Kubernetes drops that, and says nothing."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict):
        closed["properties"] = {key: _closed(value) for key, value in schema["properties"].items()}
        if "type" in schema:
            closed["additionalProperties"] = False
    return closed
