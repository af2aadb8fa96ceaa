"""Crowds that come to a hub on this machine: the deployed one, or the one that the chart's own settings make."""

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Literal
from urllib.parse import quote, urljoin

import aiohttp

from benchmarks.slow_disk import SlowDisk
from blueprint.config import Config, load
from blueprint.hub import AUTHENTICATORS
from preview.installation import HERE, Installation, install
from preview.people import people
from preview.running import Preview

Kind = Literal["ours", "stock"]
ROOT = Path(__file__).parents[1]
BUTTON = re.compile(r"href='([^']*/oauth_login[^']*)'")
FORM = re.compile(r'action="(/interaction/[^"]+)"')
PATIENCE = 1800
"""Seconds until whoever has no server gives up."""


def example() -> tuple[Config, Installation]:
    """The shipped example context, and what runs it here."""
    config = load(json.loads((ROOT / "cdk.context.json").read_text()), today=date.today()).config
    return config, install(ROOT / ".cache" / "preview", print)


@dataclass
class Hub:
    """A running hub with servers that take no time, on a disk that takes its own."""

    preview: Preview
    disk: SlowDisk

    @property
    def url(self) -> str:
        """Its address."""
        return self.preview.addresses.hub_url

    @property
    def cpu(self) -> float:
        """The seconds of CPU that its process has used."""
        used = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """The MiB that its process has in memory."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    @property
    def _pid(self) -> int:
        return self.preview.process("hub")


def introduce(preview: Preview, names: Sequence[str]) -> None:
    """Let the provider know people of these names."""
    member = people(preview.config)[0]
    preview.write_people(replace(member, id=name, claims={**member.claims, "sub": name}) for name in names)


@contextmanager
def hub(kind: Kind, *, milliseconds: float, snippet: str = "") -> Iterator[Hub]:
    """A new hub, whose disk takes so many milliseconds each time that it is waited for."""
    config, installation = example()
    with tempfile.TemporaryDirectory() as folder, light_servers(installation) as port:
        disk = SlowDisk(Path(folder), milliseconds)
        preview = Preview(config, installation, Path(folder) / "preview")
        preview.spawner, preview.hub_environment = "light_server.LightServer", disk.environment
        if kind == "stock":
            make_stock(preview)
        preview.values["hub"]["extraConfig"]["99-benchmark"] = f"c.LightServer.port_of_all = {port}\n{snippet}"
        with preview:
            yield Hub(preview, disk)


def make_stock(preview: Preview) -> None:
    """Leave the chart its own settings, but for what signs people in: less than the deployed hub does for them."""
    values, section = preview.values, AUTHENTICATORS[preview.config.identity_provider][1]
    ours = values["hub"]["config"]
    values["hub"] = {
        "config": {
            "JupyterHub": {key: ours["JupyterHub"][key] for key in ("authenticator_class", "public_url")},
            section: {**ours[section], "client_secret": preview.client_secret, "allow_all": True},
        },
        "extraConfig": {},
        "extraFiles": {},
    }
    values["singleuser"]["extraEnv"] = {}
    values["cull"] = {"enabled": True, "timeout": 3600, "every": 600, "maxAge": 0}


@contextmanager
def light_servers(installation: Installation) -> Iterator[int]:
    """The process of all users' servers; its port."""
    command = [str(installation.bin / "python"), str(HERE / "hub" / "light_servers.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.kill()


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


@dataclass(frozen=True)
class Visit:
    """What came of a crowd."""

    crowd: list[Person]
    errors: list[BaseException]
    took: float
    cpu: float = 0
    waits: int = 0

    @property
    def served(self) -> list[Person]:
        """Those who have a server."""
        return [person for person in self.crowd if person.ready]

    @property
    def rate(self) -> float:
        """How many were served a second."""
        return len(self.served) / self.took

    def report(self) -> bool:
        """Print throughput, percentiles and errors. Returns whether there were no errors."""
        served, number = self.served, len(self.crowd)
        print(f"{number} people at once: {self.rate:.1f} served a second, {len(self.errors)} errors")
        for error in self.errors[:3]:
            print(f"  {type(error).__name__}: {str(error)[:300]}")
        for name in ("signed_in", "ready") if len(served) > 1 else ():  # there are no percentiles of fewer
            times = [getattr(person, name) for person in served]
            label, worst = name.replace("_", " "), quantiles(times, n=20)[18]
            print(f"  {label:<10} p50 {median(times):>6.2f} s   p95 {worst:>6.2f} s   max {max(times):>6.2f} s")
        waited = [person.turned_back for person in served if person.turned_back]
        print(f"  asked to come back, for too many servers were starting: {len(waited)} people, {sum(waited)} times")
        if served and self.cpu:
            each = len(served)
            print(f"  for each, the hub took {self.cpu / each * 1000:.0f} ms of CPU, ", end="")
            print(f"and waited for the disk {self.waits / each:.1f} times", flush=True)
        return not self.errors


def visit(hub: Hub, names: Sequence[str], patience: float = PATIENCE) -> Visit:
    """Have people come to a hub, all at once."""
    crowd = [Person(hub.url, name) for name in names]
    cpu, waits, begun = hub.cpu, hub.disk.waits, time.perf_counter()

    async def come() -> list[Any]:
        coming = (asyncio.wait_for(person.come(), patience) for person in crowd)
        return await asyncio.gather(*coming, return_exceptions=True)

    errors = [result for result in asyncio.run(come()) if isinstance(result, BaseException)]
    return Visit(crowd, errors, time.perf_counter() - begun, hub.cpu - cpu, hub.disk.waits - waits)
