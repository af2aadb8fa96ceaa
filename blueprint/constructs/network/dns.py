"""The delegated subzone, who may write to it from another account, and the hub's record in it."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.config.facts.regions import ROUTE_53
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import PodIdentity
from blueprint.constructs.custom_resource import Handler
from blueprint.values import chart_values
from blueprint.versions import EXTERNAL_DNS

_DELEGATION_OF_CDK = "CustomCrossAccountZoneDelegationCustomResourceProviderHandler44A84265"

RECORD_PREFIX = "edns-%{record_type}."
"""ExternalDNS's ownership records stand below the host's name: so they are in the zone even if the host is its apex."""


class Subzone(Construct):
    """The delegated hosted zone; before it is deleted, the certificates' validation records are taken out of it."""

    def __init__(self, scope: Construct, id: str, *, zone_name: str) -> None:
        super().__init__(scope, id)
        self.zone = route53.PublicHostedZone(self, "Zone", zone_name=zone_name)
        emptying = Handler(self, "Emptying", entry="records")
        # Held to the subzone by the records' names, not by the zone's id: the function need not wait for the zone, nor
        # the cluster for the function.
        emptying.allow(["route53:ListResourceRecordSets"], [_zone_arn("*")])
        emptying.allow(
            ["route53:ChangeResourceRecordSets"],
            [_zone_arn("*")],
            {
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsRecordTypes": ["CNAME"],
                    "route53:ChangeResourceRecordSetsActions": ["DELETE"],
                },
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [f"*.{zone_name}"],
                },
            },
        )
        CustomResource(
            self,
            "Records",
            service_token=emptying.service_token,
            resource_type="Custom::EmptiedOnDelete",
            properties={"HostedZoneId": self.zone.hosted_zone_id},
        )


class DelegationAcrossAccounts(Construct):
    """The subzone's NS record in the parent zone, written through the role of the DNS account.

    CDK's own resource for it writes over the record of another hub.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, zone: route53.IPublicHostedZone) -> None:
        super().__init__(scope, id)
        handler = Handler(self, "Handler", entry="delegation", instead_of=_DELEGATION_OF_CDK)
        handler.allow(["sts:AssumeRole"], [config.domain_operator_role_arn])
        parent_id = config.parent_hostedzone_id
        CustomResource(
            self,
            "NameServers",
            service_token=handler.service_token,
            resource_type="Custom::Delegation",
            properties={
                "SubzoneName": config.dev_subzone_name,
                "NameServers": zone.hosted_zone_name_servers,
                **({"HostedZoneId": parent_id} if parent_id else {"HostedZoneName": config.parent_hostedzone_name}),
                "RoleArn": config.domain_operator_role_arn,
            },
        )


class DomainOperatorRole(Construct):
    """The role in the DNS account that the workload account assumes: for one subzone, and nothing else.

    It trusts the accounts; with an organization only those that belong to it; without accounts the organization.
    Every value may be a CloudFormation parameter's reference as well as a literal.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        role_name: str,
        trusted_accounts: Sequence[str],
        trusted_organization: str | None,
        external_id: str | None,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        principals: list[iam.IPrincipal] = [iam.AccountPrincipal(account) for account in trusted_accounts]
        if not principals:
            assert trusted_organization
            principals = [iam.AnyPrincipal()]  # of the organization that the condition names
        organization = {"aws:PrincipalOrgID": trusted_organization} if trusted_organization else {}
        assuming = organization | ({"sts:ExternalId": external_id} if external_id else {})
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            description="Assumed by the JupyterHub deployment for the records of its subzone",
            assumed_by=iam.CompositePrincipal(*_under(assuming, principals)),
            max_session_duration=Duration.hours(1),
            inline_policies={"Subzone": iam.PolicyDocument(statements=list(statements))},
        )
        assert self.role.assume_role_policy is not None
        # Pod Identity's session tags go on to every role assumed with its credentials: TagSession has to be allowed.
        # It knows no external id: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssts.html
        self.role.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=["sts:TagSession"], principals=_under(organization, principals))
        )


def _under(conditions: Mapping[str, str], principals: Sequence[iam.IPrincipal]) -> list[iam.IPrincipal]:
    if not conditions:
        return list(principals)
    return [iam.PrincipalWithConditions(each, {"StringEquals": dict(conditions)}) for each in principals]


def delegation_statements(*, parent_zone_id: str | None, subzone_name: str) -> list[iam.PolicyStatement]:
    """What the zone delegation calls: one NS record of one name, made and deleted.

    Without the parent zone's id the zone is looked up by name; the condition on the record's name then keeps the
    change to zones that can hold it. Source: the `cross-account-zone-delegation-handler` of aws-cdk-lib.
    """
    change = iam.PolicyStatement(
        actions=["route53:ChangeResourceRecordSets"],
        resources=[_zone_arn(parent_zone_id or "*")],
        conditions={
            "ForAllValues:StringEquals": {
                "route53:ChangeResourceRecordSetsRecordTypes": ["NS"],
                "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
                "route53:ChangeResourceRecordSetsNormalizedRecordNames": [subzone_name],
            }
        },
    )
    if parent_zone_id:
        return [change]
    # ListHostedZonesByName knows no resources.
    return [change, iam.PolicyStatement(actions=["route53:ListHostedZonesByName"], resources=["*"])]


