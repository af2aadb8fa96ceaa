"""The CSI drivers: EBS volumes for hub and homes, EFS access points for homes, buckets as folders."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.config.facts.nodes import kept_attachments
from blueprint.config.machines import all_types
from blueprint.config.offers import in_table
from blueprint.constructs.compute.addons import SYSTEM, addon
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import PodIdentity, pod_role


class VolumeDriver(Construct):
    """The EBS CSI driver: the hub's volume, and users' homes where they are EBS volumes."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: Cluster,
        config: Config,
        key: kms.IKey,
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        account = "ebs-csi-controller-sa"
        role = pod_role(self, "Role", cluster=cluster, namespace=SYSTEM, service_account=account)
        # What carries another cluster's name is out of its reach: EKS tells the driver its cluster's, with which it
        # tags all that it makes, and tags the session by which the policy knows the caller's cluster.
        policy = "AmazonEBSCSIDriverEKSClusterScopedPolicy"
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
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
        addon(self, cluster, "aws-ebs-csi-driver", settings=_settings(config), identities={account: role}, after=after)


def _settings(config: Config) -> dict[str, object]:
    settings: dict[str, object] = {}
    if config.tags:
        settings["controller"] = {"extraVolumeTags": dict(config.tags)}
    if config.storage_home == "ebs" and (kinds := in_table(all_types(config))):
        settings["node"] = {"reservedVolumeAttachments": kept_attachments(kinds)}
    return settings


class BucketDriver(Construct):
    """The CSI driver of Mountpoint for Amazon S3. It needs no rights: it mounts with those of the pods."""

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, after: Sequence[IDependable]) -> None:
        super().__init__(scope, id)
        addon(self, cluster, "aws-mountpoint-s3-csi-driver", after=after)


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
            self, "ControllerRole", cluster=cluster, namespace=SYSTEM, service_account=controller
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
        nodes = PodIdentity(self, "Nodes", cluster=cluster, namespace=SYSTEM, service_account="efs-csi-node-sa")
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
        addon(
            self,
            cluster,
            "aws-efs-csi-driver",
            identities={controller: controller_role},
            after=[nodes, *after],
        )
