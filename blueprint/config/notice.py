"""Remarks on a valid context: what kinds there are, how much each matters, and the stack that it concerns."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Severity = Literal["info", "warning"]
Concern = Literal["ParentDns", "Data", "Hub"]

PREFIX: Final = "blueprint:"


class Kind(NamedTuple):
    """Where a kind of notice is told, and whether `cdk synth --strict` fails for it (a warning) or not."""

    stack: Concern
    severity: Severity = "warning"


KINDS: Final = {
    "plain-client-secret": Kind("Hub"),
    "kubernetes-unsupported": Kind("Hub"),
    "kubernetes-extended-support": Kind("Hub"),
    "kubernetes-support-ends": Kind("Hub", "info"),
    "workload-account-unknown": Kind("ParentDns"),
    "open-admission": Kind("Hub"),
    "open-hub": Kind("Hub"),
    "open-api": Kind("Hub"),
    "no-hub-admin": Kind("Hub"),
    "no-cluster-admin": Kind("Hub"),
    "empty-user-pool": Kind("Data"),
    "no-second-factor": Kind("Data", "info"),
    "unstable-usernames": Kind("Hub"),
    "takeover": Kind("Hub"),
    "no-openid-scope": Kind("Hub"),
    "no-offline-access-scope": Kind("Hub"),
    "no-email-scope": Kind("Hub", "info"),
    "user-data-not-kept": Kind("Data"),
    "no-backups": Kind("Data"),
    "efs-settings-unused": Kind("Data", "info"),
    "unknown-instance-types": Kind("Hub", "info"),
    "types-not-in-region": Kind("Hub"),
    "gpu-types-not-looked-up": Kind("Hub", "info"),
    "memory-limit-above-node": Kind("Hub"),
    "no-parallel-pull": Kind("Hub", "info"),
    "core-nodes-do-not-grow": Kind("Hub", "info"),
    "foreign-keys": Kind("Hub", "info"),
}
"""The kinds, by the ids that acknowledge them (there with a prefix): ids stay, or acknowledgements are lost."""


@dataclass(frozen=True)
class Notice:
    """One remark: `key` is the setting it is about, `change` says how to act on it."""

    kind: str
    key: str | None
    text: str
    change: str

    @property
    def id(self) -> str:
        """What acknowledges it."""
        return f"{PREFIX}{self.kind}"

    @property
    def stack(self) -> Concern:
        """The stack that it concerns."""
        return KINDS[self.kind].stack

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return KINDS[self.kind].severity

    def __str__(self) -> str:
        subject = f"{self.key}: " if self.key else ""
        return f"{subject}{self.text} {self.change}"
