from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal import processes
from rehearsal.processes import Process, ProcessError
from tests.proxies import DEAD

WAITING = "import sys, threading; print('up', flush=True); threading.Event().wait()"


def python(code: str, log: Path) -> Process:
    return Process([sys.executable, "-c", code], log)


def test_a_program_is_waited_for_until_it_is_ready(tmp_path: Path) -> None:
    log = tmp_path / "program.log"
    process = python(WAITING, log)
    process.wait_until(lambda: "up" in log.read_text(), 30)
    process.stop()
    assert not process.running


def test_a_program_knows_of_no_proxy_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**DEAD, "PYTHONPATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "program.log"
    process = python("import os; print(sorted(each.lower() for each in os.environ), 'up')", log)
    process.wait_until(lambda: "up" in log.read_text(), 30)
    assert "_proxy'" not in log.read_text()
    assert "pythonpath" not in log.read_text()


def test_a_program_that_ends_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = python("import sys; print('no such flag'); sys.exit(3)", tmp_path / "program.log")
    with pytest.raises(ProcessError) as error:
        process.wait_until(lambda: False, 30)
    assert str(error.value) == "program ended with 3:\nno such flag"


def test_a_program_that_does_not_become_ready_is_told(tmp_path: Path) -> None:
    process = python(WAITING, tmp_path / "program.log")
    with pytest.raises(ProcessError, match="program is not ready after 0 s"):
        process.wait_until(lambda: False, 0)
    process.stop()


def test_the_children_of_a_program_end_with_it(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    child = f"import threading; held = open({str(held)!r}, 'w'); threading.Event().wait()"
    parent = f"import subprocess, sys, threading; subprocess.Popen([sys.executable, '-c', {child!r}])"
    process = python(f"{parent}; threading.Event().wait()", tmp_path / "program.log")
    with held.open() as end:  # when the child has opened it, too
        process.stop()
        assert select.select([end], [], [], 10)[0], "the child holds it still"


def test_a_program_and_its_children_end_when_who_started_it_is_killed(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    child = f"import threading; held = open({str(held)!r}, 'w'); threading.Event().wait()"
    program = f"import subprocess, sys, threading; subprocess.Popen([sys.executable, '-c', {child!r}])"
    starter = (
        "import sys, threading; from pathlib import Path; from rehearsal.processes import Process;"
        f"Process([sys.executable, '-c', {program + '; threading.Event().wait()'!r}], Path({str(tmp_path / 'log')!r}));"
        "threading.Event().wait()"
    )
    root = Path(__file__).parents[2]
    # The pipe opens when the child has opened it, too.
    with subprocess.Popen([sys.executable, "-c", starter], cwd=root) as started, held.open() as end:
        started.kill()
        assert select.select([end], [], [], 10)[0], "the child holds it still"


def test_a_program_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_GRACE", 0)
    log = tmp_path / "program.log"
    process = python(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}", log)
    process.wait_until(lambda: "up" in log.read_text(), 30)
    process.stop()
    assert not process.running
