"""What a change of a resource means for those who work on the hub, in words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from blueprint.cli.upgrade.difference import Change
from blueprint.cli.upgrade.workloads import Weight, of_chart, of_objects

WEIGHTS: Final[tuple[Weight, ...]] = ("loss", "for good", "interrupts", "pauses", "quiet")
"""From what nobody wants to what nobody notices."""


@dataclass(frozen=True)
class Effect:
    """What happens, to what, and how much it weighs."""

    weight: Weight
    text: str
    change: Change


_HOLDS: Final = {
    "AWS::EFS::FileSystem": "the homes of all users",
    "AWS::EC2::Volume": "the hub's database",
    "AWS::Backup::BackupVault": "the backups",
    "AWS::KMS::Key": "what it encrypts",
    "AWS::Cognito::UserPool": "all accounts of people",
    "AWS::Route53::HostedZone": "the zone, whose name servers are delegated to",
}
"""What is lost with a thing, or cannot be read any more."""
_NOBODY_NOTICES: Final = (
    *("AWS::IAM::", "AWS::Lambda::", "AWS::Logs::", "AWS::SSM::", "AWS::Events::", "AWS::SQS::", "AWS::Budgets::"),
    *("AWS::Backup::", "AWS::CDK::", "Custom::", "AWS::EKS::PodIdentityAssociation", "AWS::EC2::FlowLog"),
)


def effects(change: Change) -> Iterator[tuple[Weight, str]]:
    """All that a change means; a sentence each."""
    if change.kind in _HOLDS and (change.how == "removed" or change.anew is not False):
        yield _of_kept(change)
    elif rule := _RULES.get(change.kind):
        yield from rule(change)
    else:
        yield from _of_others(change)


def _of_kept(change: Change) -> tuple[Weight, str]:
    lost, certain = _HOLDS[change.kind], change.anew is not None
    if change.kept:
        if change.how == "removed":
            return "for good", f"It leaves the stack and stays in the account: {lost}"
        may = "takes" if certain else "may take"
        return (
            "loss",
            f"A new, empty one {may} the place of {lost}: the old one stays in the account, and nothing uses it",
        )
    return "loss", f"{lost[0].upper()}{lost[1:]} {'are' if certain else 'may be'} deleted"


def _of_cluster(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed":
        yield "loss", "The cluster is deleted, with all that runs on it"
        return
    if change.anew:
        yield "loss", "The cluster is made anew: everything that runs on it ends, and so do all sessions"
        return
    old, new = str(change.old.get("Version", "")), str(change.new.get("Version", ""))
    if old != new and change.how == "changed":
        yield (
            "for good",
            (
                f"The control plane goes from Kubernetes {old} to {new}; servers run on meanwhile. No deployment takes "
                "it back, and node groups never go back: EKS takes the control plane back by hand within 7 days, once "
                "no node runs the newer minor (https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html)"
            ),
        )
    if change.how != "changed" or change.properties - {"Version"}:
        yield "quiet", f"EKS changes the control plane in place ({_names(change)}); servers run on"


def _of_nodes(change: Change) -> Iterator[tuple[Weight, str]]:
    labels = str(change.new.get("Labels") or change.old.get("Labels") or "")
    core = "'core'" in labels or "/Hub" in change.path or "/Core" in change.path
    ends = (
        "the hub moves: nobody signs in for some minutes, and servers run on"
        if core
        else "servers on them end, within 15 minutes for each node; files in homes stay, what is in memory is lost"
    )
    if change.how == "added":
        yield "quiet", "More nodes are made"
    elif change.how == "removed":
        yield "interrupts", f"The nodes go: {ends}"
    elif change.anew is not False:
        yield "interrupts", f"All nodes are made anew, the new ones first: {ends}"
    elif change.properties & {"Version", "ReleaseVersion", "LaunchTemplate"}:
        yield "interrupts", f"Nodes are replaced one after another: {ends}. It is not undone by an earlier version"
    elif change.properties & {"ScalingConfig"}:
        yield "quiet", "Another number of nodes: none that is in use is ended"
    else:
        yield "quiet", f"The group is changed in place ({_names(change)}); nodes stay"


def _of_fargate(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed" or change.anew is not False:
        yield "interrupts", "Servers on Fargate end; files in homes stay, what is in memory is lost"
    else:
        yield "quiet", f"It is {change.how}; servers on Fargate stay"


_ADDONS: Final[dict[str, tuple[Weight, str]]] = {
    "vpc-cni": ("pauses", "a pod that starts waits some seconds for its address; connections stay"),
    "kube-proxy": ("pauses", "new connections within the cluster may take a second longer"),
    "coredns": ("quiet", "its pods are replaced one after another, and one always answers"),
    "aws-ebs-csi-driver": (
        "pauses",
        "no volume is attached for a minute: who starts a server waits; what is mounted stays",
    ),
    "aws-efs-csi-driver": (
        "pauses",
        "its pod on each node starts anew: opening and saving files at home may stall for some seconds, and who starts "
        "a server waits",
    ),
    "eks-pod-identity-agent": ("quiet", "controllers keep the credentials that they have"),
    "metrics-server": ("quiet", "nothing is measured for a minute"),
}


def _of_addon(change: Change) -> Iterator[tuple[Weight, str]]:
    name = str(change.new.get("AddonName") or change.old.get("AddonName"))
    old, new = change.old.get("AddonVersion"), change.new.get("AddonVersion")
    weight, words = _ADDONS.get(name, ("pauses", "its pods start anew"))
    if change.how == "removed":
        yield "interrupts", f"The add-on {name} goes"
    elif change.how == "added":
        yield "quiet", f"The add-on {name} {new} comes"
    elif old != new:
        yield weight, f"The add-on {name} goes from {old} to {new}: {words}"
    else:
        yield weight, f"The add-on {name} gets other settings: {words}"


def _of_template(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "changed":
        yield "quiet", "A new version: node groups that use it say what follows"
    elif change.how == "added":
        yield "quiet", "It comes"
    else:
        yield "quiet", "It goes"


def _of_egress(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed" or change.anew is not False:
        yield "interrupts", "The way out to the internet is cut for some minutes, and comes from another address after"
    else:
        yield "quiet", f"It is {change.how} without a cut"


def _of_network(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed" or change.anew is not False:
        yield (
            "loss",
            "The network under the cluster goes: all that is in it would have to be made anew, and mostly it fails",
        )
    else:
        yield "quiet", f"The network is {change.how} in place ({_names(change)})"


def _of_certificate(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "changed" and change.anew is not False:
        yield "quiet", "A new certificate is issued, and takes the old one's place at the load balancer"
    else:
        yield "quiet", f"The certificate is {change.how}"


def _of_mount(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed" or change.anew is not False:
        yield "interrupts", "Homes are out of reach in a zone until its new mount target is there; open files stall"
    else:
        yield "quiet", f"It is {change.how} in place"


def _of_secret(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.how == "removed" or change.anew is not False:
        yield "interrupts", "Another secret takes its place: everybody signs in anew"
    elif change.properties & {"GenerateSecretString", "SecretString"}:
        yield "interrupts", "Its value is another one: everybody may have to sign in anew"
    else:
        yield "quiet", f"It is {change.how} in place"


def _of_others(change: Change) -> Iterator[tuple[Weight, str]]:
    if change.kind.startswith(_NOBODY_NOTICES) or change.how == "added":
        yield "quiet", f"{change.how.capitalize()}{f' ({_names(change)})' if change.how == 'changed' else ''}"
    elif change.anew:
        yield "pauses", "It is made anew, the new one first"
    elif change.anew is None:
        yield "pauses", f"It may be made anew ({_names(change)})"
    else:
        yield "quiet", f"{change.how.capitalize()} ({_names(change)})"


def _names(change: Change) -> str:
    return ", ".join(sorted(change.properties)) or change.how


_RULES: Final[dict[str, Callable[[Change], Iterator[tuple[Weight, str]]]]] = {
    "AWS::EKS::Cluster": _of_cluster,
    "AWS::EKS::Nodegroup": _of_nodes,
    "AWS::EKS::Addon": _of_addon,
    "AWS::EKS::FargateProfile": _of_fargate,
    "AWS::EC2::LaunchTemplate": _of_template,
    "AWS::EC2::NatGateway": _of_egress,
    "AWS::EC2::EIP": _of_egress,
    "AWS::EC2::VPC": _of_network,
    "AWS::EC2::Subnet": _of_network,
    "AWS::CertificateManager::Certificate": _of_certificate,
    "AWS::EFS::MountTarget": _of_mount,
    "AWS::SecretsManager::Secret": _of_secret,
    "Custom::AWSCDK-EKS-HelmChart": of_chart,
    "Custom::AWSCDK-EKS-KubernetesResource": of_objects,
}
