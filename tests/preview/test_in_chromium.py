"""The whole way in a real browser: sign in, start a server, run a cell."""

import asyncio
import json
from pathlib import Path

import pytest

from .chromium import chromium, installed
from .conftest import RESTRICTED, Start

EDITOR = "document.querySelector('.jp-Notebook .cm-content')"


async def first_cell(binary: str, hub_url: str, person: str, code: str, folder: Path) -> str:
    """What someone sees under the first cell of a new notebook, having come by clicks alone."""
    async with chromium(binary, folder) as page:
        await page.open(hub_url)
        await page.click("document.querySelector('a[href*=oauth_login]')")
        await page.click(
            f"[...document.querySelectorAll('button')].find(each => each.textContent.includes('{person}'))"
        )
        await page.click("document.querySelector('.jp-LauncherCard[data-category=Notebook]')")
        # JupyterLab drops, without a word, what is run before the kernel is connected. The notebook's own indicator
        # says "idle" until it hears of a kernel; the status bar does not.
        await page.find("document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')")
        await page.find(f"{EDITOR} && ({EDITOR}.focus(), document.activeElement === {EDITOR})")
        await page.write(code)
        await page.find(f"{EDITOR}.textContent === {json.dumps(code)}")
        await page.press("Enter", shift=True)
        return str(await page.find("document.querySelector('.jp-OutputArea-output')?.textContent"))


def test_person_signs_in_and_runs_a_cell_in_jupyterlab(start: Start, tmp_path: Path) -> None:
    if (binary := installed()) is None:
        pytest.skip("the Chromium that is pinned needs Linux on x86-64, and none is on PATH")
    with start(RESTRICTED) as preview:
        shown = asyncio.run(first_cell(binary, preview.addresses.hub_url, "Ada", "print(6 * 7)", tmp_path))
        assert shown.strip() == "42"
