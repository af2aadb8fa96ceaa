"""How long a synthesis of the shipped example takes and how much memory: `python benchmarks/synth.py [RUNS]`.

Each run is a process of its own, as under the CDK CLI, with CDK's validation on and off in turn. Start is the
interpreter, the imports and jsii's Node; build is our constructs; write is CDK's synthesis with the validation. The
ratios are what to compare between machines. Memory is the largest that Python's and Node's processes were.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
FIGURES = ("start", "build", "write", "wall", "python MiB", "node MiB")
MARK = "benchmark "


def main(runs: int) -> None:
    """Print the median of each figure, and the ratio between the two ways."""
    results: dict[str, list[dict[str, float]]] = {"true": [], "false": []}
    for _ in range(runs):
        for validation, figures in results.items():
            figures.append(_run(validation))
    medians = {
        validation: {name: median(figures[name] for figures in all_figures) for name in FIGURES}
        for validation, all_figures in results.items()
    }
    print(f"median of {runs} runs    {'validation on':>14} {'validation off':>14} {'ratio':>7}")
    for name in FIGURES:
        on, off = medians["true"][name], medians["false"][name]
        print(f"{name:<20} {on:>14.2f} {off:>14.2f} {on / off:>7.2f}")


def _run(validation: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.time()
        output = subprocess.run(
            [sys.executable, __file__, "--once", str(started)],
            cwd=ROOT,
            env={**os.environ, "CDK_VALIDATION": validation, "CDK_OUTDIR": folder, "PYTHONPATH": str(ROOT)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        wall = time.time() - started
    figures: dict[str, float] = json.loads(output.rpartition(MARK)[2])
    return {**figures, "wall": wall}


def _once(started: float) -> None:
    """The steps of `app.py`, with a look at the clock between them."""
    from blueprint import node

    node.use()
    gc.disable()
    import aws_cdk as cdk

    from blueprint.config import load, read_context
    from blueprint.stacks import deploy

    app = cdk.App(context=read_context(ROOT))
    config = load(read_context(ROOT), today=date.today()).config
    built_from = time.time()
    deploy(app, config)
    written_from = time.time()
    app.synth()
    figures = {
        "start": built_from - started,
        "build": written_from - built_from,
        "write": time.time() - written_from,
        "python MiB": _peak(os.getpid()),
        "node MiB": max((_peak(pid) for pid in _descendants(os.getpid())), default=0.0),
    }
    print(MARK + json.dumps(figures))
    gc.freeze()


def _descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [each for child in children for each in (child, *_descendants(child))]


def _peak(pid: int) -> float:
    """The largest resident set of a process so far, in MiB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        _once(float(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 5)
