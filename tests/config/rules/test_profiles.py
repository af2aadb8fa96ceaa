"""What profiles may ask for depends on the nodes, and on what is known of people."""

from pathlib import Path

import pytest

from blueprint.config import Problem
from blueprint.config.facts.instances import known_on
from tests.config.profiled import at, faults, loaded, size

GROUPS = "groups only with groups.claim: without it nobody is known to be in any"
CLAIM = 'set "groups.claim" to the claim that lists a user\'s groups, or name people with allowed_users'
LARGER = "lower it, take share: 1 for a whole node, or set nodes.user.instance.types to larger ones"


def test_group_that_no_claim_can_give_is_told_wherever_it_stands(tmp_path: Path) -> None:
    text = """
p:
  title: P
  allowed_groups: [a]
  images: {i: {title: I, image: "x/y:1", allowed_groups: [b]}}
  own_image: {pattern: x, hint: x, allowed_groups: [c], allowed_users: [ann]}
  sizes: {s: {allowed_groups: [d]}}
"""
    places = {"p.allowed_groups": "a", "p.images.i.allowed_groups": "b"}
    places |= {"p.sizes.s.allowed_groups": "d", "p.own_image.allowed_groups": "c"}
    assert faults(tmp_path, text) == [at(place, f'["{group}"]', GROUPS, CLAIM) for place, group in places.items()]
    assert loaded(tmp_path, text, groups_claim="groups")


def test_names_need_no_claim(tmp_path: Path) -> None:
    assert loaded(tmp_path, "p: {title: P, allowed_users: [ann]}")


def test_share_with_amounts_is_a_fault(tmp_path: Path) -> None:
    expected = at("p.sizes.s.share", '"1/2"', "a share or amounts, not both", "remove share, or cpu, memory_limit")
    assert faults(tmp_path, size("share: 1/2, cpu: 1, memory_limit: 4G")) == [expected]


def test_share_of_an_unknown_type_is_a_fault(tmp_path: Path) -> None:
    allowed = f"a share of types that EC2 knew on {known_on()}, and m6i.7xlarge is none of them"
    fix = "correct nodes.user.instance.types, or give cpu and memory in place of share"
    expected = at("p.sizes.s.share", '"1"', allowed, fix)
    assert faults(tmp_path, size("share: 1"), nodes_user_instance_types="m6i.xlarge,m6i.7xlarge") == [expected]
    assert loaded(tmp_path, size("cpu: 1"), nodes_user_instance_types="m6i.xlarge,m6i.7xlarge")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param(
            "cpu: 2, cpu_limit: 1",
            at("p.sizes.s.cpu", "2.0", "at most 1, the limit (cpu_limit)", "lower it, or raise cpu_limit"),
            id="cpu",
        ),
        pytest.param(
            "cpu: 3",
            at("p.sizes.s.cpu", "3.0", "at most 2, the limit (singleuser.cpu.limit)", "lower it, or raise cpu_limit"),
            id="cpu above the usual limit",
        ),
        pytest.param(
            "memory: 4G, memory_limit: 3G",
            at("p.sizes.s.memory", '"4G"', "at most 3G, the limit (memory_limit)", "lower it, or raise memory_limit"),
            id="memory",
        ),
        pytest.param(
            "memory_limit: 0.5G",
            at(
                "p.sizes.s.memory",
                "nothing, which means singleuser.memory.guarantee",
                "at most 0.5G, the limit (memory_limit)",
                "lower it, or raise memory_limit",
            ),
            id="memory below the usual guarantee",
        ),
    ],
)
def test_guarantee_above_its_limit_is_a_fault(tmp_path: Path, inside: str, expected: Problem) -> None:
    assert faults(tmp_path, size(inside)) == [expected]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param(
            "cpu: 4, cpu_limit: 4",
            at("p.sizes.s.cpu", "4.0", "at most 1.745, which a node of the type m6i.large has for servers", LARGER),
            id="cpu",
        ),
        pytest.param(
            "memory: 16G",
            at("p.sizes.s.memory", '"16G"', "at most 6.7G, which a node of the type m6i.large has for servers", LARGER),
            id="memory",
        ),
    ],
)
def test_size_larger_than_any_node_is_a_fault(tmp_path: Path, inside: str, expected: Problem) -> None:
    assert faults(tmp_path, size(inside), nodes_user_instance_types="m6i.xlarge,m6i.large") == [expected]


