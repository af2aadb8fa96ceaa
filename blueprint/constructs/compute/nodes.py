"""The nodes: small groups for hub and controllers, and groups for the users' servers, each in one zone."""

from collections.abc import Mapping, Sequence

from aws_cdk import CfnResource, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.config.facts.nodes import PARALLEL_FROM, disk_room
from blueprint.constructs.compute.cluster import Cluster
from blueprint.hub.names import DEDICATED

PURPOSE = "hub.jupyter.org/node-purpose"
"""The label by which the JupyterHub chart knows nodes for its core pods and nodes for users' pods."""

STARTUP_TAINTS = {"efs": "efs.csi.aws.com/agent-not-ready", "ebs": "ebs.csi.aws.com/agent-not-ready"}
"""By where homes are: the driver takes it off a new node once it can mount there; until then no server starts on it."""

NODES_PER_GROUP = 450
"""EKS's quota of nodes in a managed node group."""

GP3 = 125
"""MiB/s that a gp3 volume has without being asked for more."""

PARALLEL_PULL = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  featureGates:
    FastImagePull: true

--//--
"""
"""What tells a node to pull images in parallel; EKS adds its own part (nodeadm of amazon-eks-ami)."""

_TEMPLATE = "k8s.io/cluster-autoscaler/node-template/resources"


class Nodes(Construct):
    """Managed node groups; `core` is what controllers and hub wait for, `user` where servers run, without Karpenter.

    No group has more than one zone: Auto Scaling keeps zones even, and ends nodes to do so, whatever runs on them. EKS
    has no switch for that (https://github.com/aws/containers-roadmap/issues/1453).

    The hub's volume lives in the first zone, so one core group lives there (`Hub`): there is always a node, or a group
    that makes one, where the volume is. The other core group (`System`) is in the next zone.
    """

    def __init__(
        self, scope: Construct, id: str, *, config: Config, cluster: Cluster, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        self._cluster = cluster
        self._after = after
        self._version = config.kubernetes_version
        self._role = node_role(self)
        first, second, *_ = cluster.subnets
        core_template = self._launch_template("CoreTemplate", config, key=cluster.key, purpose="core")

        def core(id: str, subnet: ec2.ISubnet) -> eks.Nodegroup:
            return self._group(
                id,
                subnet=subnet,
                template=core_template,
                instance_types=config.nodes_core_instance_types,
                size=(config.nodes_core_min, config.nodes_core_max),
                labels={PURPOSE: "core"},
            )

        self.core = [core("Hub", first), core("System", second)]
        self.user = [] if config.nodes_user_scaling == "karpenter" else self._of_users(config)

    def _of_users(self, config: Config) -> list[eks.Nodegroup]:
        template = self._launch_template("UserTemplate", config, key=self._cluster.key, purpose="user")
        zones = user_subnets(self._cluster, config)
        return [
            self._group(
                f"User{zone + 1}",
                subnet=subnet,
                template=template,
                instance_types=config.nodes_user_instance_types,
                # The autoscaler keeps to nodes.user.max. Were it here, CloudFormation would set the desired size back
                # to the template's whenever somebody changes it, and so end running servers.
                size=((config.nodes_user_min + len(zones) - 1 - zone) // len(zones), NODES_PER_GROUP),
                labels={PURPOSE: "user"},
                taints=_user_taints(config),
                spot=config.nodes_user_capacity == "spot",
                # The autoscaler sees what nodes have, but of a group without nodes it has to be told.
                tags={f"{_TEMPLATE}/ephemeral-storage": f"{disk_room(config.nodes_disk_size) // 2**30}Gi"},
            )
            for zone, subnet in enumerate(zones)
        ]

    def _launch_template(self, id: str, config: Config, *, key: kms.IKey, purpose: str) -> ec2.LaunchTemplate:
        parallel = purpose == "user" and config.nodes_disk_throughput >= PARALLEL_FROM
        template = ec2.LaunchTemplate(
            self,
            id,
            user_data=ec2.UserData.custom(PARALLEL_PULL) if parallel else None,
            # Pods are one hop further than their node: with this limit none of them reaches the node's credentials.
            http_put_response_hop_limit=1,
            http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=ec2.BlockDeviceVolume.ebs(
                        config.nodes_disk_size,
                        volume_type=ec2.EbsDeviceVolumeType.GP3,
                        # Said only where it is more: nodes are replaced whenever their template changes.
                        throughput=config.nodes_disk_throughput if config.nodes_disk_throughput > GP3 else None,
                        encrypted=True,
                        kms_key=key,
                        delete_on_termination=True,
                    ),
                )
            ],
        )
        Tags.of(template).add("Name", f"{config.name}-{purpose}")
        _tag_what_nodes_bring(template, config)
        return template

    def _group(
        self,
        id: str,
        *,
        subnet: ec2.ISubnet,
        template: ec2.LaunchTemplate,
        instance_types: Sequence[str],
        size: tuple[int, int],
        labels: dict[str, str],
        taints: Sequence[eks.TaintSpec] = (),
        spot: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> eks.Nodegroup:
        minimum, maximum = size
        group = eks.Nodegroup(
            self,
            id,
            cluster=self._cluster.eks,
            node_role=self._role,
            subnets=ec2.SubnetSelection(subnets=[subnet]),
            launch_template_spec=eks.LaunchTemplateSpec(
                id=str(template.launch_template_id), version=template.latest_version_number
            ),
            ami_type=_ami_type(instance_types),
            instance_types=[ec2.InstanceType(name) for name in instance_types],
            capacity_type=eks.CapacityType.SPOT if spot else eks.CapacityType.ON_DEMAND,
            min_size=minimum,
            desired_size=minimum,
            max_size=maximum,
            labels=labels,
            taints=list(taints),
            tags=tags,
            enable_node_auto_repair=True,
            force_update=False,  # an update that a disruption budget holds up fails, rather than ending the pod
        )
        resource = group.node.default_child
        assert isinstance(resource, CfnResource)
        # Without it the nodes of a group stay at the minor with which they were made when the cluster is upgraded.
        resource.add_property_override("Version", self._version)
        group.node.add_dependency(*self._after)
        return group


def _tag_what_nodes_bring(template: ec2.LaunchTemplate, config: Config) -> None:
    """CloudFormation's tags end at the group: machines, disks and network interfaces have the launch template's."""
    for key, value in config.resource_tags.items():
        Tags.of(template).add(key, value)
    resource = template.node.default_child
    assert isinstance(resource, CfnResource)
    # CDK tags instances and volumes only, the first two of the list.
    listed = [{"Key": key, "Value": value} for key, value in config.resource_tags.items()]
    interfaces = {"ResourceType": "network-interface", "Tags": listed}
    resource.add_property_override("LaunchTemplateData.TagSpecifications.2", interfaces)


def user_subnets(cluster: Cluster, config: Config) -> Sequence[ec2.ISubnet]:
    """Where users' nodes are: an EBS home stays in its zone, so all such homes and their servers share the first."""
    return cluster.subnets if config.storage_home == "efs" else cluster.subnets[:1]


def node_role(scope: Construct) -> iam.Role:
    """The nodes' role: join the cluster and pull images. The VPC CNI has an identity of its own."""
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name(name)
            for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ],
    )


def _user_taints(config: Config) -> list[eks.TaintSpec]:
    startup = STARTUP_TAINTS[config.storage_home]
    return [
        eks.TaintSpec(key=DEDICATED["key"], value=DEDICATED["value"], effect=eks.TaintEffect.NO_SCHEDULE),
        eks.TaintSpec(key=startup, value="true", effect=eks.TaintEffect.NO_EXECUTE),
    ]


def _ami_type(instance_types: Sequence[str]) -> eks.NodegroupAmiType:
    arm = ec2.InstanceType(instance_types[0]).architecture == ec2.InstanceArchitecture.ARM_64
    return eks.NodegroupAmiType.AL2023_ARM_64_STANDARD if arm else eks.NodegroupAmiType.AL2023_X86_64_STANDARD
