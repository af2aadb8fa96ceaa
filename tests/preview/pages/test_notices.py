"""Notices of the hub in a real JupyterLab and a real browser: of a server that is about to stop, and that stops.

`pytest tests/preview/pages/test_notices.py --pictures docs/images` takes the picture of the documentation anew.
"""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from preview.browser import PATIENCE, Browser, until
from preview.running import Preview
from tests.preview.chromium import chromium, installed
from tests.preview.conftest import CONTEXT, Start
from tests.preview.pages.sights import Visit

SETTINGS = {**CONTEXT, "culling.timeout": 60, "culling.max.age": 900, "singleuser.limits": "limits.yaml"}
LIMITS = "others: {each: {hours: 0.2}}"
"""So few minutes that their end is told of at once."""
TOASTS = "[...document.querySelectorAll('.Toastify__toast')]"
TOLD = f"{TOASTS}.map(each => each.innerText)"
WORDS = (
    "it has run for as long as servers may. Save your work before.",
    "your hours of this month are used up then. Save your work before.",
)


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(SETTINGS, files={"limits.yaml": LIMITS}) as running:
        yield running


def test_person_reads_in_jupyterlab_when_and_why_a_server_stops_and_it_does(
    preview: Preview, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    if (binary := installed()) is None:
        pytest.skip("the Chromium that is pinned needs Linux on x86-64, and none is on PATH")
    folder = tmp_path_factory.mktemp("chromium")
    ada = Browser(preview.addresses.hub_url)
    ada.sign_in("ada", "/hub/token")
    ada.start_server()
    until(lambda: len(ada.open("/hub/notices?user=ada&server=").json()) == len(WORDS))

    async def read() -> str:
        async with chromium(binary, folder) as page:
            visit = Visit(page, preview.addresses.hub_url)
            await visit.open("/hub/spawn")
            await visit.press("Sign in")
            await visit.press("A\nAda")
            await page.find("location.pathname.startsWith('/user/')")
            for words in WORDS:
                await page.find(f"{TOLD}.some(each => each.includes('{words}'))")
            if pictures := request.config.getoption("--pictures"):
                await page.look(width=1000, height=640)
                await page.find("document.body.innerText.includes('Terminal')")
                await page.find(f"{TOASTS}.every(each => each.getBoundingClientRect().right <= innerWidth)")
                (Path(pictures) / "notices-light.png").write_bytes(await page.picture())
            return str(await page.value(TOLD))

    assert re.search(r"Your server stops at \d+:\d\d", asyncio.run(read()))
    use_up(preview, "ada")
    until(lambda: not ada.user["servers"])
    answer = ada.change("POST", "users/ada/server")
    assert answer.status_code == 429
    assert "may use at most 0.2 hours in a month, and you have used them" in answer.json()["message"]


def use_up(preview: Preview, person: str) -> None:
    """Have somebody another server, that has used all their hours."""
    run = 'server, account, cpu, memory, gpus, begin, "end", person'
    like = "SELECT 'another', account, cpu, memory, gpus, begin, begin + 0.2 * 3600, person FROM server_runs"
    with closing(sqlite3.connect(preview.run / "jupyterhub.sqlite", timeout=PATIENCE)) as database, database:
        database.execute(f"INSERT INTO server_runs ({run}) {like} WHERE person = ?", [person])


def test_notices_are_their_persons_alone(preview: Preview) -> None:
    """Whoever else asks is told nothing, signed in or not."""
    for browser in (Browser(preview.addresses.hub_url), Browser(preview.addresses.hub_url)):
        answer = browser.open("/hub/notices?user=ada&server=")
        assert (answer.status_code, answer.json()) == (200, [])
        browser.sign_in("mary", "/hub/token")
        assert browser.open("/hub/notices?user=ada&server=").json() == []
