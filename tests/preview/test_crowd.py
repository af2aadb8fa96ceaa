"""What a sign-in with a server costs a real hub, counted: its benchmarks measure seconds, which differ."""

import asyncio
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from benchmarks.crowd import Person, introduce, light_servers
from benchmarks.slow_disk import SlowDisk
from blueprint.config import load
from preview.installation import Installation
from preview.running import Preview
from tests.preview.conftest import CONTEXT
from tests.preview.starting import guests

PEOPLE = 10
SNIPPET = """
from sqlalchemy import event
from sqlalchemy.engine import Engine

def count(word):
    with open({log!r}, "a") as log:
        log.write(f"{{word}} ")

def execute(connection, cursor, statement, *rest):
    if statement != "SELECT 1":  # which looks whether the connection is there
        count(statement.split()[0])

event.listen(Engine, "before_cursor_execute", execute)
event.listen(Engine, "commit", lambda connection: count("COMMIT"))
c.LightServer.port_of_all = {port}
"""


@dataclass(frozen=True)
class Costs:
    """What one sign-in with a server takes, on average."""

    queries: float
    commits: float
    waits: float | None


@pytest.fixture(scope="module")
def costs(installation: Installation, host: str, tmp_path_factory: pytest.TempPathFactory) -> Costs:
    folder = tmp_path_factory.mktemp("crowd")
    log, config = folder / "log", load({**CONTEXT, "usernameKey": "sub"}, today=date(2026, 11, 20)).config
    with light_servers(installation) as port:
        preview = Preview(config, installation, folder / "preview")
        preview.values["hub"]["extraConfig"]["99-costs"] = SNIPPET.format(log=str(log), port=port)
        preview.spawner = "light_server.LightServer"
        preview.popen = guests.popen(host, subprocess.Popen)
        disk = SlowDisk(folder, 0) if shutil.which("cc") else None
        if disk:
            preview.hub_environment = disk.environment
        with preview:
            names = [f"person-{number}" for number in range(PEOPLE + 1)]
            url = preview.addresses.hub_url
            introduce(preview, names)

            async def come(some: list[str]) -> None:
                for name in some:
                    await Person(url, name).come()

            asyncio.run(come(names[:1]))  # the first one finds nothing in any cache
            log.write_text("")
            before = disk.waits if disk else 0
            asyncio.run(come(names[1:]))
            return Costs(*_of_each(log), (disk.waits - before) / PEOPLE if disk else None)


def _of_each(log: Path) -> tuple[float, float]:
    words = log.read_text().split()
    commits, written = 0, False
    for word in words:
        commits += word == "COMMIT" and written
        written = word != "COMMIT" and (written or word != "SELECT")
    return Counter(words)["SELECT"] / PEOPLE, commits / PEOPLE


def test_a_sign_in_asks_the_database_for_what_it_needs(costs: Costs) -> None:
    assert 20 < costs.queries <= 30


def test_a_sign_in_commits_as_often_as_jupyterhub_has_to(costs: Costs) -> None:
    assert 5 < costs.commits <= 15


def test_a_sign_in_seldom_waits_for_the_disk(costs: Costs) -> None:
    if costs.waits is None:
        pytest.skip("counting that takes a C compiler")
    assert costs.waits <= 1