def test_disk_larger_than_the_nodes_is_a_fault(tmp_path: Path) -> None:
    allowed = "at most 89Gi, which a disk of 100 GiB has for servers"
    expected = at("p.sizes.s.disk", '"90Gi"', allowed, "lower it, or raise nodes.disk.size")
    assert faults(tmp_path, size("share: 1, disk: 90Gi")) == [expected]
    assert loaded(tmp_path, size("share: 1, disk: 89Gi"))


def test_faults_of_all_profiles_are_told_at_once(tmp_path: Path) -> None:
    text = size("cpu: 3") + "\nq: {title: Q, allowed_groups: [a], sizes: {s: {memory: 900G}}}"
    places = ["q.allowed_groups", "p.sizes.s.cpu", "q.sizes.s.memory"]
    assert [problem.key for problem in faults(tmp_path, text)] == [f"singleuser.profiles: {each}" for each in places]


# Machines

KARPENTER = {"nodes_user_scaling": "karpenter"}
WITH_GPUS = {**KARPENTER, "nodes_gpu_max": 2}
MANAGED = "nothing with nodes.user.scaling managed: all users' nodes are then of one kind"


@pytest.mark.parametrize(
    ("inside", "name", "got"),
    [
        ("instance_types: m7i.xlarge", "instance_types", '["m7i.xlarge"]'),
        ("capacity: spot", "capacity", '"spot"'),
    ],
)
def test_machines_of_ones_own_need_karpenter(tmp_path: Path, inside: str, name: str, got: str) -> None:
    fix = 'remove it, or set "nodes.user.scaling": "karpenter"'
    assert faults(tmp_path, size(inside)) == [at(f"p.sizes.s.{name}", got, MANAGED, fix)]
    assert loaded(tmp_path, size(inside), **KARPENTER)


def test_gpus_need_karpenter_and_a_limit(tmp_path: Path) -> None:
    wanted = size("instance_types: g4dn.xlarge, gpus: 1, share: 1")
    assert [each.key for each in faults(tmp_path, wanted)] == [
        "singleuser.profiles: p.sizes.s.instance_types",
        "singleuser.profiles: p.sizes.s.gpus",
        "singleuser.profiles: p.sizes.s.gpus",
    ]
    allowed = "only with nodes.gpu.max above 0: else there are no nodes with GPUs"
    unlimited = at("p.sizes.s.gpus", "1", allowed, 'for example "nodes.gpu.max": 2')
    assert faults(tmp_path, wanted, **KARPENTER) == [unlimited]
    assert loaded(tmp_path, wanted, **WITH_GPUS)


