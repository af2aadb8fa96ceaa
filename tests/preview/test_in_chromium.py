"""The whole way in a real browser: sign in, start a server, run a cell."""

import asyncio
from pathlib import Path

import pytest

from .chromium import BINARY, chromium
from .conftest import RESTRICTED, Start


async def first_cell(hub_url: str, person: str, code: str, folder: Path) -> str:
    """What someone sees under the first cell of a new notebook, having come by clicks alone."""
    async with chromium(folder) as page:
        await page.open(hub_url)
        await page.click("document.querySelector('a[href*=oauth_login]')")
        await page.click(
            f"[...document.querySelectorAll('button')].find(each => each.textContent.includes('{person}'))"
        )
        await page.click("document.querySelector('.jp-LauncherCard[data-category=Notebook]')")
        await page.click("document.querySelector('.jp-Notebook .cm-content')")
        await page.find("document.activeElement.closest('.jp-Cell') && true")
        await page.write(code)
        await page.press("Enter", shift=True)
        return str(await page.find("document.querySelector('.jp-OutputArea-output')?.textContent"))


@pytest.mark.skipif(BINARY is None, reason="no Chromium is installed")
def test_person_signs_in_and_runs_a_cell_in_jupyterlab(start: Start, tmp_path: Path) -> None:
    with start(RESTRICTED) as preview:
        assert asyncio.run(first_cell(preview.addresses.hub_url, "Ada", "print(6 * 7)", tmp_path)).strip() == "42"
