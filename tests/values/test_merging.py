"""What a person chose and what the deployment computes, merged as Helm merges."""

import re
from typing import Any

import pytest

from blueprint.values import chart_values, clashes, file_values, merge
from blueprint.versions import CHARTS, KARPENTER


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="side by side"),
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="mappings merge"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists replace"),
        pytest.param({"a": {"b": 1}}, {"a": None}, {"a": None}, id="null replaces"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}, id="an empty mapping changes nothing"),
    ],
)
def test_merging_is_helms(base: dict[str, Any], over: dict[str, Any], merged: dict[str, Any]) -> None:
    assert merge(base, over) == merged


def test_merging_changes_neither_side() -> None:
    base, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    merge(base, over)["a"]["b"] = 3
    assert (base, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})


@pytest.mark.parametrize(
    ("base", "over", "paths"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, [], id="side by side"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 1}}, ["a.b"], id="the same value twice"),
        pytest.param({"a": {"b": 1}}, {"a": 2}, ["a"], id="a mapping replaced"),
        pytest.param({"a": 2}, {"a": {"b": 1}}, ["a"], id="replaced by a mapping"),
        pytest.param({"a": [1]}, {"a": [2]}, ["a"], id="lists"),
        pytest.param({"a": {}}, {"a": {"b": 1}}, [], id="an empty mapping filled"),
    ],
)
def test_clashes_are_where_something_would_be_lost(
    base: dict[str, Any], over: dict[str, Any], paths: list[str]
) -> None:
    assert sorted(clashes(base, over)) == paths


def test_computed_value_never_overrides_the_file_silently() -> None:
    message = "charts/values/external-dns.yaml sets what the deployment computes: extraArgs.ingress-class, policy"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        chart_values("external-dns", {"policy": "upsert-only", "extraArgs": {"ingress-class": "nginx"}})


@pytest.mark.parametrize("chart", [*CHARTS, KARPENTER], ids=lambda chart: chart.name)
def test_every_chart_has_a_values_file(chart: Any) -> None:
    assert file_values(chart.name)
