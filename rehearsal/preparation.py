"""What a rehearsal needs before it begins: programs, charts, JupyterHub, modules of Lambda's Node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from blueprint.config import Config
from blueprint.versions import charts as charts_of
from preview import installation
from preview.installation import Installation
from rehearsal import charts, golang, supply
from rehearsal.aws import runtime
from rehearsal.folder import CACHE, CHARTS

_OF_AN_ACCOUNT: Final = (
    "network_vpc_id",
    "certificate_arn",
    "client_secret_kms_key_arn",
    "storage_kms_key_arn",
    "ingress_waf_arn",
    "ingress_logs_bucket",
)
"""Settings that name something which is in somebody's account."""

_NO_COGNITO: Final = """\
identity.provider cognito: Cognito's sign-in page does not run in a rehearsal, so nobody could sign in. Rehearse with \
the endpoints of another provider, which the rehearsal answers itself. Leave out the settings whose names begin with \
cognito., for example in a copy of cdk.context.json, and give the endpoints there, or with

  make rehearse ARGS="-c identity.provider=generic -c authUrl=https://id.example.org/authorize \
-c tokenUrl=https://id.example.org/token -c userDataUrl=https://id.example.org/userinfo \
-c clientId=hub -c clientSecretArn=hub/client-secret -c groups.claim=groups"\
"""

_WORDS: Final = {
    "module": "its repository cannot be reached; packaged from its controller's Go module",
    "stand-in": "its repository cannot be reached; the rehearsal's stand-in is installed for it",
    "missing": "its repository cannot be reached, and there is nothing in its place",
}


class PreparationError(Exception):
    """Why a configuration cannot be rehearsed, in words for the person who wants to."""


@dataclass(frozen=True)
class Prepared:
    """Where what was prepared lies."""

    cache: Path

    @property
    def modules(self) -> Path:
        """The Node modules of Lambda's runtime."""
        return runtime.modules(self.cache)

    @property
    def charts(self) -> Path:
        """An archive for each of the blueprint's charts."""
        return self.cache / "charts"

    @property
    def installation(self) -> Installation:
        """JupyterHub, JupyterLab, the proxy and the identity provider."""
        return Installation(installation.FOLDER.absolute())


def check(config: Config) -> None:
    """Raises PreparationError for what AWS has, and a rehearsal has not."""
    if config.identity_provider == "cognito":
        raise PreparationError(_NO_COGNITO)
    if config.identity_ca is not None:
        raise PreparationError(
            "identity.ca: the rehearsal answers in your provider's place, with a certificate of its own. Leave the "
            "setting out for the rehearsal, for example in a copy of cdk.context.json."
        )
    named = [str(Config.model_fields[each].alias) for each in _OF_AN_ACCOUNT if getattr(config, each)]
    if named:
        raise PreparationError(
            f"{', '.join(named)}: a rehearsal has nothing of your AWS account. Leave it out for the rehearsal, "
            "for example in a copy of cdk.context.json."
        )


def prepare(minors: Sequence[str], console: Console, cache: Path = CACHE, *, scaling: str = "managed") -> Prepared:
    """Install, build and fetch what is missing. Raises BuildError, ChartError or CalledProcessError."""
    prepared = Prepared(cache.absolute())
    prepared.cache.mkdir(parents=True, exist_ok=True)
    runtime.install(prepared.cache)
    installation.install(prepared.installation.folder, console.print)
    with bars(console) as progress:
        supply.supply(supply.parts(minors, prepared.cache, scaling), prepared.cache, progress, plainly(console))
        wanted = charts_of(scaling)
        sources = charts.fetch(prepared.charts, CHARTS.absolute(), prepared.cache, progress, charts=wanted)
    for source in sources:
        if source.origin not in ("at hand", "repository"):
            pinned = f"{source.chart.name} {source.chart.version}"
            console.print(f"[yellow]![/yellow] chart {pinned}: {_WORDS[source.origin]} (version {source.version})")
    return prepared


@contextmanager
def bars(console: Console) -> Iterator[golang.Progress]:
    """A bar for each thing that goes on; a line for it where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what)
                if not console.is_terminal:  # there, bars are drawn when all is over
                    console.print(what)
            shown.update(tasks[what], completed=done, total=total or None)

        yield progress


def plainly(console: Console) -> Callable[[str], None]:
    """Prints lines as they are."""
    return lambda line: console.print(escape(line), soft_wrap=True)
