"""A real JupyterLab in a real browser: it runs code, and shows the hub's notices of a server that is about to stop.

`pytest tests/preview/pages/test_notices.py --pictures docs/images` takes the picture of the documentation anew.
"""

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from preview.browser import PATIENCE, Browser, until
from preview.running import Preview
from tests.preview.chromium import Page, chromium, installed
from tests.preview.conftest import CONTEXT, Start
from tests.preview.pages.sights import Visit

SETTINGS = {**CONTEXT, "culling.timeout": 60, "culling.max.age": 900, "singleuser.limits": "limits.yaml"}
LIMITS = "others: {each: {hours: 0.2}}"
"""So few minutes that their end is told of at once."""
TOASTS = "[...document.querySelectorAll('.Toastify__toast')]"
OFTEN = {"hub": {"extraConfig": {"90-often": "from hub import notices\nnotices.INTERVAL = 0.2"}}}
"""Values of a hub that looks five times a second which servers are about to stop."""
EDITOR = "document.querySelector('.jp-Notebook .cm-content')"
TOLD = f"{TOASTS}.map(each => each.innerText)"
WORDS = (
    "it has run for as long as servers may. Save your work before.",
    "your hours of this month are used up then. Save your work before.",
)


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(SETTINGS, OFTEN, {"limits.yaml": LIMITS}) as running:
        yield running


@dataclass(frozen=True)
class Seen:
    """What Ada sees in JupyterLab."""

    told: str
    printed: str


@pytest.fixture(scope="module")
def ada(preview: Preview) -> Browser:
    """Ada, whose server the hub has notices for."""
    browser = Browser(preview.addresses.hub_url)
    browser.sign_in("ada", "/hub/token")
    browser.start_server()
    until(lambda: len(browser.open("/hub/notices?user=ada&server=").json()) == len(WORDS))
    return browser


@pytest.fixture(scope="module")
def seen(
    preview: Preview, ada: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Seen:
    if (binary := installed()) is None:
        pytest.skip("the Chromium that is pinned needs Linux on x86-64, and none is on PATH")

    async def journey() -> Seen:
        async with chromium(binary, tmp_path_factory.mktemp("chromium")) as page:
            visit = Visit(page, preview.addresses.hub_url)
            await visit.open("/")
            await visit.press("Sign in")
            await visit.press("A\nAda")
            for words in WORDS:
                await page.find(f"{TOLD}.some(each => each.includes('{words}'))")
            if pictures := request.config.getoption("--pictures"):
                await page.look(width=1000, height=640)
                await page.find("document.body.innerText.includes('Terminal')")
                await page.find(f"{TOASTS}.every(each => each.getBoundingClientRect().right <= innerWidth)")
                (Path(pictures) / "notices-light.png").write_bytes(await page.picture())
            return Seen(str(await page.value(TOLD)), await first_cell(page, "print(6 * 7)"))

    return asyncio.run(journey())


async def first_cell(page: Page, code: str) -> str:
    """What someone sees under the first cell of a new notebook."""
    await page.click("document.querySelector('.jp-LauncherCard[data-category=Notebook]')")
    # JupyterLab drops, without a word, what is run before the kernel is connected. The notebook's own indicator
    # says "idle" until it hears of a kernel; the status bar does not.
    await page.find("document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')")
    await page.find(f"{EDITOR} && ({EDITOR}.focus(), document.activeElement === {EDITOR})")
    await page.write(code)
    await page.find(f"{EDITOR}.textContent === {json.dumps(code)}")
    await page.press("Enter", shift=True)
    return str(await page.find("document.querySelector('.jp-OutputArea-output')?.textContent"))


def test_person_signs_in_and_runs_a_cell_in_a_real_browser(seen: Seen) -> None:
    assert seen.printed.strip() == "42"


def test_person_reads_in_jupyterlab_when_and_why_a_server_stops_and_it_does(
    preview: Preview, ada: Browser, seen: Seen
) -> None:
    assert re.search(r"Your server stops at \d+:\d\d", seen.told)
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
