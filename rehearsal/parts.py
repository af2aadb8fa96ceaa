"""Parts of the rehearsal by themselves: what it is built of, and its stand-in for AWS."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from rich.console import Console

from rehearsal import preparation, supply
from rehearsal.aws import Server, runtime
from rehearsal.charts import ChartError
from rehearsal.clusters import LocalClusters
from rehearsal.folder import running
from rehearsal.golang import BuildError
from rehearsal.sandbox.children import PASSED_ON


def build(minor: str, cache: Path, *, karpenter: bool = False) -> None:
    """Have the control plane of a Kubernetes minor, and the modules of Lambda's Node runtime; or all with Karpenter."""
    console, cache = Console(highlight=False), cache.absolute()
    try:
        part = supply.control_plane(minor, cache)  # that there is such a minor, before anything takes long
        if karpenter:
            preparation.prepare([minor], console, cache, scaling="karpenter")
        else:
            runtime.install(cache)
            with preparation.bars(console) as progress:
                supply.supply([part], cache, progress, preparation.plainly(console))
    except (BuildError, ChartError) as error:
        sys.exit(str(error))
    console.print(f"Ready: {part.installed()}")


def serve(accounts: Sequence[str], region: str, charts: Path, cache: Path) -> None:
    """Run the stand-in for AWS until Ctrl-C."""
    console = Console(highlight=False, soft_wrap=True)
    modules = runtime.install(cache.absolute())
    ended = Event()
    for number in PASSED_ON:
        signal.signal(number, lambda *_: ended.set())
    with running() as folder:
        clusters = LocalClusters(
            folder / "kubernetes",
            cache.absolute(),
            lambda what, done, total: console.print(what) if not done else None,
        )
        try:
            with Server(folder / "aws", clusters, modules=modules, charts=charts.absolute()) as server:
                for each in accounts:
                    values = {
                        "AWS_ENDPOINT_URL": server.url,
                        "AWS_REGION": region,
                        "AWS_DEFAULT_REGION": region,  # as boto3 and the AWS CLI call it
                        **server.credentials(each).environment(),
                    }
                    console.print(f"# account {each}")
                    console.print(" ".join(["export", *(f"{name}={value}" for name, value in values.items())]))
                console.print(f"# Ctrl-C ends it. Logs and kubeconfigs are in {folder}", style="dim")
                ended.wait()
        finally:
            clusters.stop_all()
