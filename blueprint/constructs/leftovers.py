"""On destroy: waits until the cluster's controllers have cleaned up, and fails, saying what is left, if they do not.

CDK's handlers for charts and manifests swallow errors on delete: without this, a load balancer, a volume or a DNS
record could stay behind, or block the deletion of the VPC, and nobody would be told.
"""

from collections.abc import Sequence

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.custom_resource import Handler
from blueprint.constructs.network.dns import RECORD_PREFIX, record_owner
from blueprint.constructs.storage.user_data import UserData


class Leftovers(Construct):
    """Points at which a destroy waits; creating them does nothing."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        zone: route53.IHostedZone | None,
        user_data: UserData,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._zone = zone
        self._file_system = user_data.file_system
        self._handler = Handler(self, "Handler", entry="leftovers")
        self._allow()

    def no_ingress(self, *, after: Sequence[IDependable]) -> CustomResource:
        """Load balancers, their security groups and the DNS records are gone; the Ingress depends on this."""
        properties: dict[str, object] = {
            "LoadBalancing": "true",
            "RecordOwner": record_owner(self, self._config),
            "RecordPrefix": RECORD_PREFIX,
        }
        if self._zone is not None:
            properties["HostedZoneId"] = self._zone.hosted_zone_id
        else:
            properties["HostedZoneName"] = self._config.dev_subzone_name
            properties["RoleArn"] = self._config.domain_operator_role_arn
            if self._config.parent_dns_external_id:
                properties["ExternalId"] = self._config.parent_dns_external_id
        return self._checkpoint("Ingress", properties, after)

    def no_claims(self, *, after: Sequence[IDependable]) -> CustomResource:
        """Volumes not kept on purpose, and access points, are gone; the namespace of the claims depends on this."""
        properties: dict[str, object] = {"Volumes": str(not self._config.storage_keep).lower()}
        if self._file_system is not None:
            properties["FileSystemId"] = self._file_system.attr_file_system_id
        return self._checkpoint("Claims", properties, after)

    def no_instances(self, *, after: Sequence[IDependable]) -> CustomResource:
        """The instances that Karpenter started are gone; their pools depend on this, and it on Karpenter."""
        return self._checkpoint("Instances", {"Instances": "true"}, after)

    def no_interfaces(self, *, group_id: str, after: Sequence[IDependable]) -> CustomResource:
        """The network interfaces of servers on Fargate are gone; what takes servers there depends on this."""
        return self._checkpoint("Interfaces", {"SecurityGroupId": group_id}, after)

    def _checkpoint(self, id: str, properties: dict[str, object], after: Sequence[IDependable]) -> CustomResource:
        checkpoint = CustomResource(
            self,
            id,
            service_token=self._handler.service_token,
            resource_type="Custom::NothingLeft",
            properties={"ClusterName": self._config.name, **properties},
        )
        checkpoint.node.add_dependency(*after)
        return checkpoint

    def _allow(self) -> None:
        # What the settings want no more goes at the end of an update, when policies are those of the new ones already.
        self._handler.allow(
            [
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVolumes",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroups",
            ],
            ["*"],  # none of these actions knows resources
        )
        if self._file_system is not None:
            access_points = Stack.of(self).format_arn(
                service="elasticfilesystem", resource="access-point", resource_name="*"
            )
            self._handler.allow(["elasticfilesystem:DescribeAccessPoints"], [self._file_system.attr_arn, access_points])
        if self._zone is not None:
            self._handler.allow(["route53:ListResourceRecordSets"], [self._zone.hosted_zone_arn])
        else:
            self._handler.allow(["sts:AssumeRole"], [self._config.domain_operator_role_arn])
