"""How a hub does that has grown: `python benchmarks/grown.py [--stock] [KNOWN [RUNNING [COMERS]]]`.

Of the people whom the hub knows, some have servers that run and report their activity; what is measured is what others
find who come then, all at once, and what the hub is busy with by itself. As in `signin.py` the servers take no time and
the disk takes 2 ms; real ones do not fit on this machine. The hub is the deployed one, or the one that the JupyterHub
chart's own settings make.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.arguments import count
from benchmarks.crowd import Hub, Kind, example, hub, introduce, visit
from benchmarks.signin import DISK

KNOWN, RUNNING, COMERS = 5000, 1000, 200
ROUND = 65
"""Seconds in which whatever the hub does by itself, but for the culler, happens at least once."""
TOKEN = "benchmark-of-a-hub-that-has-grown"
SCOPES = ["admin-ui", "admin:users", "admin:servers", "list:users"]
SNIPPET = f"""
c.JupyterHub.services = [*c.JupyterHub.services, {{"name": "benchmark", "api_token": "{TOKEN}"}}]
c.JupyterHub.load_roles = [
    *c.JupyterHub.load_roles,
    {{"name": "benchmark", "services": ["benchmark"], "scopes": {SCOPES}}},
]
"""
CULLER = """
import asyncio, sys, time
from jupyterhub_idle_culler import cull_idle
begun = time.perf_counter()
asyncio.run(cull_idle(sys.argv[1], sys.argv[2], 3600))
print(time.perf_counter() - begun)
"""
ADMIN_PAGE = ("/hub/admin", "/hub/api/users?include_stopped_servers&offset=0&limit=50&sort=id")
"""The page, and what it asks for then."""


def main(kind: Kind, known: int, running: int, comers: int) -> bool:
    """Print all figures. Returns whether everybody was served."""
    names = [f"person-{number}" for number in range(known)]
    with hub(kind, milliseconds=DISK, snippet=SNIPPET) as grown:
        introduce(grown.preview, names)
        print(f"{kind}: memory of a new hub {grown.memory:.0f} MiB", flush=True)
        for some in batched(names, 500):
            ask(grown, "/hub/api/users", {"usernames": some})
        errors = [error for some in batched(names[:running], 50) for error in visit(grown, some).errors]
        print(f"{known} people known, {running - len(errors)} servers: memory {grown.memory:.0f} MiB", flush=True)
        last = visit(grown, names[running : running + comers])
        last.report()
        for path in ADMIN_PAGE:
            print(f"  {path}: {median(timed(lambda: ask(grown, path)) for _ in range(5)):.2f} s")  # noqa: B023
        print(f"  the culler's round: {cull(grown):.1f} s")
        cpu = grown.cpu
        time.sleep(ROUND)
        print(f"  at rest: {(grown.cpu - cpu) / ROUND:.1%} of a core, ", end="")
        print(f"the longest wait for an answer {longest_wait(grown, ROUND):.2f} s", flush=True)
        restart(grown)
    return not errors and not last.errors


def batched(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Some at a time."""
    return (names[first : first + size] for first in range(0, len(names), size))


def ask(grown: Hub, path: str, body: dict[str, Any] | None = None) -> str:
    """Ask the hub something."""
    request = urllib.request.Request(f"http://127.0.0.1:{grown.preview.addresses.public}{path}")
    request.add_header("Authorization", f"token {TOKEN}")
    request.data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=600) as answer:
        return str(answer.read().decode())


def timed(action: Callable[[], object]) -> float:
    """How long something takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def cull(grown: Hub) -> float:
    """How long the culler takes to look at every server."""
    python = str(example()[1].bin / "python")
    command = [python, "-c", CULLER, f"http://127.0.0.1:{grown.preview.addresses.hub}/hub/api", TOKEN]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def longest_wait(grown: Hub, seconds: float) -> float:
    """Look again and again whether the hub is well."""
    end, worst = time.perf_counter() + seconds, 0.0
    while time.perf_counter() < end:
        worst = max(worst, timed(lambda: ask(grown, "/hub/health")))
        time.sleep(0.1)
    return worst


def restart(grown: Hub) -> None:
    """Print how long the hub is away when it is killed, and until it has seen all servers."""
    grown.preview.stop("hub")
    before, begun = len(grown.preview.log("hub")), time.perf_counter()
    grown.preview.start_hub()
    away = time.perf_counter() - begun
    while "Initialized" not in grown.preview.log("hub")[before:]:
        time.sleep(0.1)
    print(f"  restart: away for {away:.1f} s, all servers seen after {time.perf_counter() - begun:.1f} s")
    print(f"  memory after it: {grown.memory:.0f} MiB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How a hub does that has grown.")
    for name, usual, words in (
        ("known", KNOWN, "whom the hub knows"),
        ("running", RUNNING, "those of them who have servers"),
        ("comers", COMERS, "others of them who come, all at once"),
    ):
        parser.add_argument(name, nargs="?", type=count, default=usual, metavar=name.upper(), help=f"{words} ({usual})")
    parser.add_argument("--stock", action="store_true", help="with the chart's own settings")
    given = parser.parse_args()
    if given.running + given.comers > given.known:
        parser.error(f"of {given.known} people {given.running} cannot have servers and {given.comers} others come")
    sys.exit(not main("stock" if given.stock else "ours", given.known, given.running, given.comers))
