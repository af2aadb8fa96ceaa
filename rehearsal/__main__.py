"""`python -m rehearsal`: the rehearsal (`make rehearse`), what it is built of, and its AWS by itself."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from blueprint.config.facts.kubernetes import MINORS
from rehearsal import command, preparation
from rehearsal.aws import Server, runtime
from rehearsal.clusters import LocalClusters
from rehearsal.folder import running
from rehearsal.kubernetes import build
from rehearsal.sandbox.children import PASSED_ON

app = typer.Typer(help="Rehearse the deployment on this machine.", no_args_is_help=True, add_completion=False)
Overrides = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="KEY=VALUE", help="Override a setting, as with the CDK CLI."),
]
Cache = Annotated[Path, typer.Option(help="What is built and fetched once.")]


@app.command("build")
def build_command(
    minor: Annotated[str, typer.Argument(help=f"One of {', '.join(set(MINORS) & set(build.RELEASES))}.")] = "1.35",
    cache: Cache = preparation.CACHE,
) -> None:
    """Build what the rehearsal runs: Kubernetes, and the modules of Lambda's Node runtime."""
    runtime.install(cache)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()) as progress:
        task = progress.add_task("")
        program = build.control_plane(
            minor,
            cache.absolute(),
            lambda what, done, total: progress.update(task, description=what, completed=done, total=total or None),
        )
    Console().print(f"Ready: {program}")


@app.command()
def run(
    check: Annotated[
        bool, typer.Option("--check", help="Live the deployment's whole life, and end with a table.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the proxy on loopback that leads in; 0 is any free one.")] = 0,
    context: Overrides = None,
) -> None:
    """Deploy the context of this folder, in a sandbox, and look around in it until Ctrl-C."""
    command.run(check, port, context or [])


@app.command(hidden=True)
def inside(check: Annotated[bool, typer.Option("--check")] = False, context: Overrides = None) -> None:
    """Go on with `run` in the sandbox."""
    command.inside(check, context or [])


@app.command()
def serve(
    account: Annotated[list[str], typer.Argument(help="The ids of the AWS accounts to give credentials for.")],
    region: Annotated[str, typer.Option(help="The region of their credentials.")] = "eu-central-1",
    charts: Annotated[Path, typer.Option(help="Charts that Helm is to take from here.")] = preparation.CHARTS,
    cache: Cache = preparation.CACHE,
) -> None:
    """Run the stand-in until Ctrl-C. Its state is gone afterwards."""
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
                for each in account:
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


if __name__ == "__main__":
    app()
