"""The life of a hub whose machines Karpenter makes, in the sandbox: test_karpenter_life.py runs this."""

from __future__ import annotations

from pathlib import Path

from blueprint.versions import charts as charts_of
from rehearsal import charts
from rehearsal.folder import CHARTS
from tests.rehearsal.life.scene import PREPARED, lived

OVERRIDES = ["nodes.user.scaling=karpenter", 'nodes.user.instance.types=["m7i.large", "m7i.2xlarge"]']


def test_machines_come_and_go_and_none_is_left(tmp_path: Path) -> None:
    lacking = [each for each in charts_of("karpenter") if not charts.archive(PREPARED.charts, each).exists()]
    charts.fetch(PREPARED.charts, CHARTS.absolute(), PREPARED.cache, charts=lacking)
    assert lived("Machines that come and go", OVERRIDES, tmp_path)
