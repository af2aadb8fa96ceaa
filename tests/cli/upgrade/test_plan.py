"""What changes between real templates means, in words: from one variant of the settings to another."""

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from blueprint.cli.upgrade.difference import Change, changes
from blueprint.cli.upgrade.effects import effects
from tests.templates.assembly import made
from tests.templates.variants import REGION, SHIPPED, VARIANTS

Told = set[tuple[str, str]]
"""Weights and the beginnings of what is said."""


def replacing(kind: str) -> dict[str, bool]:
    """As CloudFormation's own DescribeType tells; cfn-lint carries the same schemas."""
    if not kind.startswith("AWS::") or kind == "AWS::CDK::Metadata":
        return {}
    schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    perhaps = dict.fromkeys(schema.get("conditionalCreateOnlyProperties", ()), False)
    surely = dict.fromkeys(schema.get("createOnlyProperties", ()), True)
    return {path.removeprefix("/properties/"): sure for path, sure in {**perhaps, **surely}.items()}


def found(stack: str, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    before, after = (made({**SHIPPED, **each})[stack].body for each in (old, new))
    return changes(before, after, replacing)


def told(stack: str, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Weight, words and type of all effects but those that nobody notices."""
    return [
        (weight, text, change.kind)
        for change in found(stack, old, new)
        for weight, text in effects(change)
        if weight != "quiet"
    ]


def weights(lines: list[tuple[str, str, str]], kind: str) -> set[str]:
    return {weight for weight, _, of in lines if of == kind}


@pytest.mark.parametrize("stack", ["ParentDns", "Dns", "Data", "Hub"])
def test_nothing_changes_where_nothing_does(stack: str) -> None:
    assert found(stack, {}, {}) == []


def test_the_next_minor_replaces_nodes_and_cannot_be_undone() -> None:
    lines = told("Hub", {"kubernetes.version": "1.34"}, {"kubernetes.version": "1.35"})
    assert weights(lines, "AWS::EKS::Cluster") == {"for good"}
    (words,) = (text for _, text, kind in lines if kind == "AWS::EKS::Cluster")
    assert words.startswith("The control plane goes from Kubernetes 1.34 to 1.35; servers run on meanwhile.")
    assert "within 7 days" in words
    nodes = {text for weight, text, kind in lines if kind == "AWS::EKS::Nodegroup" and weight == "interrupts"}
    assert {"servers on them end" in text for text in nodes} == {True, False}
    assert {"the hub moves" in text for text in nodes} == {True, False}
    addons = {text.partition(":")[0] for _, text, kind in lines if kind == "AWS::EKS::Addon"}
    assert any(text.startswith("The add-on kube-proxy goes from v1.34") for text in addons)


def test_a_larger_disk_replaces_every_node_by_its_launch_template() -> None:
    lines = told("Hub", {}, {"nodes.disk.size": 150})
    groups = [text for weight, text, kind in lines if kind == "AWS::EKS::Nodegroup"]
    assert len(groups) == 5
    assert all(text.startswith("Nodes are replaced one after another") for text in groups)


def test_more_nodes_end_nobody() -> None:
    assert weights(told("Hub", {}, {"nodes.user.max": 20}), "AWS::EKS::Nodegroup") == set()


def test_other_machines_are_made_anew() -> None:
    lines = told("Hub", {}, {"nodes.user.instance.types": ["m6i.2xlarge"]})
    users = [text for _, text, kind in lines if kind == "AWS::EKS::Nodegroup"]
    assert len(users) == 3
    assert all(text.startswith("All nodes are made anew") and "servers on them end" in text for text in users)


def test_a_change_of_the_hub_s_values_pauses_sign_in_alone() -> None:
    lines = told("Hub", {}, {"users.admins": ["auth0|other"]})
    assert {(weight, kind) for weight, _, kind in lines} == {("pauses", "Custom::AWSCDK-EKS-HelmChart")}
    ((_, text, _),) = lines
    assert text.startswith("The hub gets other values (hub")
    assert "servers run on" in text


def test_what_is_for_servers_comes_with_their_next_start() -> None:
    changed = found("Hub", {}, {"singleuser.cpu.limit": 4})
    said = [text for change in changed for _, text in effects(change)]
    assert "Servers that run stay as they are: what is new for them comes with their next start" in said


def test_a_newer_chart_upgrades_the_database_for_good() -> None:
    before = made(SHIPPED)["Hub"]
    release = before.chart("jupyterhub")
    older = {**before.resources[release]["Properties"], "Version": "4.3.0"}
    resources = {**before.resources, release: {**before.resources[release], "Properties": older}}
    ((change),) = changes({"Resources": resources}, before.body, replacing)
    said = dict(effects(change))
    assert said["for good"].startswith("The chart jupyterhub goes from 4.3.0 to 4.4.0")
    assert "an older one cannot read" in said["for good"]
    assert said["pauses"].startswith("Hub and proxy start anew")


@pytest.mark.parametrize(
    ("chart", "weight", "says"),
    [
        ("aws-load-balancer-controller", "pauses", "give the cluster its definitions first"),
        ("external-dns", "quiet", "records stay as they are meanwhile"),
    ],
)
def test_a_newer_controller_is_told_by_what_it_takes(chart: str, weight: str, says: str) -> None:
    before = made(SHIPPED)["Hub"]
    release = before.chart(chart)
    older = {**before.resources[release]["Properties"], "Version": "0.1.0"}
    resources = {**before.resources, release: {**before.resources[release], "Properties": older}}
    ((change),) = changes({"Resources": resources}, before.body, replacing)
    ((found, text),) = effects(change)
    assert (found, says in text) == (weight, True)


def test_homes_that_move_to_volumes_leave_their_file_system_behind() -> None:
    data = told("Data", {}, {"storage.home": "ebs"})
    assert ("for good", "It leaves the stack and stays in the account: the homes of all users", FILES) in data
    hub = told("Hub", {}, {"storage.home": "ebs"})
    assert "for good" in {weight for weight, _, kind in hub if kind == "Custom::AWSCDK-EKS-KubernetesResource"}


FILES = "AWS::EFS::FileSystem"


def test_homes_that_are_not_kept_are_lost() -> None:
    gone = {"storage.keep": False}
    data = told("Data", gone, {**gone, "storage.home": "ebs"})
    assert ("loss", "The homes of all users are deleted", FILES) in data


def test_a_smaller_network_loses_it() -> None:
    assert weights(told("Data", {}, {"network.cidr": "10.4.0.0/16"}), "AWS::EC2::VPC") == {"loss"}


def test_a_gateway_more_cuts_nobody_off() -> None:
    lines = told("Hub", {}, {"network.nat.gateways": 2})
    assert weights(lines, "AWS::EC2::NatGateway") == set()


def test_a_zone_elsewhere_is_lost_where_it_was() -> None:
    lines = told("Dns", {}, {"dev.subzone.name": "other.example.com", "jupyterhub.subzone.name": "j.other.example.com"})
    assert weights(lines, "AWS::Route53::HostedZone") == {"loss"}


def test_the_load_balancer_is_changed_by_its_controller() -> None:
    lines = told("Hub", {}, {"ingress.allowed.cidrs": ["203.0.113.0/24"]})
    assert {(weight, text.partition(" by ")[0]) for weight, text, _ in lines} == {
        ("pauses", "The load balancer is changed in place")
    }


def test_karpenter_takes_the_groups_place() -> None:
    lines = told("Hub", {}, {"nodes.user.scaling": "karpenter"})
    gone = [text for weight, text, kind in lines if kind == "AWS::EKS::Nodegroup"]
    assert sum(text.startswith("The nodes go: servers on them end") for text in gone) == 3
    assert ("interrupts", "The chart cluster-autoscaler is uninstalled", "Custom::AWSCDK-EKS-HelmChart") in lines


def test_karpenter_s_pools_replace_what_does_not_fit_them() -> None:
    karpenter = {"nodes.user.scaling": "karpenter"}
    lines = told("Hub", karpenter, {**karpenter, "nodes.disk.size": 150})
    assert any(text.startswith("Karpenter's EC2NodeClass user changes") for weight, text, _ in lines)


def test_a_fargate_profile_that_goes_ends_its_servers() -> None:
    without, with_it = made(SHIPPED)["Hub"].body, made(VARIANTS["Fargate"])["Hub"].body
    said = [(change.kind, effect) for change in changes(with_it, without, replacing) for effect in effects(change)]
    ended = next(effect for kind, effect in said if kind == "AWS::EKS::FargateProfile")
    assert ended == ("interrupts", "Servers on Fargate end; files in homes stay, what is in memory is lost")


def test_a_user_pool_that_goes_takes_its_people_along_or_stays() -> None:
    cognito = made(VARIANTS["Cognito"])["Data"].body
    without = made(SHIPPED)["Data"].body
    said = [(change.kind, effect) for change in changes(cognito, without, replacing) for effect in effects(change)]
    stays = ("for good", "It leaves the stack and stays in the account: all accounts of people")
    assert ("AWS::Cognito::UserPool", stays) in said


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, "1"), (True, "true"), ([1, {"a": 2}], ["1", {"a": "2"}])],
)
def test_numbers_and_truth_are_texts_to_cloudformation(old: Any, new: Any) -> None:
    before, after = ({"Resources": {"It": {"Type": "AWS::X::Y", "Properties": {"A": each}}}} for each in (old, new))
    assert changes(before, after, lambda _: {}) == []


def test_what_refers_to_something_made_anew_follows_it() -> None:
    def template(zone: str) -> dict[str, Any]:
        return {
            "Resources": {
                "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"AvailabilityZone": zone, "VpcId": "vpc"}},
                "Target": {"Type": "AWS::EFS::MountTarget", "Properties": {"SubnetId": {"Ref": "Subnet"}}},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S": {"Ref": "Target"}}}},
            }
        }

    by_id = {each.id: each for each in changes(template("a"), template("b"), replacing)}
    assert {id: (each.how, each.anew) for id, each in by_id.items()} == {
        "Subnet": ("changed", True),
        "Target": ("moved", True),
        "Function": ("moved", False),
    }
    assert [weight for weight, _ in effects(by_id["Target"])] == ["interrupts"]


def test_every_effect_has_words() -> None:
    """Of whatever type, however it changes."""
    kinds = {resource["Type"] for name in ("shipped", "Karpenter", "Cognito", "parent") for resource in _all(name)}
    for kind in kinds:
        for how in ("added", "removed", "changed", "moved"):
            for anew in (True, False, None):
                change = Change("Id", kind, "Hub/Id", how, {}, {}, frozenset({"Version", "Tags"}), anew)
                said = [text for _, text in effects(change)]
                assert said, (kind, how, anew)
                assert all(text.strip() for text in said)


def _all(name: str) -> list[Any]:
    return [each for stack in made(VARIANTS[name]).stacks.values() for each in stack.resources.values()]
