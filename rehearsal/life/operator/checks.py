"""`blueprint doctor` before the deployment, and `blueprint verify` after it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from rehearsal.life.cdk import Commands
from rehearsal.life.looks import expect
from rehearsal.life.operator import public_names
from rehearsal.life.operator.work import role
from rehearsal.world import World

_DNS: Final = "dns"
_SECONDS: Final = "120"
_NOT_HERE: Final = {"image", "versions", "cost tags"}
"""What only the world's registries know, or AWS itself: each is told, and is not looked at."""

_BEFORE: Final = ("bootstrap", "parent zone", "DNS role", "client secret", "identity provider", "quotas")
_AFTER: Final = ("delegation", "load balancer", "answers", "sign-in", "cluster", "nodes", "add-ons", "storage")

Told = dict[str, str]


def nothing_would_go_wrong(world: World, commands: Commands) -> Iterator[str]:
    """What `blueprint doctor` looks at before the deployment, and what it cannot look at here."""
    told = _told(world, commands, "doctor")
    _are_sound(told, _NOT_HERE, "what `blueprint doctor` finds wanting")
    _are_looked_at(told, _BEFORE)
    yield f"`blueprint doctor` finds {_sound(told)} things sound"
    for each in told:
        if each["level"] != "ok":
            yield f"{each['level']}: {each['subject']}: {each['text']}"


def all_is_as_it_should_be(world: World, commands: Commands) -> Iterator[str]:
    """What `blueprint verify` finds, with a pod that looks whether the network policies hold."""
    known = role(world)
    told = _told(world, commands, "verify", *(["--probe", *known] if known else []))
    _are_sound(told, () if known else {"pods"}, "what `blueprint verify` finds wanting")
    _are_looked_at(
        told, ("delegation", "load balancer", "answers", "sign-in", "cluster", "nodes", "add-ons", "storage")
    )
    yield f"`blueprint verify` finds {_sound(told)} things sound"
    if not known:
        yield "nobody administers the cluster (admin.roles): pods and network policies are not looked at"
        return
    _are_looked_at(told, ("pods", "network policies"))
    for each in told:
        if each["subject"] == "network policies":
            expect(True, "another person's server" in each["text"], "that another's server was looked at")
            yield each["text"]


def _told(world: World, commands: Commands, command: str, *more: str) -> list[Told]:
    commands.profile(_DNS, world.dns_account)
    with public_names.served(world.sandbox.resolver) as address:
        options = ("--dns-profile", _DNS, "--resolver", address, "--timeout", _SECONDS, "--json")
        said = commands.own(world.workload_account, command, *more, *options)
    found: list[Told] = json.loads(said[f"\n{said}".index("\n{") :])["findings"]
    return found


def _are_sound(told: Sequence[Told], spared: set[str] | tuple[()], what: str) -> None:
    """A fault has ended the command already; what it could not look at is no less wanting, unless nobody can here."""
    expect([], [each for each in told if each["level"] == "unknown" and each["subject"] not in spared], what)


def _are_looked_at(told: Sequence[Told], subjects: Sequence[str]) -> None:
    missing = set(subjects) - {each["subject"] for each in told}
    expect(set(), missing, "what the command did not look at")


def _sound(told: Sequence[Told]) -> int:
    return sum(each["level"] == "ok" for each in told)
