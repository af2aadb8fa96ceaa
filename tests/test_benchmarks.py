"""That benchmarks tell of what went wrong, and that the disk which they simulate is one."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks import week
from benchmarks.crowd import Hub, Person, Visit, visit
from benchmarks.slow_disk import SlowDisk
from tests.processes import ROOT, ran


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
    page = (ROOT / "docs" / "decisions.md").read_text()
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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("signin.py many", "argument PEOPLE: 'many' is no whole number from 1 to 100000"),
        ("signin.py 50 0", "argument PEOPLE: '0' is no whole number from 1 to 100000"),
        ("signin.py --patience -1", "argument --patience: '-1' is no whole number from 1 to 100000"),
        ("grown.py 5000 -3", "argument RUNNING: '-3' is no whole number from 1 to 100000"),
        ("grown.py stock", "argument KNOWN: 'stock' is no whole number from 1 to 100000"),
        ("grown.py 100", "of 100 people 1000 cannot have servers and 200 others come"),
        ("help.py --runs 1.5", "argument --runs: '1.5' is no whole number from 1 to 100000"),
        ("synth.py --runs 0", "argument --runs: '0' is no whole number from 1 to 100000"),
        ("synth.py 5", "unrecognized arguments: 5"),
        ("critical_path.py nowhere", "nowhere is no cloud assembly: make synth leaves one in cdk.out"),
    ],
)
def test_arguments_that_a_benchmark_cannot_use_are_told_in_a_line(words: str, told: str) -> None:
    program, *arguments = words.split()
    done = ran([f"benchmarks/{program}", *arguments], environment={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"{program}: error: {told}"
    assert "Traceback" not in done.stderr


def test_who_has_no_server_when_patience_is_at_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have theirs."""

    async def come(person: Person) -> None:
        await asyncio.sleep(0 if person.id == "ada" else 3600)
        person.ready = 1.0

    monkeypatch.setattr(Person, "come", come)
    hub = SimpleNamespace(url="http://hub", cpu=0.0, disk=SimpleNamespace(waits=0))
    done = visit(cast("Hub", hub), ["ada", "grace"], patience=0.05)
    assert [person.id for person in done.served] == ["ada"]
    assert [type(error) for error in done.errors] == [TimeoutError]
