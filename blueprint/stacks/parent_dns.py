"""The DNS account's part: the role that the workload account assumes and, if it lives there, the subzone."""

from aws_cdk import CfnOutput, CfnParameter, Environment, Stack
from aws_cdk import aws_route53 as route53
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs.network.dns import DomainOperatorRole, Subzone, delegation_statements, subzone_statements
from blueprint.constructs.notices import tell


class ParentDns(Stack):
    """`cdk deploy ParentDns` with the DNS account's credentials is all that has to be set up there."""

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            id,
            env=Environment(account=config.parent_dns_account, region=config.region_of_parent_dns),
            stack_name=f"{config.name}-{id}",
            description=f"What {config.name} may do in the zone {config.parent_hostedzone_name}",
            tags=config.resource_tags,
        )
        tell(self, config, "ParentDns")
        accounts = list(config.parent_dns_trusted_accounts)
        if not accounts and not config.parent_dns_trusted_organization:
            accounts = [config.workload_account or self._workload_account()]
        if config.dns_subzone_account == "workload":
            statements = delegation_statements(
                parent_zone_id=config.parent_hostedzone_id, subzone_name=config.dev_subzone_name
            )
        else:
            zone = self._subzone(config)
            statements = subzone_statements(zone_arn=zone.hosted_zone_arn)
        role = DomainOperatorRole(
            self,
            "DomainOperator",
            role_name=config.parent_dns_role,
            trusted_accounts=accounts,
            trusted_organization=config.parent_dns_trusted_organization,
            external_id=config.parent_dns_external_id,
            statements=statements,
        )
        CfnOutput(self, "RoleArn", value=role.role.role_arn, description="Assumed by the workload account")

    def _workload_account(self) -> str:
        """Asked for at deployment if the configuration does not tell it; there is no default that could be right."""
        return CfnParameter(
            self,
            "WorkloadAccount",
            description="The AWS account of the cluster, which may assume the role",
            allowed_pattern="[0-9]{12}",
            constraint_description="twelve digits",
        ).value_as_string

    def _subzone(self, config: Config) -> route53.PublicHostedZone:
        zone = Subzone(self, "Subzone", zone_name=config.dev_subzone_name).zone
        servers = zone.hosted_zone_name_servers
        assert servers is not None
        by_id = config.parent_hostedzone_id
        route53.CfnRecordSet(
            self,
            "Delegation",
            hosted_zone_id=by_id,
            hosted_zone_name=None if by_id else f"{config.parent_hostedzone_name}.",
            name=f"{config.dev_subzone_name}.",
            type="NS",
            ttl="1800",
            resource_records=servers,
        )
        return zone
