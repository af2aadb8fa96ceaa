"""The configuration: every setting of every group in one frozen record, and what follows from them."""

from dataclasses import dataclass

from pydantic import Field

from blueprint.config.facts.regions import ROUTE_53, WITHOUT_OPTING_IN
from blueprint.config.field import Group, Setting, describe
from blueprint.config.groups.access import Deployment, DomainNames, SignIn
from blueprint.config.groups.cluster import Ingress, Kubernetes, Network, Nodes
from blueprint.config.groups.costs import Costs
from blueprint.config.groups.pages import Pages
from blueprint.config.groups.workspace import NotebookServers, Storage
from blueprint.config.notice import Notice
from blueprint.config.problems import shown
from blueprint.config.types.access import Rights
from blueprint.config.types.profiles import Profile

GROUPS: dict[str, type[Group]] = {
    "Deployment": Deployment,
    "Domain names": DomainNames,
    "Sign-in": SignIn,
    "Pages": Pages,
    "Kubernetes": Kubernetes,
    "Network": Network,
    "Ingress": Ingress,
    "Nodes": Nodes,
    "Storage": Storage,
    "Notebook servers": NotebookServers,
    "Costs": Costs,
}
DEPLOYMENT_TAG = "jupyterhub-eks:deployment"
"""All that is paid for carries this tag, with the deployment's name: what it costs is told by it."""
_PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@dataclass(frozen=True)
class Default:
    """A setting that was left to its default; `weighty` where that costs, exposes or loses something."""

    key: str
    value: str
    help: str
    weighty: bool


# pydantic collects the fields of base classes from the last to the first.
class Config(
    Costs, NotebookServers, Storage, Nodes, Ingress, Network, Kubernetes, Pages, SignIn, DomainNames, Deployment
):
    """A valid configuration. Made by `load`; attributes are the keys in snake case."""

    notices: tuple[Notice, ...] = Field(default=(), exclude=True, repr=False)
    """What there is to say of it, which its stacks tell; `warnings_acknowledged` says of which not."""

    @property
    def hub_url(self) -> str:
        """The address that users open."""
        return f"https://{self.jupyterhub_subzone_name}"

    @property
    def resource_tags(self) -> dict[str, str]:
        """What everything carries: the tags that were asked for, and that of the deployment."""
        return {**self.tags, DEPLOYMENT_TAG: self.name}

    @property
    def open_admission(self) -> bool:
        """Whether everyone whom the provider signs in is admitted."""
        return not self.users_allowed and not self.groups_allowed

    @property
    def without_machines(self) -> dict[str, Profile]:
        """The profiles whose servers are on Fargate, by their names."""
        return self.singleuser_profiles.without_machines() if self.singleuser_profiles else {}

    @property
    def sign_in_prefix(self) -> str:
        """The first part of the address of Cognito's sign-in page."""
        return self.cognito_domain_prefix or self.jupyterhub_subzone_name.replace(".", "-")[:63].rstrip("-")

    @property
    def allowed_cidrs(self) -> tuple[str, ...]:
        """The IPv4 ranges that reach the load balancer."""
        if self.ingress_allowed_cidrs is not None:
            return tuple(self.ingress_allowed_cidrs)
        return _PRIVATE_RANGES if self.ingress_scheme == "internal" else ("0.0.0.0/0",)

    @property
    def region_of_parent_dns(self) -> str | None:
        """Where the DNS account's stack is: in no region that only the workload account may have opted in to."""
        workload = self.workload_region
        return self.parent_dns_region or (workload if workload in (None, *WITHOUT_OPTING_IN) else ROUTE_53)

    @property
    def has_bucket_folders(self) -> bool:
        """Whether parts of buckets are folders in servers."""
        return self.aws_access is not None and any(self.aws_access.folders())

    @property
    def rights_on_fargate(self) -> dict[str, Rights]:
        """What people's groups give to their servers on Fargate, by the names in the file."""
        if self.aws_access is None or all(each.policies for each in self.without_machines.values()):
            return {}
        return {id: each for id, each in self.aws_access.by_id.items() if each.role or each.on_fargate}

    @property
    def domain_operator_role_arn(self) -> str:
        """The role in the parent account that delegates the subzone or writes to it."""
        return f"arn:aws:iam::{self.parent_dns_account}:role/{self.parent_dns_role}"

    def defaults_taken(self) -> tuple[Default, ...]:
        """The settings left to their defaults, in the order of the documentation; not those left out."""
        return tuple(
            Default(setting.key, shown(value), setting.help, setting.weighty)
            for setting in SETTINGS
            if setting.attribute not in self.model_fields_set
            and (value := getattr(self, setting.attribute)) not in (None, [], {})
        )


SETTINGS: tuple[Setting, ...] = tuple(
    describe(attribute, Config.model_fields[attribute], title)
    for title, group in GROUPS.items()
    for attribute in group.model_fields
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
BY_ATTRIBUTE = {setting.attribute: setting for setting in SETTINGS}
