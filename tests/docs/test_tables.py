import re
import tomllib
from pathlib import Path

import pytest

from blueprint.config.docs import COMMAND
from blueprint.config.facts.kubernetes import MINORS
from blueprint.docs import PAGES, ROOT, in_step, versions_table
from blueprint.versions import BUCKET_DRIVER, BY_MINOR, CHARTS, EKS_ADDONS, KARPENTER_CHARTS
from tests.docs.pages import README

COST = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tables_are_what_the_code_declares(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert in_step(text) == text, f"run: {COMMAND}"


@pytest.mark.parametrize(
    ("page", "tables"),
    [("settings.md", ["common", "settings"]), ("versions.md", ["versions"])],
    ids=["settings", "versions"],
)
def test_page_has_its_tables_in_their_order(page: str, tables: list[str]) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert re.findall(r"<!-- begin (\w+), made by `python -m blueprint.docs` -->", text) == tables
    assert re.findall(r"<!-- end (\w+) -->", text) == tables


def test_every_kubernetes_minor_has_dates_and_versions() -> None:
    assert BY_MINOR.keys() == MINORS.keys()


def test_kubectl_layer_of_every_minor_is_the_one_that_the_project_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {pin for pin in [*project["dependencies"], *project["optional-dependencies"]["kubectl"]] if "kubectl" in pin}
    assert pins == {
        f"aws-cdk.lambda-layer-kubectl-v{minor.removeprefix('1.')}=={of.kubectl_layer}"
        for minor, of in BY_MINOR.items()
    }


def test_every_pinned_chart_and_add_on_is_in_the_table() -> None:
    rows = {row.split(" | ")[0].removeprefix("| ") for row in versions_table().splitlines()}
    assert (
        rows
        >= {chart.name for chart in (*CHARTS, *KARPENTER_CHARTS)}
        | EKS_ADDONS.keys()
        | BUCKET_DRIVER.keys()
        | MINORS.keys()
    )


def test_readme_has_the_cost_at_rest() -> None:
    at_rest = re.findall(r"\*\*([\d.]+)\*\*", COST)[0]
    kept_ready = sum(
        float(each) for each in re.findall(r"^\| (?:User nodes kept.*|Their disks.*1 .*) \| ([\d.]+) \|$", COST, re.M)
    )
    node_kept_ready = re.findall(r"is ([\d.]+) a month", COST.replace("\n", " "))[0]
    assert float(node_kept_ready) == pytest.approx(float(at_rest) - kept_ready)
    cost = README.read_text(encoding="utf-8").split("## What it costs")[1]
    assert f"About {float(at_rest):.0f} US dollars" in cost
    assert f"it is {float(node_kept_ready):.0f}" in cost
