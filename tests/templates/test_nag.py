"""cdk-nag's AwsSolutions rules: every finding is acknowledged here, with its reason, or mended.

Its rules for EKS do not see `aws_eks_v2` clusters: test_cluster.py has assertions of its own for those.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from blueprint.config import Config
from blueprint.stacks import deploy
from tests.conftest import Synthesized
from tests.templates.assembly import Assembly, once, synthesize
from tests.templates.variants import VARIANTS

Finding = tuple[str, str]

NO_RESOURCE = "the actions know no resources; test_roles.py has the list of them"
OF_CDK = "CDK's own function, whose role and runtime are CDK's"
ACKNOWLEDGED: dict[tuple[str, str], str] = {
    (r"IAM4.*AWSLambdaBasicExecutionRole", r".*"): "writing its own log is all that this policy of AWS's grants",
    (r"IAM4.*(AWSLambdaVPCAccess|ContainerRegistry|HasEcrPublic).*", r".*/KubectlProvider/.*"): OF_CDK,
    (r"IAM5\[Resource::<.*Arn>:\*\]", r".*/framework-onEvent/.*"): "the versions of the one function that it calls",
    (r"L1", r".*/KubectlProvider/.*"): OF_CDK,
    (r"L1", r".*/(Emptying|Handler)/Provider/.*"): "Python 3.13, which the handlers are tested with, has years to go",
    (r"IAM4.*AWSBackupServiceRolePolicyFor.*", r".*/BackupPlan/.*"): "AWS Backup's own, which follows its new features",
    (r"IAM4.*AmazonEKSClusterPolicy.*", r".*/ControlPlane/Role.*"): "EKS asks for it on a cluster's role",
    (
        r"IAM4.*(AmazonEKSWorkerNodePolicy|ContainerRegistryPullOnly).*",
        r".*/(Nodes|Karpenter)/Role.*",
    ): "EKS asks for them on nodes",
    (r"IAM4.*AmazonEKS_CNI_Policy.*", r".*/VpcCniRole.*"): "AWS keeps it in step with its plugin",
    (
        r"IAM4.*AmazonEBSCSIDriverEKSClusterScopedPolicy.*",
        r".*/VolumeDriver/.*",
    ): "AWS keeps it in step with its driver",
    (r"IAM5\[Resource::\*\]", r"Hub/.*"): NO_RESOURCE,
    (r"IAM5\[Resource::\*\]", r"Data/Network/Zones/.*"): NO_RESOURCE,
    (r"IAM5\[Resource::\*\]", r"ParentDns/DomainOperator/.*"): NO_RESOURCE,
    (r"IAM5.*hostedzone/\*.*", r"ParentDns/DomainOperator/.*"): "no parent zone's id; held to the subzone's NS record",
    (r"IAM5.*hostedzone/\*.*", r".*/Subzone/Emptying/.*"): "reading, and deleting CNAMEs below the subzone",
    (r"IAM5.*access-point/\*.*", r".*"): "the driver makes access points; held to its tag, or to reading",
    (r"IAM5.*security-group/\*.*", r".*/LoadBalancerController/.*"): "held to the cluster's tag, or to the VPC",
    (r"IAM5.*(loadbalancer/app|targetgroup)/\*.*", r".*/LoadBalancerController/.*"): "held to the cluster's tag",
    (r"IAM5.*listener(-rule)?/app/\*.*", r".*/LoadBalancerController/.*"): "the controller tags these in a second call",
    (r"IAM5.*autoScalingGroupName/eks-\*.*", r".*/Autoscaler/.*"): "held to the cluster's tag",
    (r"IAM5.*nodegroup/<?.*>?/\*/\*.*", r".*/Autoscaler/.*"): "its own cluster's node groups, which it only reads",
    (
        r"IAM5.*:(fleet|instance|volume|network-interface|launch-template|spot-instances-request)/\*.*",
        r".*/Karpenter/.*",
    ): "held to the cluster's tag, and a pool's",
    (r"IAM5.*:instance-profile/.*_\*.*", r".*/Karpenter/.*"): "names of an earlier Karpenter's; it only looks for them",
    (
        r"IAM5.*::(image|snapshot)/\*.*",
        r".*/Karpenter/.*",
    ): "AWS's images have no tag of the cluster's, and other ids each week",
    (r"SQS3", r".*/Karpenter/Queue/.*"): "news of five minutes' worth, of which what cannot be read is worth nothing",
    (r"IAM5.*:role/\*/.*", r".*/Prerequisites/.*"): "looks at roles of a name, whatever their path",
    (r"IAM5.*:certificate/\*.*", r".*/Certificate/.*"): "reading any, deleting those with the deployment's tag",
    (r"IAM5.*(recovery-point:|snapshot/)\*.*", r".*/UserData/Emptying/.*"): "a backup's ARN does not tell its vault",
    (r"SMG4", r".*/ClientSecret/(Secret/)?Resource"): "the identity provider makes the secret: AWS cannot rotate it",
    (r"SMG4", r".*/StateKey/.*"): "another key would end every session, and what it encrypts lives as short as they do",
    (r"COG8", r".*/Users/Pool/.*"): "the plan with threat protection costs several times as much for each user",
}
"""Patterns of the rule's id and of the construct's path, and the reason."""

NAGGED = [
    "shipped",
    "parent",
    "seed",
    "thrown away",
    "listed subnets",
    "own parts",
    "EBS homes",
    "Cognito",
    "Karpenter",
]


def _with_nag(app: App, config: Config) -> None:
    deploy(app, config)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


@pytest.fixture(scope="module")
def findings(synthesized: Synthesized) -> set[Finding]:
    """What cdk-nag finds in the variants: rules and paths."""
    synthesized("shipped")  # has the process ready
    return {finding for variant in NAGGED for finding in _findings(once(["nag", variant], _look_at(variant)))}


def _look_at(variant: str) -> Callable[[Path], None]:
    def look(folder: Path) -> None:
        with pytest.raises(RuntimeError, match="ValidationFailed"):  # after it has written everything
            synthesize(VARIANTS[variant], folder, _with_nag)

    return look


def _findings(folder: Path) -> set[Finding]:
    reports = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    (report,) = (each for each in reports if each["pluginName"] == "AwsSolutions")
    return {
        (violation["ruleName"].removeprefix("AwsSolutions-"), construct["constructPath"])
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    }


def _matches(pattern: tuple[str, str], finding: Finding) -> bool:
    return all(re.match(each, text) for each, text in zip(pattern, finding, strict=True))


def test_every_finding_is_acknowledged(findings: set[Finding]) -> None:
    assert [each for each in sorted(findings) if not any(_matches(pattern, each) for pattern in ACKNOWLEDGED)] == []


def test_every_acknowledgement_has_a_finding(findings: set[Finding]) -> None:
    assert [pattern for pattern in ACKNOWLEDGED if not any(_matches(pattern, each) for each in findings)] == []


def test_nothing_but_roles_functions_secrets_queue_and_user_pool_is_acknowledged(findings: set[Finding]) -> None:
    assert {re.split(r"\[", rule)[0] for rule, _ in findings} == {"COG8", "IAM4", "IAM5", "L1", "SMG4", "SQS3"}


def test_an_assembly_without_nag_has_no_report_of_it(shipped: Assembly) -> None:
    with pytest.raises((FileNotFoundError, ValueError)):
        _findings(shipped.folder)
