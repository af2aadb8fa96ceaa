"""`summary`: what was synthesized, on one screen."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.command_line import loaded
from blueprint.config import Config, Loaded
from blueprint.config.costs.parts import warm_hours
from blueprint.config.facts.prices import prices
from blueprint.config.machines import of
from blueprint.config.notice import Severity
from blueprint.config.offers import held, in_table, price_without_machine, rooms, server_size
from blueprint.config.problems import plain
from blueprint.config.rules.sizes import servers_on
from blueprint.config.types.profiles import Profile, Size
from blueprint.versions import charts

TITLES: Final[dict[Severity, str]] = {
    "warning": "Warnings (one that is meant is acknowledged by its id in warnings.acknowledged, with a reason):",
    "info": "To know:",
}
ID = re.compile(r"\[ack: (\S+)\]$")


class BrokenAssemblyError(Exception):
    """A file that no synthesis writes; the text says which, and what to do."""


def summarize(overrides: list[str] | None, output: Path) -> None:
    """Print the summary of the cloud assembly in a folder, or say that there is none."""
    try:
        account, region = place(output)
        result = loaded(overrides, account=account, region=region)
        if not (output / "manifest.json").exists():
            typer.echo(f"There is no synthesized app in {output}: run make synth first.", err=True)
            raise typer.Exit(1)
        show(result, output, Console(highlight=False))
    except BrokenAssemblyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def show(result: Loaded, output: Path, console: Console) -> None:
    """Print the summary of the cloud assembly in a folder."""
    config = result.config
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for stack in stacks(output):
        facts.add_row(*stack)
    facts.add_row("Hub", config.hub_url)
    ours = config.identity_provider == "cognito"
    registered = "the user pool knows it" if ours else "register it at the identity provider"
    facts.add_row("Callback", f"{config.callback_url}  ({registered})")
    if config.singleuser_profiles is None:
        facts.add_row("Servers", servers(config))
    for row in profiles(config):
        facts.add_row(*row)
    if config.nodes_user_warm:
        facts.add_row("Kept free", kept_free(config))
    facts.add_row("Versions", _versions(config))
    console.print(facts)
    _defaults(config, console)
    for severity, title in TITLES.items():
        _listed(title, remarks(output, severity), console)
    _listed("Acknowledged:", acknowledged(config), console)
    console.print("What would go wrong with a deployment: blueprint doctor (docs/doctor.md).")
    told = f"Templates are in {output}/. Deploy them: cdk deploy ParentDns, then cdk deploy Hub (README)."
    console.print(told, markup=False)


def place(output: Path) -> tuple[str | None, str | None]:
    """Account and region that Hub was synthesized for, from the settings or from the credentials of then."""
    hub = _artifacts(output).get("Hub") if (output / "manifest.json").exists() else None
    # Without credentials the CDK's CLI takes us-east-1 for the region.
    if hub is None or "unknown" in hub["environment"]:
        return None, None
    account, region = hub["environment"].removeprefix("aws://").split("/")
    return account, region


def stacks(output: Path) -> list[tuple[str, str]]:
    """Each stack of a cloud assembly: its id; and its environment and number of resources, in words."""
    rows = []
    for name, artifact in _artifacts(output).items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        template = _read(output / artifact["properties"]["templateFile"])
        place = artifact["environment"].removeprefix("aws://")
        place = "the account and region of your credentials" if "unknown" in place else place
        rows.append((name, f"{len(template['Resources']):>3} resources in {place}"))
    return rows


def servers(config: Config) -> str:
    """How many servers fit, in words."""
    counts = {kind.name: servers_on(kind, config) for kind in in_table(config.nodes_user_instance_types)}
    if not counts:
        return f"how many fit on {', '.join(config.nodes_user_instance_types)} is not known"
    on_each = ", ".join(f"{count} on each {name}" for name, count in counts.items())
    most = min(counts.values()) * config.nodes_user_max
    return f"{on_each}; {most} on nodes.user.max ({config.nodes_user_max}) nodes"


def profiles(config: Config) -> Iterator[tuple[str, str]]:
    """A row for each profile: who may choose it, and how many of its servers fit on a node."""
    if config.singleuser_profiles is None:
        return
    for profile in config.singleuser_profiles.by_id.values():
        fit = ", ".join(_fitting(profile, config))
        who = ", ".join([*(profile.allowed_groups or ()), *(profile.allowed_users or ())]) or "everybody"
        yield "Servers", f"{profile.title}, for {who}: {fit}"


def _fitting(profile: Profile, config: Config) -> Iterator[str]:
    """How many servers of each size a node holds, for each kind of machines; what each costs that has none."""
    sizes = [*(profile.sizes or {"default": Size()}).values()]
    if profile.compute == "fargate":
        hours = " or ".join(f"{price_without_machine(size, config) or 0:.3f}" for size in sizes)
        yield f"each on Fargate, {hours} US dollars an hour"
        return
    for kind in dict.fromkeys(of(size, config) for size in sizes):
        on_it = [size for size in sizes if of(size, config) == kind]
        counts = {
            name: " or ".join(str(held(name, room, server_size(size, config))) for size in on_it)
            for name, room in rooms(config, on_it[0]).items()
        }
        yield from (f"{count} on each {name}{' (spot)' if kind.spot else ''}" for name, count in counts.items())


def kept_free(config: Config) -> str:
    """When room is kept for whoever comes next, and what that costs where it takes a node of its own, in words."""
    listed = prices(config.workload_region)
    hours = warm_hours(config)
    dearest = max((listed.by_type.get(name, 0) for name in config.nodes_user_instance_types), default=0)
    when = f"a user node {', '.join(config.nodes_user_warm)}: {hours:g} hours a week"
    if not dearest:
        return when
    cost = hours * 52 / 12 * dearest
    return f"{when}, at most {cost:.2f} US dollars a month (on demand in {listed.region}, list of {listed.date})"


def _versions(config: Config) -> str:
    installed = ", ".join(f"{chart.name} {chart.version}" for chart in charts(config.nodes_user_scaling))
    return f"Kubernetes {config.kubernetes_version}; {installed}"


def _defaults(config: Config, console: Console) -> None:
    """The defaults that cost, expose or lose something; docs/settings.md has them all."""
    taken = [default for default in config.defaults_taken() if default.weighty]
    if not taken:
        return
    console.print(Text("Chosen by default (to change one, set its key in cdk.context.json):", style="bold"))
    table = Table.grid(padding=(0, 2))
    for default in taken:
        table.add_row(f"  {default.key}", default.value)
    console.print(table)


def remarks(output: Path, severity: Severity) -> list[str]:
    """What the constructs of a cloud assembly are annotated with, each once, with the id that acknowledges it."""
    texts = []
    for artifact in _artifacts(output).values():
        if "additionalMetadataFile" in artifact:
            metadata = _read(output / artifact["additionalMetadataFile"])
            entries = chain.from_iterable(metadata.values())
            texts += [entry["data"] for entry in entries if entry["type"] == f"aws:cdk:{severity}"]
    return [ID.sub(r"(\1)", text) for text in dict.fromkeys(texts)]


def acknowledged(config: Config) -> list[str]:
    """The warnings that may stand, with the reasons."""
    reasons = config.warnings_acknowledged
    standing = [notice for notice in config.notices if notice.kind in reasons]
    return [f"{notice.key or notice.id}: {notice.text} ({reasons[notice.kind]})" for notice in standing]


def _artifacts(output: Path) -> dict[str, Any]:
    artifacts = _read(output / "manifest.json").get("artifacts")
    if not isinstance(artifacts, dict) or not all(isinstance(each, dict) for each in artifacts.values()):
        raise _broken(output / "manifest.json")
    return artifacts


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        raise _broken(file) from None
    if not isinstance(content, dict):
        raise _broken(file)
    return content


def _broken(file: Path) -> BrokenAssemblyError:
    return BrokenAssemblyError(
        f"{plain(str(file))} is not as a synthesis leaves it: remove the folder, run make synth."
    )


def _listed(title: str, lines: list[str], console: Console) -> None:
    if not lines:
        return
    console.print(Text(title, style="bold"))
    for line in lines:
        console.print(Padding(Text(line), (0, 0, 0, 2)))
