"""The longest chain of a deployment, by the benchmark's model."""

import pytest

from benchmarks import critical_path
from tests.conftest import Synthesized
from tests.templates import kinds


@pytest.mark.parametrize(
    "variant", ["shipped", "zone id", "parent", "EBS homes", "Cognito", "own parts", "thrown away"]
)
def test_deployment_takes_880_seconds_at_most(synthesized: Synthesized, variant: str) -> None:
    stacks = critical_path.stacks(synthesized(variant).folder)
    assert max(time for time, _, _ in stacks.values()) <= 880


def test_where_zones_have_to_be_chosen_it_takes_8_seconds_more(synthesized: Synthesized) -> None:
    stacks = critical_path.stacks(synthesized("a zone without EKS").folder)
    assert max(time for time, _, _ in stacks.values()) <= 888


def test_with_karpenter_it_takes_two_minutes_more(synthesized: Synthesized) -> None:
    stacks = critical_path.stacks(synthesized("Karpenter").folder)
    assert max(time for time, _, _ in stacks.values()) <= 1000


def test_nothing_stands_between_key_control_plane_nodes_and_hub(synthesized: Synthesized) -> None:
    _, chain, hub = critical_path.stacks(synthesized("shipped").folder)["Hub"]
    assert [hub[id]["Type"] for id in chain.ids][:3] == [kinds.KEY, kinds.CLUSTER, kinds.NODES]
    assert chain.seconds == 20 + 540 + 150 + critical_path.HUB


def test_cluster_waits_for_the_zone_and_one_function_and_no_more(synthesized: Synthesized) -> None:
    _, chain, dns = critical_path.stacks(synthesized("shipped").folder)["Dns"]
    assert [dns[id]["Type"] for id in chain.ids] in [[kinds.ZONE, kinds.EMPTYING], [kinds.ZONE, kinds.DELEGATION]]


def test_a_chain_goes_through_all_that_names_another_resource() -> None:
    resources: dict[str, critical_path.Resource] = {
        "Role": {"Type": "AWS::IAM::Role"},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Asked": {"Type": "Custom::X", "Properties": {"Text": {"Fn::Sub": "by ${Function} in ${AWS::Region}"}}},
        "Named": {"Type": "Some::Thing", "Properties": {"Names": [{"Ref": "Asked"}]}, "DependsOn": ["Asked"]},
        "Last": {"Type": critical_path.CHART, "Properties": {"Wait": True, "Chart": "other"}, "DependsOn": "Named"},
        "Beside": {"Type": "AWS::KMS::Key"},
    }
    chain = critical_path.longest(resources)
    assert chain.ids == ("Role", "Function", "Asked", "Named", "Last")
    assert chain.seconds == 18 + 10 + 15 + 5 + 60


@pytest.mark.parametrize(
    "variant", ["shipped", "zone id", "parent", "EBS homes", "Cognito", "own parts", "thrown away"]
)
def test_destroy_takes_950_seconds_at_most(synthesized: Synthesized, variant: str) -> None:
    stacks = critical_path.stacks(synthesized(variant).folder, back=True)
    assert max(time for time, _, _ in stacks.values()) <= 950


def test_destroy_ends_with_functions_in_the_vpc_and_the_control_plane(synthesized: Synthesized) -> None:
    _, chain, hub = critical_path.stacks(synthesized("shipped").folder, back=True)["Hub"]
    longest = sorted(chain.steps, key=lambda step: -step[1])[:2]
    assert [hub[id]["Type"] for id, _ in longest] == [kinds.FUNCTION, kinds.CLUSTER]


def test_what_is_kept_takes_no_time_and_functions_wait_for_their_interfaces_once() -> None:
    within = {"VpcConfig": {"SubnetIds": ["subnet-1"]}}
    resources: dict[str, critical_path.Resource] = {
        "Cluster": {"Type": "AWS::EKS::Cluster"},
        "Last": {"Type": "AWS::Lambda::Function", "Properties": {**within, "Of": {"Ref": "Cluster"}}},
        "First": {"Type": "AWS::Lambda::Function", "Properties": {**within, "Calls": {"Ref": "Last"}}},
        "Kept": {"Type": "AWS::EKS::Nodegroup", "DeletionPolicy": "Retain", "DependsOn": "First"},
    }
    assert critical_path.longest_back(resources).steps == (("Kept", 0), ("First", 5), ("Last", 600), ("Cluster", 150))
