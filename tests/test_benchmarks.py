"""That benchmarks tell of what went wrong, and that the disk which they simulate is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import week
from benchmarks.crowd import Person, Visit
from benchmarks.slow_disk import SlowDisk


@pytest.mark.parametrize("served", [0, 1, 2])
def test_a_crowd_of_which_few_are_served_is_told_of(capsys: pytest.CaptureFixture[str], served: int) -> None:
    crowd = [Person("http://hub", str(number)) for number in range(3)]
    for person in crowd[:served]:
        person.signed_in, person.ready = 1.0, 2.0
    assert not Visit(crowd, [OSError("refused")] * (3 - served), 4.0).report()
    told = capsys.readouterr().out
    assert f"3 people at once: {served / 4:.1f} served a second, {3 - served} errors\n  OSError: refused" in told
    assert ("p95" in told) == (served > 1)


def test_a_crowd_without_errors_is_well() -> None:
    assert Visit([], [], 1.0).report()


@pytest.mark.skipif(shutil.which("cc") is None, reason="it is written in C")
def test_each_wait_for_the_slow_disk_is_counted(tmp_path: Path) -> None:
    disk = SlowDisk(tmp_path, 1)
    code = "import os, sys; [os.fsync(file) for file in (sys.stdout.fileno(), 0, 0)]; os.fdatasync(0)"
    with (tmp_path / "file").open("w+") as file:
        environment = {**os.environ, **disk.environment}
        subprocess.run([sys.executable, "-c", code], env=environment, stdin=file, stdout=file, check=True)
    assert disk.waits == 4


def test_what_a_week_costs_is_what_the_decision_says() -> None:
    page = (Path(__file__).parents[1] / "docs" / "decisions.md").read_text()
    assert "\n".join(week.rows()) in page


def test_a_week_is_the_same_for_all_ways() -> None:
    sessions = week.week([week.SMALL] * 50)
    together = week.on_nodes(sessions, "karpenter", {week.SMALL: "m6i.xlarge"})
    assert len(together.waits) == len(week.a_machine_each(sessions).waits) == len(sessions) > 300


def test_no_node_of_the_week_holds_more_than_it_has_room_for() -> None:
    node = week.Node("m6i.xlarge", 0, 0)
    while node.takes(week.HALF, 0):
        node.busy.append(week.Session(0, 100, week.HALF))
    assert len(node.busy) == 2
    assert not node.takes(week.GPU, 200)
    assert node.takes(week.HALF, 200)
