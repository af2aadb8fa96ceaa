"""Karpenter: what it may do, which nodes it makes, when they go, and in which order all of it is destroyed."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from blueprint.config.facts.nodes import DEVICE_PLUGIN, Amounts
from blueprint.config.machines import machines as kinds_of
from tests.config.profiled import loaded
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.iam import statements
from tests.templates.template import Template, plain, role_id
from tests.templates.variants import ACCOUNT, REGION
from tests.values.charts import Object
from tests.values.custom_resources import faults
from tests.values.pods import breaches

KARPENTER = ["Karpenter", "Karpenter, own parts", "Karpenter, machines"]
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{{}}/*"
GROUP = "${JupyterHubClusterControlPlane3DD10A32.ClusterSecurityGroupId}"
USER = "kube-system", "karpenter"


@pytest.fixture(scope="module")
def hub(synthesized: Synthesized) -> Template:
    return synthesized("Karpenter")["Hub"]


@pytest.fixture(scope="module")
def own(synthesized: Synthesized) -> Template:
    return synthesized("Karpenter, own parts")["Hub"]


@pytest.fixture(scope="module")
def machines(synthesized: Synthesized) -> Template:
    return synthesized("Karpenter, machines")["Hub"]


def objects(hub: Template, kind: str) -> list[Object]:
    return [each for (found, _), each in hub.objects.items() if found == kind]


# Instances

IDS = {r"\$\{Ssm[^}]*\}": "ami-1", r"\$\{[^}]*Subnet[^}]*\}": "subnet-1", re.escape(GROUP): "sg-1"}


def with_ids(found: Object) -> Object:
    """An object as Kubernetes gets it, when CloudFormation has put ids in."""
    text = json.dumps(found)
    for reference, id in IDS.items():
        text = re.sub(reference, id, text)
    changed: Object = json.loads(text)
    return changed


@pytest.mark.parametrize("variant", KARPENTER)
@pytest.mark.parametrize("kind", ["NodePool", "EC2NodeClass"])
def test_objects_are_as_their_definitions_want_them(synthesized: Synthesized, variant: str, kind: str) -> None:
    found = [with_ids(each) for each in objects(synthesized(variant)["Hub"], kind)]
    assert found
    assert {each["metadata"]["name"]: faults(each) for each in found} == {
        each["metadata"]["name"]: [] for each in found
    }


def test_an_object_of_another_shape_would_be_found(hub: Template) -> None:
    (pool,) = objects(hub, "NodePool")
    broken = json.loads(json.dumps(pool).replace('"expireAfter"', '"expiresAfter"').replace("WhenEmpty", "Never"))
    assert [each.partition(":")[0] for each in faults(broken)] == [
        "$.spec.disruption.consolidationPolicy",
        "$.spec.template.spec",
    ]


def test_users_nodes_are_karpenters_and_no_groups(hub: Template) -> None:
    assert {json.dumps(each["Properties"]["Labels"]) for each in hub.all(kinds.NODES)} == {
        '{"hub.jupyter.org/node-purpose": "core"}'
    }
    assert [each["Properties"]["Chart"] for each in hub.all(kinds.CHART) if "autoscaler" in str(each)] == []


def test_instances_are_in_the_clusters_network_with_their_disk_encrypted_and_their_credentials_shut(
    hub: Template,
) -> None:
    (found,) = objects(hub, "EC2NodeClass")
    (profile,), (subnets,) = hub.ids("AWS::IAM::InstanceProfile"), [hub.properties(kinds.CLUSTER)]
    images = [id for id in hub.body["Parameters"] if "x8664standard" in id]
    assert found["spec"] == {
        "amiFamily": "AL2023",
        "amiSelectorTerms": [{"id": f"${{{id}}}"} for id in images],
        "instanceProfile": f"${{{profile}}}",
        "subnetSelectorTerms": [{"id": id} for id in plain(subnets["ResourcesVpcConfig"]["SubnetIds"])],
        "securityGroupSelectorTerms": [{"id": GROUP}],
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "rootVolume": True,
                "ebs": {
                    "volumeSize": "100Gi",
                    "volumeType": "gp3",
                    "encrypted": True,
                    "kmsKeyID": "${JupyterHubClusterKey4819A331.Arn}",
                    "deleteOnTermination": True,
                },
            }
        ],
        "tags": {"Name": "jupyterhub-user", "jupyterhub-eks:deployment": "jupyterhub"},
    }


def test_image_is_the_one_that_aws_recommends_when_somebody_deploys(own: Template) -> None:
    (image,) = (each for id, each in own.body["Parameters"].items() if "optimizedami" in id)
    assert image == {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/image_id",
    }


def test_what_a_deployer_chose_reaches_the_instances(own: Template) -> None:
    (found,) = (each["spec"] for each in objects(own, "EC2NodeClass"))
    assert found["tags"]["team"] == "research"
    assert found["blockDeviceMappings"][0]["ebs"]["throughput"] == 600
    assert "FastImagePull: true" in found["userData"]
    core = own.all(kinds.NODES)[0]["Properties"]["Subnets"]
    assert found["subnetSelectorTerms"] == [{"id": plain(core[0])}]  # where the homes' volumes are
    (pool,) = (each["spec"] for each in objects(own, "NodePool"))
    assert pool["limits"] == {"cpu": "80"}  # ten of the larger one
    assert pool["template"]["spec"]["requirements"] == [
        {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["m7g.xlarge", "m7g.2xlarge"]},
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot", "on-demand"]},
    ]


def test_users_nodes_have_the_labels_and_taints_of_managed_ones(synthesized: Synthesized, hub: Template) -> None:
    (template,) = (each["spec"]["template"] for each in objects(hub, "NodePool"))
    managed = synthesized("shipped")["Hub"].all(kinds.NODES)
    (group, *_) = (each["Properties"] for each in managed if "user" in str(each["Properties"]["Labels"]))
    assert template["metadata"]["labels"] == group["Labels"]
    taints = {
        (each["key"], each["value"]) for each in [*template["spec"]["taints"], *template["spec"]["startupTaints"]]
    }
    assert taints == {(each["Key"], each["Value"]) for each in group["Taints"]}


@pytest.mark.parametrize(("variant", "driver"), [("Karpenter", "efs"), ("Karpenter, own parts", "ebs")])
def test_no_server_starts_before_homes_can_be_mounted(synthesized: Synthesized, variant: str, driver: str) -> None:
    (pool,) = objects(synthesized(variant)["Hub"], "NodePool")
    taint = {"key": f"{driver}.csi.aws.com/agent-not-ready", "value": "true", "effect": "NoExecute"}
    assert pool["spec"]["template"]["spec"]["startupTaints"] == [taint]


# A server that runs is left alone


@pytest.mark.parametrize("variant", KARPENTER)
def test_nodes_go_when_they_are_empty_and_never_by_their_age(synthesized: Synthesized, variant: str) -> None:
    for pool in objects(synthesized(variant)["Hub"], "NodePool"):
        spec = pool["spec"]["template"]["spec"]
        assert spec["expireAfter"] == "Never"
        assert "terminationGracePeriod" not in spec  # it would end what says that it is not to be disrupted
        disruption = pool["spec"]["disruption"]
        assert (disruption["consolidationPolicy"], disruption["consolidateAfter"]) == ("WhenEmpty", "30m")


def test_nodes_are_replaced_at_night_alone_one_after_another(hub: Template) -> None:
    (pool,) = objects(hub, "NodePool")
    drift = [each for each in pool["spec"]["disruption"]["budgets"] if "Drifted" in each["reasons"]]
    assert drift == [
        {"nodes": "1", "reasons": ["Drifted"]},
        {"nodes": "0", "reasons": ["Drifted"], "schedule": "0 5 * * *", "duration": "21h"},
    ]


@pytest.mark.parametrize(
    ("variant", "annotations"), [("Karpenter", {"karpenter.sh/do-not-disrupt": "true"}), ("shipped", None)]
)
def test_servers_say_that_they_are_not_to_be_disrupted(
    synthesized: Synthesized, variant: str, annotations: object
) -> None:
    values = synthesized(variant)["Hub"].values("jupyterhub")["singleuser"]
    assert values.get("extraAnnotations") == annotations


def test_a_least_number_of_nodes_is_kept_by_as_many_pods(hub: Template, own: Template) -> None:
    (kept,) = objects(hub, "Deployment")
    pod = kept["spec"]["template"]["spec"]
    assert kept["spec"]["replicas"] == 1
    (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["labelSelector"]["matchLabels"] == kept["spec"]["template"]["metadata"]["labels"]
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "0", "memory": "0"}
    assert breaches(pod) == []
    assert objects(own, "Deployment") == []


# Machines that sizes of profiles ask for


def pools(hub: Template) -> dict[str, Any]:
    return {each["metadata"]["name"]: each["spec"] for each in objects(hub, "NodePool")}


def test_each_kind_of_machines_has_a_pool_of_its_own(machines: Template) -> None:
    found = {
        name: ({each["key"].rpartition("/")[2]: each["values"] for each in spec["template"]["spec"]["requirements"]})
        for name, spec in pools(machines).items()
    }
    always, cheap = ["on-demand"], ["spot", "on-demand"]
    assert found == {
        "user": {"instance-type": ["m6i.xlarge"], "capacity-type": always},
        "m6i-xlarge-spot": {"instance-type": ["m6i.xlarge"], "capacity-type": cheap},
        "m7g-xlarge": {"instance-type": ["m7g.xlarge"], "capacity-type": always},
        "g4dn-xlarge-g6-xlarge": {"instance-type": ["g4dn.xlarge", "g6.xlarge"], "capacity-type": always},
        "g4dn-12xlarge-spot": {"instance-type": ["g4dn.12xlarge"], "capacity-type": cheap},
    }


def test_machines_with_gpus_have_a_limit_of_their_own(machines: Template) -> None:
    assert {name: spec["limits"]["cpu"] for name, spec in pools(machines).items()} == {
        "user": "40",
        "m6i-xlarge-spot": "40",
        "m7g-xlarge": "40",
        "g4dn-xlarge-g6-xlarge": "12",
        "g4dn-12xlarge-spot": "144",
    }


def test_only_servers_of_its_sizes_come_onto_a_machine_that_is_not_usual(machines: Template) -> None:
    sizes = {
        choice["name"]: choice["override"]
        for offer in machines.values("jupyterhub")["custom"]["profiles"]["offers"]
        for option in offer["options"]
        if option["name"] == "size"
        for choice in option["choices"]
    }
    chosen = {
        "small": "user",
        "spot": "m6i-xlarge-spot",
        "graviton": "m7g-xlarge",
        "one": "g4dn-xlarge-g6-xlarge",
        "half": "g4dn-12xlarge-spot",
    }
    taints = {name: spec["template"]["spec"]["taints"] for name, spec in pools(machines).items()}
    for size, pool in chosen.items():
        goes = {name for name, each in taints.items() if all(_tolerates(sizes[size], taint) for taint in each)}
        selected = sizes[size].get("node_selector", {}).get("karpenter.sh/nodepool")
        assert goes - {"user"} == {pool} - {"user"}
        assert selected == (None if pool == "user" else pool)


def _tolerates(override: Any, taint: Any) -> bool:
    usual = [{"key": "hub.jupyter.org/dedicated", "value": "user"}]  # the chart's
    return any(
        (each["key"], each["value"]) == (taint["key"], taint["value"]) for each in override.get("tolerations", usual)
    )


def test_gpus_are_asked_for_as_the_device_plugin_offers_them(machines: Template) -> None:
    offers = machines.values("jupyterhub")["custom"]["profiles"]["offers"]
    sizes = [each["override"] for offer in offers for each in offer["options"][1]["choices"]]
    assert [each["extra_resource_limits"].get("nvidia.com/gpu") for each in sizes] == [None, None, None, "1", "2"]
    assert [each["extra_resource_guarantees"].get("nvidia.com/gpu") for each in sizes] == [None, None, None, "1", "2"]


def test_machines_with_gpus_start_with_drivers(machines: Template) -> None:
    classes = {each["metadata"]["name"]: each["spec"] for each in objects(machines, "EC2NodeClass")}
    paths = {
        name: [machines.body["Parameters"][each["id"].strip("${}")]["Default"] for each in spec["amiSelectorTerms"]]
        for name, spec in classes.items()
    }
    path = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/{}/{}/recommended/image_id"
    assert paths == {
        "user": [path.format("arm64", "standard"), path.format("x86_64", "standard")],
        "gpu": [path.format("x86_64", "nvidia")],
    }
    same = [{key: value for key, value in spec.items() if key != "amiSelectorTerms"} for spec in classes.values()]
    assert same[0] == same[1]
    used = {name: spec["template"]["spec"]["nodeClassRef"]["name"] for name, spec in pools(machines).items()}
    assert [name for name, each in used.items() if each == "gpu"] == ["g4dn-xlarge-g6-xlarge", "g4dn-12xlarge-spot"]


def test_the_device_plugin_runs_where_there_are_gpus_alone(machines: Template, hub: Template) -> None:
    (plugin,) = objects(machines, "DaemonSet")
    pod = plugin["spec"]["template"]["spec"]
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert affinity["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Exists"}]}
    ]
    assert [each for each in breaches(pod) if "hostPath" not in each] == ["device-plugin: runs as root"]
    requests = pod["containers"][0]["resources"]["requests"]
    assert Amounts(int(requests["cpu"].removesuffix("m")), int(requests["memory"].removesuffix("Mi")) * 2**20) == (
        DEVICE_PLUGIN
    )
    assert objects(hub, "DaemonSet") == []


def test_machines_have_the_same_name_however_the_file_is_changed_around_them(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "machines.yaml").read_text()
    other = "first: {title: First, sizes: {a: {instance_types: [c7i.xlarge], share: 1}}}\n" + text.replace(
        "[g6.xlarge, g4dn.xlarge]", "[g4dn.xlarge, g6.xlarge]"
    )
    settings = {"nodes_user_scaling": "karpenter", "nodes_gpu_max": 3}
    before, after = ([*kinds_of(loaded(tmp_path, each, **settings))] for each in (text, other))
    assert {each.name for each in after} - {each.name for each in before} == {"c7i-xlarge"}
    assert {each.name for each in before} <= {each.name for each in after}


def test_a_long_list_of_types_has_a_short_name(tmp_path: Path) -> None:
    types = ", ".join(f"m7i.{each}xlarge" for each in ("", 2, 4, 8, 12, 16, 24, 48))
    settings = {"nodes_user_scaling": "karpenter"}
    text = f"p: {{title: P, sizes: {{s: {{instance_types: [{types}], share: 1}}}}}}"
    _, found = kinds_of(loaded(tmp_path, text, **settings))
    assert len(found.name) <= 50


# Rights

ASKED: dict[str, Any] = {
    "StringEquals": {
        "aws:RequestTag/kubernetes.io/cluster/jupyterhub": "owned",
        "aws:RequestTag/eks:eks-cluster-name": "jupyterhub",
    },
    "StringLike": {"aws:RequestTag/karpenter.sh/nodepool": "*"},
}
ITS_OWN: dict[str, Any] = {
    "StringEquals": {"aws:ResourceTag/kubernetes.io/cluster/jupyterhub": "owned"},
    "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
}
MADE = sorted(
    ARN.format(each)
    for each in ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
)
CREATED = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}


def rights(hub: Template) -> list[tuple[list[str], list[str], dict[str, Any]]]:
    role = hub.path(hub.pod_roles()[USER])
    return [
        (sorted(each.actions), sorted(each.resources), each.conditions) for each in statements(hub) if each.role == role
    ]


def test_karpenter_may_do_this_and_nothing_else(hub: Template) -> None:
    (cluster,), (queue,) = hub.all(kinds.CLUSTER), hub.ids("AWS::SQS::Queue")
    subnets = plain(cluster["Properties"]["ResourcesVpcConfig"]["SubnetIds"])
    (profile,) = hub.all("AWS::IAM::InstanceProfile")
    (node_role,) = plain(profile["Properties"]["Roles"])
    start = ["ec2:CreateFleet", "ec2:RunInstances"]
    network = [
        *(f"arn:aws:ec2:{REGION}::{each}/*" for each in ("image", "snapshot")),
        f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{GROUP}",
        *(f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{id}" for id in subnets),
    ]
    found = rights(hub)
    assert found[:6] == [
        (start, sorted(network), {}),
        (start, [ARN.format("launch-template")], ITS_OWN),
        (["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"], MADE, ASKED),
        (["ec2:CreateTags"], MADE, {**ASKED, "StringEquals": {**ASKED["StringEquals"], **CREATED}}),
        (
            ["ec2:CreateTags"],
            [ARN.format("instance")],
            {
                **ITS_OWN,
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": "jupyterhub"},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        (
            ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            [ARN.format("instance"), ARN.format("launch-template")],
            ITS_OWN,
        ),
    ]
    assert found[6:10] == [
        (
            ["iam:PassRole"],
            [f"${{{node_role.strip('${}')}.Arn}}"],
            {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        (["eks:DescribeCluster"], [f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/jupyterhub"], {}),
        # Without it a class never goes: it looks for what an earlier Karpenter may have made for it.
        (["iam:GetInstanceProfile"], [f"arn:aws:iam::{ACCOUNT}:instance-profile/jupyterhub_*"], {}),
        (["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [f"${{{queue}.Arn}}"], {}),
    ]
    ((reads, resources, conditions),) = found[10:]
    assert (resources, conditions) == (["*"], {})
    assert [each for each in reads if not each.partition(":")[2].startswith(("Describe", "Get", "List"))] == []


def test_a_role_for_spot_instances_is_made_where_there_are_any(hub: Template, own: Template) -> None:
    def of(template: Template) -> list[Any]:
        return [each for each in rights(template) if each[0] == ["iam:CreateServiceLinkedRole"]]

    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    conditions = {"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}}
    assert of(hub) == []
    assert of(own) == [(["iam:CreateServiceLinkedRole"], [arn], conditions)]


@pytest.mark.parametrize("variant", KARPENTER)
def test_karpenter_makes_no_identities(synthesized: Synthesized, variant: str) -> None:
    actions = {action for each, _, _ in rights(synthesized(variant)["Hub"]) for action in each}
    iam = {each for each in actions if each.startswith("iam:")}
    assert iam - {"iam:CreateServiceLinkedRole"} == {
        "iam:GetInstanceProfile",
        "iam:ListInstanceProfiles",
        "iam:PassRole",
    }


def test_its_nodes_join_by_an_entry_of_their_own(hub: Template) -> None:
    (entry,) = (each["Properties"] for each in hub.all(kinds.ACCESS) if each["Properties"].get("Type") == "EC2_LINUX")
    role = role_id(entry["PrincipalArn"])
    assert plain(hub.properties("AWS::IAM::InstanceProfile")["Roles"]) == [f"${{{role}}}"]
    managed = {role_id(each["Properties"]["NodeRole"]) for each in hub.all(kinds.NODES)}
    assert role not in managed  # EKS lets that one in by itself, and refuses a second entry
    arns = plain(hub.resources[role]["Properties"]["ManagedPolicyArns"])
    assert [each.rpartition("/")[2] for each in arns] == [
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ]


# News of instances


def test_karpenter_hears_of_interruptions(hub: Template) -> None:
    (queue,) = hub.ids("AWS::SQS::Queue")
    rules = [each["Properties"] for each in hub.all("AWS::Events::Rule")]
    assert {(*each["EventPattern"]["source"], *each["EventPattern"]["detail-type"]) for each in rules} == {
        ("aws.health", "AWS Health Event"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
    }
    assert [plain(target["Arn"]) for each in rules for target in each["Targets"]] == [f"${{{queue}.Arn}}"] * 4
    assert hub.values("karpenter")["settings"]["interruptionQueue"] == f"${{{queue}.QueueName}}"


def test_only_the_rules_write_to_the_queue_and_all_is_encrypted(hub: Template) -> None:
    assert hub.properties("AWS::SQS::Queue") == {"MessageRetentionPeriod": 300, "SqsManagedSseEnabled": True}
    policy = plain(hub.properties("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"])
    denied, *allowed = sorted(policy, key=lambda each: each["Effect"] == "Allow")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    rules = {f"${{{id}.Arn}}" for id in hub.ids("AWS::Events::Rule")}
    assert {each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in allowed} == rules
    assert {each["Principal"]["Service"] for each in allowed} == {"events.amazonaws.com"}


# The order of a destroy


@pytest.mark.parametrize("variant", KARPENTER)
def test_servers_go_then_pools_then_instances_then_their_class_then_karpenter_then_nodes(
    synthesized: Synthesized, variant: str
) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    order = [
        [hub.manifest_at("Namespace")],
        hub.manifests("NodePool"),
        [hub.checkpoint("Instances")],
        hub.manifests("EC2NodeClass"),
        [hub.chart("karpenter")],
        [hub.chart("karpenter-crd")],
        hub.ids(kinds.NODES),
    ]
    for sooner, later in pairwise(order):
        assert all(set(later) <= graph.waits_for(each) for each in sooner), (sooner, later)


@pytest.mark.parametrize("variant", KARPENTER)
def test_karpenter_has_all_that_it_needs_until_its_instances_are_gone(synthesized: Synthesized, variant: str) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    role = hub.pod_roles()[USER]
    (association,) = (
        id for id in hub.ids(kinds.ASSOCIATION) if hub.resources[id]["Properties"]["ServiceAccount"] == "karpenter"
    )
    policies = {id for id in hub.ids(kinds.POLICY) if "Karpenter/Identity" in hub.path(id)}
    needed = {role, association, *policies, *hub.ids(kinds.NAT), *hub.ids(kinds.ROUTE), *hub.ids(kinds.NODES)}
    needed |= {hub.addon(each) for each in ("coredns", "vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    assert policies
    assert needed - graph.waits_for(hub.checkpoint("Instances")) == set()


@pytest.mark.parametrize("variant", KARPENTER)
def test_nodes_stay_in_the_cluster_until_they_are_gone(synthesized: Synthesized, variant: str) -> None:
    hub, graph = synthesized(variant)["Hub"], synthesized(variant).graph
    (entry,) = (id for id in hub.ids(kinds.ACCESS) if hub.resources[id]["Properties"].get("Type") == "EC2_LINUX")
    kept = {entry, *hub.ids("AWS::IAM::InstanceProfile"), *hub.ids(kinds.KEY)}
    assert kept - graph.waits_for(hub.checkpoint("Instances")) == set()


def test_kept_nodes_are_let_go_before_their_pool(synthesized: Synthesized, hub: Template) -> None:
    graph = synthesized("Karpenter").graph
    assert {hub.manifest("NodePool"), hub.manifest_at("Namespace")} <= graph.waits_for(hub.manifest("Deployment"))


def test_the_check_may_look_for_instances_even_where_karpenter_was_before(
    synthesized: Synthesized, hub: Template
) -> None:
    def looks(template: Template) -> bool:
        found = [each for each in statements(template) if "Leftovers/Handler" in each.role]
        return any("ec2:DescribeInstances" in each.actions for each in found)

    assert hub.resources[hub.checkpoint("Instances")]["Properties"]["Instances"] == "true"
    assert looks(hub)
    assert looks(synthesized("shipped")["Hub"])


@pytest.mark.parametrize(("kind", "count"), [("NodePool", 5), ("EC2NodeClass", 2)])
def test_every_pool_and_class_has_a_manifest_of_its_own(machines: Template, kind: str, count: int) -> None:
    """In one that stays, kubectl leaves what is no longer there, if it is no kind of Kubernetes' own."""
    assert len(machines.manifests(kind)) == len(objects(machines, kind)) == count
