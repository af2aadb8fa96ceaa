"""EKS's managed add-ons: networking before the nodes, everything else on them."""

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.cluster import Cluster
from blueprint.constructs.pod_identity import PodIdentity, pod_role
from blueprint.versions import BY_MINOR, EKS_ADDONS

_SYSTEM = "kube-system"


class NodeAddons(Construct):
    """What a node needs to become ready: pod identity, the VPC CNI with network policies on, kube-proxy.

    None of them waits for nodes, the nodes wait for them: so the first pod already lives under network policies.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, cluster: Cluster) -> None:
        super().__init__(scope, id)
        identity_agent = _addon(self, cluster, "eks-pod-identity-agent")
        cni_role = pod_role(
            self, "VpcCniRole", cluster_name=cluster.name, namespace=_SYSTEM, service_account="aws-node"
        )
        cni_role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKS_CNI_Policy"))
        cni = _addon(
            self,
            cluster,
            "vpc-cni",
            settings={"enableNetworkPolicy": "true"},
            identities={"aws-node": cni_role},
        )
        cni.add_resource_dependency(identity_agent)
        _addon(self, cluster, "kube-proxy", version=BY_MINOR[config.kubernetes_version].kube_proxy)


class ClusterAddons(Construct):
    """Cluster DNS and metrics; they run on the core nodes."""

    def __init__(
        self, scope: Construct, id: str, *, config: Config, cluster: Cluster, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        versions = BY_MINOR[config.kubernetes_version]
        self.dns = _addon(self, cluster, "coredns", version=versions.coredns, after=after)
        _addon(self, cluster, "metrics-server", version=versions.metrics_server, after=after)


class VolumeDriver(Construct):
    """The EBS CSI driver: the hub's volume, and users' homes where they are EBS volumes."""

    def __init__(
        self, scope: Construct, id: str, *, cluster: Cluster, key: kms.IKey, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        account = "ebs-csi-controller-sa"
        role = pod_role(self, "Role", cluster_name=cluster.name, namespace=_SYSTEM, service_account=account)
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEBSCSIDriverPolicyV2"))
        # https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/install.md: for a key of one's own
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"],
                resources=[key.key_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:CreateGrant"],
                resources=[key.key_arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        )
        _addon(self, cluster, "aws-ebs-csi-driver", identities={account: role}, after=after)


class FileDriver(Construct):
    """The EFS CSI driver: an access point of the one file system for each home directory."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: Cluster,
        file_system_id: str,
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        file_system = stack.format_arn(
            service="elasticfilesystem", resource="file-system", resource_name=file_system_id
        )
        access_points = stack.format_arn(service="elasticfilesystem", resource="access-point", resource_name="*")
        controller = "efs-csi-controller-sa"
        controller_role = pod_role(
            self, "ControllerRole", cluster_name=cluster.name, namespace=_SYSTEM, service_account=controller
        )
        made_by_driver = "efs.csi.aws.com/cluster"
        for statement in (
            iam.PolicyStatement(
                # The driver asks for the zones it may mount in; this action knows no resources.
                actions=["ec2:DescribeAvailabilityZones"],
                resources=["*"],
            ),
            iam.PolicyStatement(
                actions=[
                    "elasticfilesystem:DescribeAccessPoints",
                    "elasticfilesystem:DescribeFileSystems",
                    "elasticfilesystem:DescribeMountTargets",
                ],
                resources=[file_system, access_points],
            ),
            iam.PolicyStatement(
                actions=["elasticfilesystem:CreateAccessPoint"],
                resources=[file_system],
                conditions={"StringEquals": {f"aws:RequestTag/{made_by_driver}": "true"}},
            ),
            iam.PolicyStatement(
                actions=["elasticfilesystem:TagResource"],
                resources=[access_points],
                conditions={"StringEquals": {"elasticfilesystem:CreateAction": "CreateAccessPoint"}},
            ),
            iam.PolicyStatement(
                actions=["elasticfilesystem:DeleteAccessPoint"],
                resources=[access_points],
                conditions={"StringEquals": {f"aws:ResourceTag/{made_by_driver}": "true"}},
            ),
        ):
            controller_role.add_to_policy(statement)
        # Not with the add-on: that associates the controller's account only (issue 1759 of the driver).
        nodes = PodIdentity(self, "Nodes", cluster=cluster, namespace=_SYSTEM, service_account="efs-csi-node-sa")
        nodes.role.add_to_policy(
            iam.PolicyStatement(
                actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                resources=[file_system],
                conditions={
                    "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                    "StringLike": {"elasticfilesystem:AccessPointArn": access_points},
                },
            )
        )
        _addon(
            self,
            cluster,
            "aws-efs-csi-driver",
            identities={controller: controller_role},
            after=[nodes, *after],
        )


def _addon(
    scope: Construct,
    cluster: Cluster,
    name: str,
    *,
    version: str | None = None,
    settings: Mapping[str, object] | None = None,
    identities: Mapping[str, iam.IRole] | None = None,
    after: Sequence[IDependable] = (),
) -> eks.CfnAddon:
    """A managed add-on, with its service accounts' roles (`aws_eks_v2.Addon` cannot associate them)."""
    addon = eks.CfnAddon(
        scope,
        "".join(part.capitalize() for part in name.split("-")),
        cluster_name=cluster.eks.cluster_name,
        addon_name=name,
        addon_version=version or EKS_ADDONS[name],
        configuration_values=Stack.of(scope).to_json_string(dict(settings)) if settings else None,
        resolve_conflicts="OVERWRITE",
        pod_identity_associations=[
            eks.CfnAddon.PodIdentityAssociationProperty(service_account=account, role_arn=role.role_arn)
            for account, role in (identities or {}).items()
        ]
        or None,
    )
    if after:
        addon.node.add_dependency(*after)
    return addon
