"""Every value of every variant is one that the charts know, and of the type that they ask for."""

from pathlib import Path
from typing import Any

import pytest

from blueprint.values import file_values, merge
from blueprint.versions import JUPYTERHUB, Chart
from tests.conftest import Synthesized
from tests.templates.variants import VARIANTS
from tests.values import schemas
from tests.values.schemas import WITH_SCHEMA, faults


@pytest.mark.parametrize("chart", WITH_SCHEMA, ids=lambda chart: chart.name)
@pytest.mark.parametrize("variant", VARIANTS)
def test_values_are_valid(synthesized: Synthesized, variant: str, chart: Chart) -> None:
    assert faults(chart, synthesized(variant)["Hub"].values(chart.name)) == []


@pytest.mark.parametrize("chart", WITH_SCHEMA, ids=lambda chart: chart.name)
def test_misspelt_key_at_the_top_is_found(chart: Chart) -> None:
    assert faults(chart, {**file_values(chart.name), "resorces": {}}) == ["$"]


@pytest.mark.parametrize("chart", WITH_SCHEMA, ids=lambda chart: chart.name)
def test_chart_brings_its_schema_where_none_is_beside(
    chart: Chart, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    monkeypatch.setattr(schemas, "_schema", schemas._schema.__wrapped__)
    assert faults(chart, {**file_values(chart.name), "resorces": {}}) == ["$"]


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        pytest.param({"singleuser": {"startTimout": 600}}, ["$.singleuser"], id="misspelt"),
        pytest.param({"singleuser": {"startTimeout": "600"}}, ["$.singleuser.startTimeout"], id="wrong type"),
        pytest.param({"hub": {"config": {"jupyterhub": {}}}}, ["$.hub.config"], id="section in lower case"),
        pytest.param(
            {"singleuser": {"extraFiles": {"f": {"mountPath": "/f", "data": {}, "stringData": ""}}}},
            ["$.singleuser.extraFiles.f"],
            id="two of a choice of one",
        ),
        pytest.param(
            {"singleuser": {"extraFiles": {"f": {"mountPath": "/f"}}}},
            ["$.singleuser.extraFiles.f"],
            id="none of a choice of one",
        ),
    ],
)
def test_wrong_value_is_found(wrong: dict[str, Any], paths: list[str]) -> None:
    assert faults(JUPYTERHUB, merge(file_values(JUPYTERHUB.name), wrong)) == paths
