"""Karpenter's pools: which instances it may start for users' servers, what they bring, and when they go."""

from collections.abc import Callable, Mapping, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.config.facts.nodes import PARALLEL_FROM
from blueprint.config.machines import USUAL, Machines, machines
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.gpus import device_plugin
from blueprint.constructs.compute.nodes import GP3, PARALLEL_PULL, PURPOSE, STARTUP_TAINTS
from blueprint.hub.names import DEDICATED, GPU_TAINT, pool_taint


class Pools(Construct):
    """The pools, and the class of their nodes; `all` is what users' pods have to be gone before.

    A node goes when it has been empty for half an hour. None has an end of life, and one whose image, or whatever else,
    is out of date is replaced at night, one after another, and only without servers: their pods say so
    (`karpenter.sh/do-not-disrupt`). Nothing here sets a `terminationGracePeriod`, which would overrule them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        cluster: Cluster,
        subnets: Sequence[ec2.ISubnet],
        instance_profile: iam.InstanceProfile,
        instances_gone: Callable[[Sequence[IDependable]], IDependable],
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        kinds = [*machines(config)]
        spec = _class_spec(config, cluster, subnets, instance_profile)
        last = after
        # A manifest each: kubectl takes away what is missing in one only of the kinds that are Kubernetes' own.
        for name in dict.fromkeys(map(_class, kinds)):
            objects = [_node_class(name, spec, _images(self, config, name))]
            if name == _GPU:
                objects.append(device_plugin())
            last = [cluster.add_manifest(self, f"Class-{name}", *objects, after=last)]
        # Here rather than below the class: that would wait for its nodes as well, and not say for which.
        last = [instances_gone(last)]
        self.all: list[IDependable] = [*last]
        for each in kinds:
            last = [cluster.add_manifest(self, f"Pool-{each.name}", _pool(each, config), after=last)]
            self.all += last


_GPU = "gpu"
"""The name of the class of nodes with GPUs."""


def _class(each: Machines) -> str:
    """The name of the class of machines of a kind: those with GPUs have another image."""
    return _GPU if each.has_gpus else USUAL


def _node_class(name: str, spec: Mapping[str, object], images: Sequence[str]) -> dict[str, object]:
    found = {**spec, "amiSelectorTerms": [{"id": each} for each in images]}
    return {"apiVersion": "karpenter.k8s.aws/v1", "kind": "EC2NodeClass", "metadata": {"name": name}, "spec": found}


def _class_spec(
    config: Config, cluster: Cluster, subnets: Sequence[ec2.ISubnet], instance_profile: iam.InstanceProfile
) -> dict[str, object]:
    """What all classes have in common."""
    disk: dict[str, object] = {
        "volumeSize": f"{config.nodes_disk_size}Gi",
        "volumeType": "gp3",
        "encrypted": True,
        "kmsKeyID": cluster.key.key_arn,
        "deleteOnTermination": True,
    }
    if config.nodes_disk_throughput > GP3:
        disk["throughput"] = config.nodes_disk_throughput
    spec: dict[str, object] = {
        "amiFamily": "AL2023",
        "instanceProfile": instance_profile.instance_profile_name,
        "subnetSelectorTerms": [{"id": each.subnet_id} for each in subnets],
        "securityGroupSelectorTerms": [{"id": cluster.eks.cluster_security_group_id}],
        # Pods are one hop further than their node: with this limit none of them reaches the node's credentials.
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "rootVolume": True, "ebs": disk}],
        "tags": {**config.resource_tags, "Name": f"{config.name}-user"},
    }
    if config.nodes_disk_throughput >= PARALLEL_FROM:
        spec["userData"] = PARALLEL_PULL
    return spec


def _images(scope: Construct, config: Config, name: str) -> list[str]:
    """The newest image for EKS's nodes of each architecture, as CloudFormation finds it when somebody deploys.

    By its id, so that AWS's next one changes nothing before the next deployment.
    """
    found = ssm.ParameterValueType.AWS_EC2_IMAGE_ID
    path = "/aws/service/eks/optimized-ami/{}/amazon-linux-2023/{}/{}/recommended/image_id"
    variant = "nvidia" if name == _GPU else "standard"
    return [
        ssm.StringParameter.value_for_typed_string_parameter_v2(
            scope, path.format(config.kubernetes_version, architecture, variant), found
        )
        for architecture in sorted({each.architecture for each in machines(config) if _class(each) == name})
    ]


def _pool(each: Machines, config: Config) -> dict[str, object]:
    capacity = ["spot", "on-demand"] if each.spot else ["on-demand"]
    requirements = {"node.kubernetes.io/instance-type": list(each.types), "karpenter.sh/capacity-type": capacity}
    taints = [DEDICATED]
    if each.name != USUAL:
        taints.append(pool_taint(each.name))
    if each.has_gpus:
        taints.append(GPU_TAINT)
    template = {
        "metadata": {"labels": {PURPOSE: "user"}},
        "spec": {
            "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": _class(each)},
            "requirements": [{"key": key, "operator": "In", "values": each} for key, each in requirements.items()],
            "taints": taints,
            "startupTaints": [{"key": STARTUP_TAINTS[config.storage_home], "value": "true", "effect": "NoExecute"}],
            "expireAfter": "Never",
        },
    }
    disruption = {
        "consolidationPolicy": "WhenEmpty",
        # Long, since a node may get a server in the very moment in which it goes, and for a hub that fills in waves.
        "consolidateAfter": "30m",
        "budgets": [
            {"nodes": "1", "reasons": ["Drifted"]},
            # None but from 2 to 5 o'clock (UTC).
            {"nodes": "0", "reasons": ["Drifted"], "schedule": "0 5 * * *", "duration": "21h"},
            {"nodes": "100%", "reasons": ["Empty"]},
        ],
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": each.name},
        "spec": {"template": template, "disruption": disruption, "limits": {"cpu": str(each.cpus)}},
    }
