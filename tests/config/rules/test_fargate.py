"""What servers on Fargate cannot have, and what those on nodes cannot."""

from pathlib import Path

import pytest

from blueprint.config import Problem
from tests.config.profiled import at, faults, loaded

NOTHING = "nothing with compute: fargate: "
POLICY = "arn:aws:iam::444455556666:policy/mine"


def alone(inside: str, more: str = "") -> str:
    return f"p: {{title: P, compute: fargate, sizes: {{s: {{{inside}}}}}{more}}}"


@pytest.mark.parametrize(
    ("inside", "key", "got", "why", "fix"),
    [
        ("share: 1/2", "share", '"1/2"', "there is no node to have a part of", "give cpu and memory in place of it"),
        ("cpu: 1, cpu_limit: 2", "cpu_limit", "2.0", "a server has the CPUs that are paid for", "remove it"),
        ("memory_limit: 9G", "memory_limit", '"9G"', "a server has the memory that is paid for", "remove it"),
        (
            "instance_types: [m7g.large]",
            "instance_types",
            '["m7g.large"]',
            "AWS chooses the machine, and none of ARM",
            "remove it, or compute",
        ),
        ("capacity: spot", "capacity", '"spot"', "EKS has no spot there", "remove it, or compute"),
        ("gpus: 1", "gpus", "1", "it has none", "remove it, or compute"),
    ],
)
def test_what_is_of_nodes_is_a_fault(tmp_path: Path, inside: str, key: str, got: str, why: str, fix: str) -> None:
    assert faults(tmp_path, alone(inside)) == [at(f"p.sizes.s.{key}", got, NOTHING + why, fix)]


def test_all_faults_of_all_profiles_are_told_at_once(tmp_path: Path) -> None:
    text = alone("share: 1, gpus: 2, capacity: spot") + "\nq: {title: Q, compute: fargate, sizes: {t: {cpu: 17}}}"
    places = [each.key.partition(": ")[2] for each in faults(tmp_path, text, storage_home="ebs")]
    assert sorted(places) == [
        "p.compute",
        "p.sizes.s.capacity",
        "p.sizes.s.gpus",
        "p.sizes.s.share",
        "q.compute",
        "q.sizes.t.cpu",
    ]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param("cpu: 17", ("cpu", "17.0", "at most 16, the most that Fargate has"), id="CPUs"),
        pytest.param("memory: 120G", ("memory", '"120G"', "at most 119.7G, the most that Fargate has"), id="memory"),
        pytest.param("disk: 176Gi", ("disk", '"176Gi"', "at most 175Gi, the most that Fargate has"), id="disk"),
    ],
)
def test_size_larger_than_the_largest_is_a_fault(tmp_path: Path, inside: str, expected: tuple[str, str, str]) -> None:
    key, got, allowed = expected
    assert faults(tmp_path, alone(inside)) == [at(f"p.sizes.s.{key}", got, allowed, "lower it")]


def test_usual_size_that_is_too_large_is_told_by_its_setting(tmp_path: Path) -> None:
    usual = {"singleuser_cpu_guarantee": 17, "singleuser_cpu_limit": 17, "nodes_user_instance_types": "m6i.8xlarge"}
    expected = at(
        "p.sizes.default.cpu",
        "nothing, which means singleuser.cpu.guarantee",
        "at most 16, the most that Fargate has",
        "lower that, or give cpu here",
    )
    assert faults(tmp_path, "p: {title: P, compute: fargate}", **usual) == [expected]


def test_largest_size_and_one_that_no_node_would_hold_are_well(tmp_path: Path) -> None:
    assert loaded(tmp_path, alone("cpu: 16, memory: 119G, disk: 175Gi"))
    assert loaded(tmp_path, "p: {title: P, compute: fargate}").without_machines.keys() == {"p"}


def test_homes_on_ebs_are_a_fault(tmp_path: Path) -> None:
    expected = at(
        "p.compute",
        '"fargate"',
        "nodes with storage.home ebs: Fargate mounts no volume of EBS",
        'remove it, or set "storage.home": "efs"',
    )
    assert faults(tmp_path, alone("cpu: 1"), storage_home="ebs") == [expected]


def test_policies_on_nodes_are_a_fault(tmp_path: Path) -> None:
    text = "p: {title: P, policies: ['arn:aws:iam::aws:policy/ReadOnlyAccess']}"
    assert faults(tmp_path, text) == [
        at(
            "p.policies",
            '["arn:aws:iam::aws:policy/ReadOnlyAccess"]',
            "policies only with compute: fargate, where each profile has a role",
            "remove them",
        )
    ]


@pytest.mark.parametrize("account", ["111122223333", "444455556666"])
def test_policy_of_another_account_is_a_fault(tmp_path: Path, account: str) -> None:
    text = alone("cpu: 1", f", policies: ['{POLICY}']")
    expected: list[Problem] = [
        at(
            "p.policies",
            f'"{POLICY}"',
            "policies of AWS's or of the workload account, 111122223333",
            "make a policy there that says the same",
        )
    ]
    settings = {"workload_account": account}
    if account in POLICY:
        assert loaded(tmp_path, text, parent_dns_account="777788889999", **settings)
    else:
        assert faults(tmp_path, text, **settings) == expected


def test_rights_by_groups_are_there_but_what_is_ones_own(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(
        "course:\n  groups: [a]\n"
        "  data: {raw: {bucket: some-data, prefix: raw/}, own: {bucket: some-data, prefix: '{user}/'}}\n"
        "own: {groups: [b], data: {own: {bucket: own-data, prefix: '{user}/'}}}\n"
        "role: {role: 'arn:aws:iam::111122223333:role/Everybody'}\n"
    )
    settings = {"aws_access": "access.yaml", "groups_claim": "groups"}
    found = loaded(tmp_path, alone("cpu: 1"), **settings).rights_on_fargate
    assert {id: [*each.on_fargate] for id, each in found.items()} == {"course": ["raw"], "role": []}
    policies = alone("cpu: 1", ", policies: ['arn:aws:iam::aws:policy/ReadOnlyAccess']")
    for profiles in (policies, "p: {title: P}"):
        assert loaded(tmp_path, profiles, **settings).rights_on_fargate == {}


def test_network_holds_the_servers_on_fargate_that_there_may_be(tmp_path: Path) -> None:
    settings = {"network_cidr": "10.0.0.0/20", "singleuser_servers_max": 2400}
    expected = Problem(
        "network.cidr",
        '"10.0.0.0/20"',
        "a range with 1,070 addresses in each private subnet, as many as all nodes and servers on Fargate may hold "
        "there",
        "take a larger one, of up to /16, or lower nodes.user.max or singleuser.servers.max: this one has 1,019",
    )
    assert faults(tmp_path, alone("cpu: 1"), **settings) == [expected]
    assert loaded(tmp_path, "p: {title: P}", **settings)
