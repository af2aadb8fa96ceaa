"""What checks look at: the configuration, both accounts, the world's names, and the time."""

from dataclasses import dataclass, field
from datetime import datetime

from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.names import Resolver
from blueprint.config import Config


@dataclass(frozen=True)
class World:
    """`dns` is absent where nobody said which credentials are the DNS account's."""

    config: Config
    workload: Account
    dns: Account | None
    now: datetime
    resolver: Resolver = field(default_factory=Resolver)
    qualifier: str = "hnb659fds"
    """Of the CDK's bootstrap: `@aws-cdk/core:bootstrapQualifier` in context is another one."""
    role: str | None = None
    """As whom the cluster is asked; None as whoever asks AWS."""

    @property
    def authorities(self) -> str | None:
        """The certificates of authorities that vouch for the identity provider besides the public ones."""
        return self.config.identity_ca.text if self.config.identity_ca else None

    @property
    def subzone_account(self) -> Account | None:
        """The account that the subzone lives in."""
        return self.workload if self.config.dns_subzone_account == "workload" else self.dns

    def stack(self, name: str) -> str:
        """What CloudFormation calls a stack of this deployment."""
        return f"{self.config.name}-{name}"
