"""How long people wait: `python benchmarks/signin.py [--patience SECONDS] [PEOPLE …]`.

First one person at a time, from the click on "Sign in" to a kernel that has run code, in a JupyterLab on this machine
(in the cluster a pod has to start as well). Then crowds, all at once, each at a new hub with servers that take no time,
in turn the deployed hub and the one that the JupyterHub chart's own settings make. What is measured is what hub, proxy
and example provider manage together, all on this machine's cores with the clients, and on a disk that takes 2 ms
whenever the hub waits for it (`slow_disk.c`, which needs Linux and a C compiler). Who has no server when patience is at
an end counts as an error. Compare the ratios between machines. Nothing leaves the machine.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.arguments import count
from benchmarks.crowd import PATIENCE, Kind, Visit, example, hub, introduce, visit
from preview.browser import Browser
from preview.running import Preview

RUNS = 5
CROWDS = (50, 200, 1000)
DISK = 2.0
"""Milliseconds: what a busy or distant disk takes; EBS is known to take one or two."""
KINDS: tuple[Kind, ...] = ("stock", "ours")


def one_at_a_time(runs: int) -> None:
    """Print the median of sign-in, server and kernel."""
    figures: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder, Preview(*example(), Path(folder)) as running:
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


def all_at_once(number: int, patience: float) -> bool:
    """Print what came of crowds at either hub, and the ratio. Returns whether there were no errors at ours."""
    visits: dict[Kind, list[Visit]] = {kind: [] for kind in KINDS}
    for _ in range(min(3, max(1, 600 // number))):
        for kind in KINDS:
            with hub(kind, milliseconds=DISK) as running:
                names = [f"person-{each}" for each in range(number)]
                introduce(running.preview, names)
                visits[kind].append(visit(running, names, patience))
            print(f"{kind}: ", end="")
            visits[kind][-1].report()
    stock, ours = (median(each.rate for each in visits[kind]) for kind in KINDS)
    if stock:
        print(
            f"=> {number} people: {ours / stock:.1f} times as many served a second as with the chart's own settings\n"
        )
    return not any(each.errors for each in visits["ours"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long people wait, alone and in crowds.")
    parser.add_argument("people", nargs="*", type=count, default=CROWDS, metavar="PEOPLE", help="the sizes of crowds")
    parser.add_argument("--patience", type=count, default=PATIENCE, metavar="SECONDS", help=f"({PATIENCE})")
    given = parser.parse_args()
    one_at_a_time(RUNS)
    results = [all_at_once(number, given.patience) for number in given.people]
    sys.exit(not all(results))
