"""`homes move`: what one person has at home comes to another one, or to the same one by another name."""

from datetime import UTC, datetime
from functools import partial
from typing import Final

from blueprint.cli.changing.carrying_out import carry_out
from blueprint.cli.changing.plan import Change, Plan, Step
from blueprint.cli.changing.trouble import ending, trouble
from blueprint.cli.cluster.errand import Directory, Errand
from blueprint.cli.cluster.pods import run
from blueprint.cli.homes.found import CLAIMS, VOLUMES, Home, Place, named, not_in_use
from blueprint.cli.homes.volumes import reserved
from blueprint.command_line import loaded

_CLAIM: Final = "claim-"


def move(
    old: str, new: str, overrides: list[str] | None, profile: str | None, role: str | None, *, yes: bool, as_json: bool
) -> None:
    """Show what is moved, ask, and do it."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        place = Place(config, profile, role)
        homes = place.homes()
        source = named(old, homes)
        plan = (
            _of_directories(place, source, homes, new)
            if config.storage_home == "efs"
            else _of_volume(place, source, homes, new)
        )
    carry_out(plan, place.title, yes=yes, as_json=as_json, names="place")


def _of_directories(place: Place, source: Home, homes: list[Home], new: str) -> Plan:
    target = named(new, homes)
    if source == target:
        raise trouble(f"Both are {source.title}.", "Name two homes")
    not_in_use([source, target])
    aside = f"moved-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    argument = {"place": "/files", "old": source.claim, "new": target.claim, "aside": aside}
    errand = Errand("moving", argument, {"/files": Directory(place.file_system, place.folder)})
    change = Change(
        source.title,
        [Step(f"move everything into {target.title}", partial(_moved, place, errand))],
        [f"what has a name that is taken there goes into its directory {aside}: nothing is overwritten"],
    )
    afterwards = [f"The claim {source.claim} stays, and is empty then: blueprint homes delete {source.claim}"]
    return Plan([change], afterwards=afterwards)


def _moved(place: Place, errand: Errand) -> str:
    told = run(errand, place.account, place.cluster)
    aside = f", {len(told['aside'])} of them into {errand.argument['aside']}" if told["aside"] else ""
    return f"{told['moved']} files and directories{aside}"


def _of_volume(place: Place, source: Home, homes: list[Home], new: str) -> Plan:
    """A volume cannot be in two homes: it is bound to the other claim, which must not be there yet."""
    if any(new in (each.user, each.claim) for each in homes):
        text = f"{new} has a volume as home already, and two volumes do not become one."
        raise trouble(text, f"If it may go: blueprint homes delete {new}; then name the claim that it had")
    if not new.startswith(_CLAIM):
        text = f"{new} has no home yet, and what their claim will be called follows from who they are at the provider."
        raise trouble(text, "docs/homes.md says how to tell it: name the claim, claim-…")
    not_in_use([source])
    volume = f"{VOLUMES}/{source.volume}"
    cluster, kept = place.cluster, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    steps = [
        Step("keep the volume when its claim goes", partial(cluster.patch, volume, kept)),
        Step(f"reserve {source.handle} for {new}", partial(reserved, place, source, new)),
        Step(f"delete the claim {source.claim}", partial(cluster.delete, f"{CLAIMS}/{source.claim}")),
        Step(f"delete the volume's old name {source.volume}", partial(cluster.delete, volume)),
    ]
    return Plan([Change(source.title, steps, [f"the volume {source.handle} becomes the home {new}"])])