def test_nodes_with_gpus_need_karpenter(tmp_path: Path) -> None:
    fix = 'remove it, or set "nodes.user.scaling": "karpenter"'
    expected = Problem("nodes.gpu.max", "2", "0 with nodes.user.scaling managed", fix)
    assert faults(tmp_path, "p: {title: P}", nodes_gpu_max=2) == [expected]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param(
            "gpus: 1",
            at(
                "p.sizes.s.gpus",
                "1",
                "on types with whole GPUs of NVIDIA's; m6i.xlarge has none",
                "name such types in instance_types, for example g4dn.xlarge",
            ),
            id="usual machines",
        ),
        pytest.param(
            "gpus: 2, instance_types: [g4dn.12xlarge, g4dn.xlarge]",
            at("p.sizes.s.gpus", "2", "at most 1; g4dn.xlarge has 1", "lower it"),
            id="more than the smallest has",
        ),
        pytest.param(
            "gpus: 1, instance_types: g6f.xlarge",
            at(
                "p.sizes.s.gpus",
                "1",
                "on types with whole GPUs of NVIDIA's; g6f.xlarge has none",
                "name such types in instance_types, for example g4dn.xlarge",
            ),
            id="parts of a GPU",
        ),
        pytest.param(
            "instance_types: [g5.xlarge]",
            at(
                "p.sizes.s.gpus",
                "nothing",
                "with g5.xlarge, the number of GPUs that a server has for itself",
                "for example gpus: 1, or take types without GPUs",
            ),
            id="GPUs that nobody uses",
        ),
        pytest.param(
            "instance_types: [m6i.7xlarge]",
            at(
                "p.sizes.s.instance_types",
                '["m6i.7xlarge"]',
                f"types that EC2 knew on {known_on()}; m6i.7xlarge is not among them",
                "correct it",
            ),
            id="a type that nobody knows",
        ),
        pytest.param(
            "instance_types: [m7i.large], memory: 16G",
            at(
                "p.sizes.s.memory",
                '"16G"',
                "at most 6.7G, which a node of the type m7i.large has for servers",
                "lower it, take share: 1 for a whole node, or set instance_types to larger ones",
            ),
            id="larger than its own machine",
        ),
        pytest.param(
            "instance_types: [t3.nano, t3.micro], share: 1",
            at(
                "p.sizes.s.instance_types",
                '["t3.nano", "t3.micro"]',
                "types that have room for a server; t3.micro, t3.nano has it for a node's own pods only",
                "take larger ones",
            ),
            id="too small for any server",
        ),
        pytest.param(
            "instance_types: [m7i.large, m7g.large]",
            at(
                "p.sizes.s.instance_types",
                '["m7i.large", "m7g.large"]',
                "types of one architecture",
                "keep one architecture: m7i.large is x86_64, m7g.large is arm64",
            ),
            id="two architectures",
        ),
        pytest.param(
            "instance_types: [m7i]",
            at(
                "p.sizes.s.instance_types",
                '"m7i"',
                "a list of at least one EC2 instance type, or family such as m7i.*",
                'for example "instance_types": ["g4dn.xlarge", "g6.xlarge"]',
            ),
            id="a family by half its name",
        ),
        pytest.param(
            "instance_types: [m7i.*, m77i.*]",
            at(
                "p.sizes.s.instance_types",
                '["m7i.*", "m77i.*"]',
                f"types that EC2 knew on {known_on()}; m77i.* is not among them",
                "correct it",
            ),
            id="a family that nobody knows",
        ),
        pytest.param(
            "instance_types: [m5.*], cpu: 180, cpu_limit: 190",
            at(
                "p.sizes.s.instance_types",
                '["m5.*"]',
                "families with a machine that has what the size asks for; m5.24xlarge has it not",
                "ask for less, or take another family",
            ),
            id="larger than all of a family",
        ),
        pytest.param(
            "instance_types: [m7i.*], share: 1/2, cpu: 4",
            at("p.sizes.s.share", '"1/2"', "a share or amounts, not both", "remove share, or cpu"),
            id="a part of a machine of some size",
        ),
        pytest.param(
            "instance_types: g4dn.xlarge, gpus: 0",
            at("p.sizes.s.gpus", "0", "a whole number from 1 to 16", 'for example "gpus": 1'),
            id="no GPU",
        ),
    ],
)
def test_machines_that_cannot_be_are_told(tmp_path: Path, inside: str, expected: Problem) -> None:
    assert faults(tmp_path, size(inside), **WITH_GPUS) == [expected]


def test_size_without_amounts_that_its_own_machine_does_not_hold_is_told(tmp_path: Path) -> None:
    allowed = "at most 1.2G, which a node of the type t3.small has for servers"
    fix = "lower it, take share: 1 for a whole node, or set instance_types to larger ones"
    got = "nothing, which means singleuser.memory.guarantee"
    found = faults(tmp_path, size("instance_types: [t3.small]"), **WITH_GPUS, singleuser_memory_guarantee="3G")
    assert found == [at("p.sizes.s.memory", got, allowed, fix)]


def test_network_too_small_for_nodes_with_gpus_names_their_number(tmp_path: Path) -> None:
    text = size("share: 1, instance_types: [g4dn.xlarge], gpus: 1")
    (fault,) = faults(tmp_path, text, **{**WITH_GPUS, "nodes_gpu_max": 400}, network_cidr="10.0.0.0/20")
    assert (fault.key, fault.fix) == (
        "network.cidr",
        "take a larger one, of up to /16, or lower nodes.user.max or nodes.gpu.max: this one has 1,019",
    )


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("eu-central-1", "Whether eu-central-1, and which of its zones, has g4dn.xlarge is not known here"),
        ("us-east-1", ""),
    ],
)
def test_region_whose_types_with_gpus_are_not_known_is_told(tmp_path: Path, region: str, told: str) -> None:
    text = size("share: 1, instance_types: [g4dn.xlarge], gpus: 1")
    found = loaded(tmp_path, text, **WITH_GPUS, workload_region=region).notices
    said = [each.text for each in found if each.kind == "gpu-types-not-looked-up"]
    assert [each.startswith(told) for each in said] == ([True] if told else [])
