"""How long people wait: `python benchmarks/signin.py [RUNS] [PEOPLE]`.

First one person at a time, from the click on "Sign in" to a kernel that has run code, in a JupyterLab on this machine
(in the cluster a pod has to start as well). Then many people who sign in at once, at one hub with its real settings and
servers that take no time: what the hub, its proxy and the example provider manage together, all on this machine's
cores with the clients. Nothing leaves the machine.
"""

# ruff: noqa: E402 - the checkout is put on the path first
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote, urljoin

import aiohttp

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from blueprint.config import load
from preview.browser import Browser
from preview.installation import install
from preview.people import people
from preview.running import Preview

BUTTON = re.compile(r"href='([^']*/oauth_login[^']*)'")
FORM = re.compile(r'action="(/interaction/[^"]+)"')
PATIENCE = 300


@contextmanager
def preview(spawner: str | None = None) -> Iterator[Preview]:
    """A preview of the shipped example context."""
    config = load(json.loads((ROOT / "cdk.context.json").read_text()), today=date.today()).config
    installation = install(ROOT / ".cache" / "preview", print)
    with tempfile.TemporaryDirectory() as folder:
        made = Preview(config, installation, Path(folder))
        made.spawner = spawner or made.spawner
        with made:
            yield made


def one_at_a_time(runs: int) -> None:
    """Print the median of sign-in, server and kernel."""
    figures: list[tuple[float, float, float]] = []
    with preview() as running:
        for _ in range(runs):
            browser = Browser(running.addresses.hub_url)
            begun = time.perf_counter()
            assert browser.sign_in("ada").ok
            signed_in = time.perf_counter()
            browser.start_server()
            started = time.perf_counter()
            assert browser.run("print(6 * 7)") == "42\n"
            figures.append((signed_in - begun, started - signed_in, time.perf_counter() - started))
            browser.stop_server()
    print(f"one person, median of {runs}: {median(map(sum, figures)):.2f} s from sign-in to a kernel that has run code")
    for name, column in zip(("sign-in", "server", "kernel"), zip(*figures, strict=True), strict=True):
        print(f"  {name:<10}{median(column):>7.2f} s")


class Person:
    """Someone of the crowd."""

    def __init__(self, hub: str, id: str) -> None:
        self.hub, self.id = hub, id
        self.signed_in = self.ready = 0.0
        self.turned_back = 0

    async def come(self) -> None:
        """Sign in, and wait for a server."""
        begun = time.perf_counter()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
            _, login = await self._get(session, f"{self.hub}/hub/home")
            url, page = await self._get(session, urljoin(self.hub, _first(BUTTON, login).replace("&amp;", "&")))
            async with session.post(urljoin(url, _first(FORM, page)), data={"person": self.id}) as home:
                assert home.status == 200, await home.text()
            self.signed_in = time.perf_counter() - begun
            while not (await self._spawn(session) and await self._wait(session)):
                self.turned_back += 1
        self.ready = time.perf_counter() - begun

    async def _get(self, session: aiohttp.ClientSession, url: str) -> tuple[str, str]:
        async with session.get(url) as answer:
            answer.raise_for_status()
            return str(answer.url), await answer.text()

    async def _spawn(self, session: aiohttp.ClientSession) -> bool:
        """Ask for a server; a hub that starts as many as it may says when to come back."""
        async with session.get(f"{self.hub}/hub/spawn") as answer:
            if answer.status == 429:
                await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
                return False
            answer.raise_for_status()
            return True

    async def _wait(self, session: aiohttp.ClientSession) -> bool:
        """Wait for the server; false if the hub has thought better of starting it."""
        headers = {"Referer": f"{self.hub}/hub/home"}
        url = f"{self.hub}/hub/api/users/{quote(self.id, safe='')}/server/progress"
        async with session.get(url, headers=headers) as events:
            async for line in events.content:
                event = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
                assert not event.get("failed"), event
                if event.get("ready"):
                    return True
        return False


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found, text
    return found[1]


def all_at_once(number: int) -> bool:
    """Print throughput, percentiles and errors of a crowd. Returns whether there were no errors."""
    with preview("light_server.LightServer") as running:
        ada = people(running.config)[0]
        names = [f"person-{each}" for each in range(number)]
        running.write_people([replace(ada, id=name, claims={**ada.claims, "sub": name}) for name in names])
        crowd = [Person(running.addresses.hub_url, name) for name in names]
        begun = time.perf_counter()
        results = asyncio.run(_gather(crowd))
        took = time.perf_counter() - begun
    return report(crowd, [result for result in results if isinstance(result, BaseException)], took)


def report(crowd: list[Person], errors: list[BaseException], took: float) -> bool:
    """Print what came of a crowd. Returns whether there were no errors."""
    served = [person for person in crowd if person.ready]
    print(f"{len(crowd)} people at once: {len(served) / took:.1f} served a second, {len(errors)} errors")
    for error in errors[:3]:
        print(f"  {type(error).__name__}: {str(error)[:300]}")
    for name in ("signed_in", "ready") if len(served) > 1 else ():  # there are no percentiles of fewer
        times = [getattr(person, name) for person in served]
        percentiles = quantiles(times, n=20)
        label = name.replace("_", " ")
        print(f"  {label:<10} p50 {median(times):>6.2f} s   p95 {percentiles[18]:>6.2f} s   max {max(times):>6.2f} s")
    print(f"  asked to come back later, because too many servers were starting: {_waits(served)}")
    return not errors


async def _gather(crowd: list[Person]) -> list[Any]:
    return await asyncio.gather(*(person.come() for person in crowd), return_exceptions=True)


def _waits(crowd: list[Person]) -> str:
    waited = [person.turned_back for person in crowd if person.turned_back]
    return f"{len(waited)} people, {sum(waited)} times"


if __name__ == "__main__":
    one_at_a_time(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    sys.exit(not all_at_once(int(sys.argv[2]) if len(sys.argv) > 2 else 200))
