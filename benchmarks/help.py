"""How long help takes, of each command: `python benchmarks/help.py [--runs NUMBER]`.

Each run is a process of its own. CPU is what it and its interpreter took; wall is what a person waits.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.arguments import count  # noqa: E402

COMMANDS = (
    "blueprint.cli",
    "blueprint.cli summary",
    "blueprint.cli secret",
    "blueprint.cli homes",
    "preview",
    "rehearsal run",
)


def main(runs: int) -> None:
    """Print the medians of each command."""
    print(f"median of {runs} runs       {'CPU s':>6} {'wall s':>7}")
    for command in COMMANDS:
        figures = [_run(command.split()) for _ in range(runs)]
        cpu, wall = (median(each) for each in zip(*figures, strict=True))
        print(f"{command:<22} {cpu:>6.3f} {wall:>7.3f}")


def _run(words: list[str]) -> tuple[float, float]:
    before, started = _cpu(), time.monotonic()
    subprocess.run([sys.executable, "-m", *words, "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return _cpu() - before, time.monotonic() - started


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long help takes, of each command.")
    parser.add_argument("--runs", type=count, default=9, metavar="NUMBER", help="how often each runs (9)")
    main(parser.parse_args().runs)