def subzone_statements(*, zone_arn: str) -> list[iam.PolicyStatement]:
    """What ExternalDNS, certificate validation and the check for leftovers call on a subzone of the DNS account."""
    return [
        iam.PolicyStatement(
            actions=["route53:ChangeResourceRecordSets"],
            resources=[zone_arn],
            conditions={
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
                }
            },
        ),
        iam.PolicyStatement(actions=["route53:ListResourceRecordSets"], resources=[zone_arn]),
        # Finding the zone by its name; neither action knows resources.
        iam.PolicyStatement(actions=["route53:ListHostedZones", "route53:ListHostedZonesByName"], resources=["*"]),
    ]


class FoundSubzone(Construct):
    """The id of the subzone in the DNS account, which only the role there can find."""

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        handler = Handler(self, "Handler", entry="subzone")
        handler.allow(["sts:AssumeRole"], [config.domain_operator_role_arn])
        guard = {"ExternalId": config.parent_dns_external_id} if config.parent_dns_external_id else {}
        self.zone_id = CustomResource(
            self,
            "Zone",
            service_token=handler.service_token,
            resource_type="Custom::FoundSubzone",
            properties={
                "HostedZoneName": config.dev_subzone_name,
                "RoleArn": config.domain_operator_role_arn,
                **guard,
            },
        ).ref


class Records(Construct):
    """ExternalDNS: keeps the host's records at the load balancer's address, and takes them away with the Ingress."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        cluster: Cluster,
        zone: route53.IHostedZone | None,
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        identity = PodIdentity(
            self,
            "Identity",
            cluster=cluster,
            namespace=EXTERNAL_DNS.namespace,
            service_account=EXTERNAL_DNS.name,
        )
        # By its name alone it would take a private zone, or one that was left behind, for the subzone as well.
        zone_id = zone.hosted_zone_id if zone else FoundSubzone(self, "Subzone", config=config).zone_id
        arguments: dict[str, object] = {"zone-id-filter": zone_id}
        region = Aws.REGION
        if config.dns_subzone_account == "workload":
            assert zone is not None
            for statement in self._statements(zone):
                identity.role.add_to_policy(statement)
        else:
            arguments["aws-assume-role"] = config.domain_operator_role_arn
            region = ROUTE_53  # whose STS it asks
            if config.parent_dns_external_id:
                arguments["aws-assume-role-external-id"] = config.parent_dns_external_id
            identity.role.add_to_policy(
                iam.PolicyStatement(
                    actions=["sts:AssumeRole", "sts:TagSession"], resources=[config.domain_operator_role_arn]
                )
            )
        self.chart = cluster.add_chart(
            self,
            EXTERNAL_DNS,
            values=chart_values(
                EXTERNAL_DNS.name,
                {
                    "txtOwnerId": record_owner(self, config),
                    "domainFilters": [config.dev_subzone_name],
                    "env": [
                        {"name": "AWS_REGION", "value": region},
                        {"name": "AWS_EC2_METADATA_DISABLED", "value": "true"},
                    ],
                    "extraArgs": arguments,
                },
            ),
            after=[identity, *after],
        )

    def _statements(self, zone: route53.IHostedZone) -> list[iam.PolicyStatement]:
        return [
            # No condition on the names: after a change of the host's name the old one's records have to go, too.
            iam.PolicyStatement(
                actions=["route53:ChangeResourceRecordSets"],
                resources=[zone.hosted_zone_arn],
                conditions={
                    "ForAllValues:StringEquals": {
                        "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "TXT"],
                        "route53:ChangeResourceRecordSetsActions": ["CREATE", "UPSERT", "DELETE"],
                    }
                },
            ),
            iam.PolicyStatement(actions=["route53:ListResourceRecordSets"], resources=[zone.hosted_zone_arn]),
            # ExternalDNS lists the zones in each of its rounds; the action knows no resources.
            iam.PolicyStatement(actions=["route53:ListHostedZones"], resources=["*"]),
        ]


def record_owner(scope: Construct, config: Config) -> str:
    """The owner in ExternalDNS's ownership records: no other hub that writes to the same zone may have it."""
    stack = Stack.of(scope)
    return f"{config.name}-{stack.region}-{stack.account}"


def _zone_arn(zone_id: str) -> str:
    return f"arn:{Aws.PARTITION}:route53:::hostedzone/{zone_id}"
