"""Servers and core pods that no node holds are faults, which name the type and what fits."""

from typing import Any

import pytest

from blueprint.config import Problem
from blueprint.config.facts.instances import known
from blueprint.config.rules.sizes import servers_on
from tests.config.seed import config, notices, problems

SMALL = {"singleuser.cpu.guarantee": 0.01, "singleuser.memory.guarantee": "10M"}
ON_EBS, TYPES = {"storage.home": "ebs"}, "nodes.user.instance.types"
CORE = (
    "types of which {} nodes (nodes.core.min in each of two groups) hold what always runs: "
    "0.99 CPUs, 2.2 GiB of memory and 15 pods"
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param(
            {"singleuser.memory.guarantee": "64G", "singleuser.memory.limit": "64G"},
            Problem(
                "singleuser.memory.guarantee",
                '"64G"',
                "at most 13.9G, which a node of the type m6i.xlarge has for servers",
                "lower it, or set nodes.user.instance.types to larger ones, such as m6i.8xlarge",
            ),
            id="memory",
        ),
        pytest.param(
            {"singleuser.cpu.guarantee": 32, "singleuser.cpu.limit": 32},
            Problem(
                "singleuser.cpu.guarantee",
                "32.0",
                "at most 3.735, which a node of the type m6i.xlarge has for servers",
                "lower it, or set nodes.user.instance.types to larger ones, such as m6i.12xlarge",
            ),
            id="CPUs",
        ),
        pytest.param(
            {"singleuser.memory.guarantee": "14G", "singleuser.memory.limit": "16G"},
            Problem(
                "singleuser.memory.guarantee",
                '"14G"',
                "at most 13.9G, which a node of the type m6i.xlarge has for servers",
                "lower it, or set nodes.user.instance.types to larger ones, such as m6i.2xlarge",
            ),
            id="less than the machine has, more than the node",
        ),
        pytest.param(
            {"singleuser.memory.guarantee": "20G", "singleuser.memory.limit": "20G"}
            | {"nodes.user.instance.types": ["r6i.xlarge", "m6i.xlarge"]},
            Problem(
                "singleuser.memory.guarantee",
                '"20G"',
                "at most 13.9G, which a node of the type m6i.xlarge has for servers",
                "lower it, or set nodes.user.instance.types to larger ones, such as r6i.xlarge",
            ),
            id="too much for one of the types",
        ),
        pytest.param(
            {"nodes.user.instance.types": ["t3.micro"]}
            | {"singleuser.memory.guarantee": "100M", "singleuser.memory.limit": "200M"},
            Problem(
                "nodes.user.instance.types",
                '["t3.micro"]',
                "types that have an address for a server; t3.micro has them for a node's own pods only",
                "take larger ones, such as t3.small",
            ),
            id="no address",
        ),
        pytest.param(
            {"singleuser.disk.limit": "200Gi"},
            Problem(
                "singleuser.disk.limit",
                '"200Gi"',
                "at most 89Gi, which a disk of 100 GiB has for servers",
                "lower it, or raise nodes.disk.size",
            ),
            id="disk",
        ),
        pytest.param(
            {"nodes.core.instance.types": ["t3.nano"]},
            Problem(
                "nodes.core.instance.types",
                '["t3.nano"]',
                CORE.format(2),
                "take larger ones, such as t3.medium, or raise nodes.core.min",
            ),
            id="core nodes, each too small",
        ),
        pytest.param(
            {"nodes.core.instance.types": ["t3.small"]},
            Problem(
                "nodes.core.instance.types",
                '["t3.small"]',
                CORE.format(2),
                "take larger ones, such as t3.medium, or raise nodes.core.min",
            ),
            id="core nodes, too few",
        ),
    ],
)
def test_what_no_node_holds_is_a_fault(changes: dict[str, Any], found: Problem) -> None:
    assert problems(changes) == [found]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"singleuser.memory.guarantee": "13.9G", "singleuser.memory.limit": "13.9G"}, id="all of a node"),
        pytest.param({"nodes.core.instance.types": "t3.small", "nodes.core.min": 2}, id="more of small core nodes"),
        pytest.param({"nodes.core.instance.types": "t4g.medium"}, id="medium core nodes"),
        pytest.param(
            {"nodes.user.instance.types": "m99i.large", "singleuser.cpu.guarantee": 100, "singleuser.cpu.limit": 100},
            id="a type that is not known",
        ),
    ],
)
def test_what_may_fit_is_none(changes: dict[str, Any]) -> None:
    assert problems(changes) == []


@pytest.mark.parametrize(
    ("changes", "instance_type", "count"),
    [
        pytest.param({}, "m6i.xlarge", 7, id="CPUs run out"),
        pytest.param({"singleuser.memory.guarantee": "4G"}, "m6i.xlarge", 3, id="memory runs out"),
        pytest.param(
            {"singleuser.cpu.guarantee": 0.1, "singleuser.memory.guarantee": "256M"}, "m6i.large", 17, id="CPUs"
        ),
        pytest.param(
            {"singleuser.cpu.guarantee": 0.01, "singleuser.memory.guarantee": "10M"}, "m6i.large", 23, id="pods"
        ),
        pytest.param({"singleuser.disk.guarantee": "10Gi"}, "m6i.24xlarge", 8, id="disk runs out"),
        pytest.param(SMALL | ON_EBS, "m6i.xlarge", 23, id="27 attachments, of which the root and 3 interfaces take 4"),
        pytest.param(SMALL | ON_EBS | {TYPES: "m7i.xlarge"}, "m7i.xlarge", 31, id="interfaces count apart"),
        pytest.param(
            SMALL | ON_EBS | {TYPES: ["m7i.xlarge", "m6i.xlarge"]}, "m7i.xlarge", 28, id="one driver for both"
        ),
        pytest.param(SMALL, "m6i.xlarge", 52, id="an access point is no attachment"),
    ],
)
def test_servers_are_counted_by_what_runs_out_first(changes: dict[str, Any], instance_type: str, count: int) -> None:
    assert servers_on(known()[instance_type], config(changes)) == count


def test_types_that_are_not_known_are_told() -> None:
    (told,) = [each for each in notices({"nodes.user.instance.types": "m99i.large"}) if each.severity == "info"]
    assert (told.kind, told.key) == ("unknown-instance-types", "nodes.user.instance.types")
    assert "m99i.large" in told.text


def test_a_memory_limit_that_a_node_does_not_have_is_told() -> None:
    told = [each for each in notices({"singleuser.memory.limit": "16G"}) if each.kind == "memory-limit-above-node"]
    assert [each.key for each in told] == ["singleuser.memory.limit"]


def test_room_is_kept_on_types_whose_size_is_known() -> None:
    changes = {"nodes.user.warm": "daily 08:00-18:00 UTC", TYPES: ["m6i.xlarge", "m99i.large"]}
    assert problems(changes) == [
        Problem(
            "nodes.user.warm",
            '["daily 08:00\N{EN DASH}18:00 UTC"]',
            "only with instance types whose sizes are known here; m99i.large is none",
            "take others in nodes.user.instance.types, or remove the key",
        )
    ]
    assert problems({**changes, "nodes.user.warm": []}) == []
