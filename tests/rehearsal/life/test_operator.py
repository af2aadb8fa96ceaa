"""What the life asks of `blueprint doctor` and `blueprint verify`, and the resolver that they ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from blueprint.cli.checks.names import Resolver as PublicResolver
from rehearsal.life.journal import CheckError
from rehearsal.life.operator import checks, public_names
from rehearsal.sandbox.dns import Names, Record, Resolver

BEFORE = ("bootstrap", "parent zone", "DNS role", "client secret", "identity provider", "quotas")
AFTER = ("delegation", "load balancer", "answers", "sign-in", "cluster", "nodes", "add-ons", "storage", "pods")
OTHER = "A user's pod does not reach another person's server (10.0.0.9:8888)."
ROLE = "arn:aws:iam::111122223333:role/PlatformAdmin"

Look = Callable[[Any, Any], Iterator[str]]


def lines(*subjects: str, level: str = "ok", text: str = "It is sound.") -> list[dict[str, str]]:
    return [{"level": level, "subject": each, "text": text, "fix": ""} for each in subjects]


def run(look: Look, told: list[dict[str, str]], *roles: str) -> tuple[list[str], list[str]]:
    """What a look says where a command finds this, and the words of the command."""
    words: list[str] = []

    def own(account: str, *given: str) -> str:
        words.extend(given)
        return "Starting a pod …\n" + json.dumps({"findings": told, "counts": {}}, indent=2)

    commands: Any = SimpleNamespace(own=own, profile=lambda *_: None)
    config = SimpleNamespace(admin_roles=roles)
    sandbox = SimpleNamespace(resolver=Resolver([]))
    world: Any = SimpleNamespace(config=config, sandbox=sandbox, workload_account="1", dns_account="2")
    return list(look(world, commands)), words


def test_what_doctor_cannot_look_at_here_is_told() -> None:
    told = [*lines(*BEFORE), *lines("image", level="unknown", text="It was not reached.")]
    said, words = run(checks.nothing_would_go_wrong, told)
    assert said == ["`blueprint doctor` finds 6 things sound", "unknown: image: It was not reached."]
    assert words[:3] == ["doctor", "--dns-profile", "dns"]


def test_verify_looks_from_a_pod_as_one_of_those_whom_the_cluster_knows() -> None:
    said, words = run(checks.all_is_as_it_should_be, [*lines(*AFTER), *lines("network policies", text=OTHER)], ROLE)
    assert said == ["`blueprint verify` finds 10 things sound", OTHER]
    assert words[:4] == ["verify", "--probe", "--role", ROLE]


def test_where_the_cluster_knows_nobody_that_is_told() -> None:
    told = [*lines(*AFTER[:-1]), *lines("pods", level="unknown")]
    said, words = run(checks.all_is_as_it_should_be, told)
    assert said[1] == "nobody administers the cluster (admin.roles): pods and network policies are not looked at"
    assert "--probe" not in words


@pytest.mark.parametrize(
    ("look", "told", "roles"),
    [
        pytest.param(
            checks.nothing_would_go_wrong, [*lines(*BEFORE), *lines("secret", level="unknown")], [], id="unknown"
        ),
        pytest.param(checks.nothing_would_go_wrong, lines(*BEFORE[1:]), [], id="not looked at"),
        pytest.param(checks.all_is_as_it_should_be, lines(*AFTER), [ROLE], id="without the pod"),
        pytest.param(
            checks.all_is_as_it_should_be, lines(*AFTER, "network policies"), [ROLE], id="without another's server"
        ),
    ],
)
def test_what_a_command_left_out_is_noticed(look: Look, told: list[dict[str, str]], roles: list[str]) -> None:
    with pytest.raises(CheckError):
        run(look, told, *roles)


def test_the_world_s_names_are_asked_as_of_a_public_resolver() -> None:
    names = Names()
    names.add("balancer.test", "10.0.0.1")

    def zone(name: str, kind: str) -> list[Record] | None:
        return [Record("CNAME", "Balancer.test.")] if name == "hub.test" else None

    with public_names.served(Resolver([zone, names])) as address:
        resolver = PublicResolver(address)
        assert resolver.records("hub.test", "A") == ["10.0.0.1"]
        assert resolver.records("hub.test", "CNAME") == ["balancer.test"]
        assert resolver.records("balancer.test", "NS") == []
        assert resolver.records("nobody.test", "A") is None
