"""The four stacks of a deployment, from the one that goes last to the one that goes first."""

from dataclasses import dataclass

from aws_cdk import Acknowledgment, App, Environment, Stack, Validations
from aws_cdk import aws_route53 as route53
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs import JupyterHub
from blueprint.constructs.access.prerequisites import Prerequisites
from blueprint.constructs.network.dns import DelegationAcrossAccounts, Subzone
from blueprint.constructs.network.vpc import Network, region_zones, zone_of
from blueprint.constructs.storage.user_data import UserData
from blueprint.stacks.parent_dns import ParentDns


@dataclass(frozen=True)
class Deployment:
    """The stacks; `dns` is absent where the subzone lives in the DNS account, `hub` until the VPC is looked up."""

    parent_dns: ParentDns
    dns: "Dns | None"
    data: "Data"
    hub: "Hub | None"


def deploy(app: App, config: Config) -> Deployment:
    """Add the stacks to an app; without `workload.account` and `workload.region` they fit any environment."""
    workload = Environment(account=config.workload_account, region=config.workload_region)
    parent_dns = ParentDns(app, "ParentDns", config=config)
    dns = Dns(app, "Dns", config=config, env=workload) if config.dns_subzone_account == "workload" else None
    data = Data(app, "Data", config=config, env=workload)
    # No dependency on ParentDns: that would have `cdk deploy Hub` look into an account its credentials are not for.
    hub = Hub(app, "Hub", config=config, env=workload, dns=dns, data=data) if data.user_data else None
    return Deployment(parent_dns, dns, data, hub)


class WorkloadStack(Stack):
    """A stack of the workload account, whose zones CloudFormation knows: so synthesis asks AWS for nothing."""

    def __init__(self, scope: Construct, id: str, *, config: Config, env: Environment, description: str) -> None:
        self._zones = region_zones(config.network_zones)
        super().__init__(
            scope,
            id,
            env=env,
            stack_name=f"{config.name}-{id}",
            description=description,
            tags=config.resource_tags,
        )
        if config.network_zone_names:
            self.acknowledge("W3010", "The deployer chose the zones by name")

    def acknowledge(self, rule: str, reason: str) -> None:
        """Accept what CDK's validation of templates finds."""
        Validations.of(self).acknowledge(Acknowledgment(id=f"CloudFormation-Validate::{rule}", reason=reason))

    @property
    def availability_zones(self) -> list[str]:
        """The region's first zones, as expressions."""
        return self._zones


class Dns(WorkloadStack):
    """The delegated subzone and its NS record in the parent."""

    def __init__(self, scope: Construct, id: str, *, config: Config, env: Environment) -> None:
        super().__init__(scope, id, config=config, env=env, description="The hub's subzone, delegated from its parent")
        subzone = Subzone(self, "Subzone", zone_name=config.dev_subzone_name)
        self.zone: route53.IPublicHostedZone = subzone.zone
        DelegationAcrossAccounts(self, "Delegation", config=config, zone=subzone.zone)


class Data(WorkloadStack):
    """What outlives a cluster. At rest a key, a secret, the database's volume and what is stored are paid for."""

    def __init__(self, scope: Construct, id: str, *, config: Config, env: Environment) -> None:
        super().__init__(scope, id, config=config, env=env, description="The hub's VPC and user data")
        self.network = Network(self, "Network", config=config)
        private = self.network.subnets.private if self.network.is_known else []
        if self.network.is_new:
            # All of them, always: a hub that needs one less (an internal load balancer) is deployed after this stack,
            # which could not take back an export that is still used.
            for subnet in (*self.network.subnets.public, *private):
                self.export_value(subnet.subnet_id)
        self.user_data: UserData | None = None
        if private:
            # Beside all that takes longer, and before the cluster.
            Prerequisites(self, "Prerequisites", config=config)
            self.user_data = UserData(self, "UserData", config=config, zone_name=zone_of(private[0]))
        else:
            self.acknowledge("F0001", "The stack stays empty until the VPC is looked up")


class Hub(WorkloadStack):
    """The cluster and JupyterHub; destroying it leaves nothing behind."""

    def __init__(
        self, scope: Construct, id: str, *, config: Config, env: Environment, dns: Dns | None, data: Data
    ) -> None:
        super().__init__(scope, id, config=config, env=env, description="JupyterHub on Amazon EKS")
        JupyterHub(
            self,
            "JupyterHub",
            config=config,
            network=data.network,
            zone=dns.zone if dns else None,
            user_data=data.user_data,
        )
