"""Custom resource definitions: which charts leave theirs behind when they are upgraded, and what is done about it."""

import subprocess

import pytest
import yaml

from blueprint.versions import CHARTS, EXTERNAL_DNS, LOAD_BALANCER_CONTROLLER, Chart
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.variants import ROOT
from tests.values.charts import archive, helm

BY_HAND = f"""```sh
helm show crds {LOAD_BALANCER_CONTROLLER.name} --repo {LOAD_BALANCER_CONTROLLER.repository} \
--version {LOAD_BALANCER_CONTROLLER.version} |
  kubectl apply --server-side --force-conflicts -f -
```"""


def left_behind(chart: Chart) -> set[str]:
    """The groups of the definitions that Helm installs once and does not upgrade."""
    command = [str(helm()), "show", "crds", str(archive(chart))]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {each["spec"]["group"] for each in yaml.load_all(shown, Loader=yaml.CSafeLoader) if each}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_chart_that_leaves_definitions_behind_is_known(chart: Chart) -> None:
    known = chart is LOAD_BALANCER_CONTROLLER or not chart.definitions
    assert bool(left_behind(chart)) == known


def test_definitions_that_are_left_behind_are_upgraded_by_hand() -> None:
    assert BY_HAND in (ROOT / "docs" / "operations.md").read_text()


def test_definitions_of_what_is_not_used_are_not_installed(synthesized: Synthesized) -> None:
    hub = synthesized("shipped")["Hub"]
    without = {
        each["Properties"]["Release"] for each in hub.all(kinds.CHART) if each["Properties"].get("SkipCrds") is True
    }
    assert without == {EXTERNAL_DNS.name}
