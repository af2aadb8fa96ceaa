"""What has to be done before an upgrade: the sound world, and broken ones, each found by its line."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from blueprint.cli.checks.findings import Level
from blueprint.cli.upgrade.readiness import CHECKS
from tests.cli.doctor.border import addon_versions, cluster_versions
from tests.cli.upgrade.conftest import insights, recovery_points
from tests.cli.verify.hub import DeployedHub


class Wrong(NamedTuple):
    make: Callable[[DeployedHub], Any]
    level: Level
    says: str
    fix: str = ""


def told(hub: DeployedHub, operation: str, answer: Any, service: str = "eks") -> None:
    hub.stage.border.answer(service, operation, answer)


def stuck(hub: DeployedHub) -> None:
    hub.stage.border.answer(
        "cloudformation",
        "DescribeStacks",
        {"Stacks": [{"StackName": "x", "CreationTime": 0, "StackStatus": "UPDATE_ROLLBACK_FAILED"}]},
    )


def left_behind(hub: DeployedHub) -> None:
    hub.change_cluster(version="1.34")
    hub.change_nodes(version="1.33")


WRONG = {
    "two minors at once": Wrong(
        lambda hub: hub.change_cluster(version="1.33"),
        "fault",
        "EKS goes up one minor at a time",
        "Set kubernetes.version to 1.34 and kubernetes.running to 1.33",
    ),
    "an older minor": Wrong(
        lambda hub: hub.change_cluster(version="1.36"),
        "fault",
        "takes no cluster down",
        "Set kubernetes.version to 1.36",
    ),
    "nodes that did not follow": Wrong(
        left_behind,
        "fault",
        "EKS refuses to go up so",
        "kubernetes.version 1.34 first",
    ),
    "nodes of another minor": Wrong(
        lambda hub: hub.change_nodes(version="1.34"), "warning", "run another minor than the cluster", "cdk deploy Hub"
    ),
    "calls to an API that goes": Wrong(
        lambda hub: told(hub, "ListInsights", insights(ERROR=1, PASSING=1)),
        "fault",
        "Deprecated APIs removed in Kubernetes v1.36: reason of ERROR",
        "aws eks describe-insight --cluster-name jupyterhub --id ERROR-0",
    ),
    "a warning of EKS's": Wrong(
        lambda hub: told(hub, "ListInsights", insights(WARNING=1, PASSING=1)), "warning", "reason of WARNING"
    ),
    "an insight that is not known": Wrong(
        lambda hub: told(hub, "ListInsights", insights(UNKNOWN=1, PASSING=1)), "unknown", "reason of UNKNOWN"
    ),
    "insights that may not be seen": Wrong(
        lambda hub: hub.stage.border.refuse("eks", "ListInsights", "AccessDeniedException"),
        "unknown",
        "may not call ListInsights",
    ),
    "no backup": Wrong(
        lambda hub: told(hub, "ListRecoveryPointsByResource", recovery_points(), "backup"),
        "fault",
        "There is no backup of the hub's database",
        "aws backup start-backup-job",
    ),
    "a backup that failed": Wrong(
        lambda hub: told(
            hub, "ListRecoveryPointsByResource", recovery_points(timedelta(hours=1), status="EXPIRED"), "backup"
        ),
        "fault",
        "There is no backup of",
    ),
    "an old backup": Wrong(
        lambda hub: told(hub, "ListRecoveryPointsByResource", recovery_points(timedelta(days=3)), "backup"),
        "warning",
        "(3 days old)",
        "aws backup start-backup-job",
    ),
    "nothing backed up": Wrong(
        lambda hub: hub.stage.context.update({"storage.backup.days": 0}), "warning", "Nothing is backed up"
    ),
    "a minor that costs extra": Wrong(
        lambda hub: told(hub, "DescribeClusterVersions", cluster_versions({"1.35": "EXTENDED_SUPPORT"})),
        "warning",
        "is in extended support",
    ),
    "an add-on that EKS took back": Wrong(
        lambda hub: told(hub, "DescribeAddonVersions", addon_versions("x", "v9.9.9-eksbuild.1")),
        "fault",
        "EKS does not offer",
        "Take a newer blueprint",
    ),
    "a stack that is stuck": Wrong(stuck, "fault", "is stuck (UPDATE_ROLLBACK_FAILED)", "continue-update-rollback"),
    "no room for another node": Wrong(lambda hub: hub.stage.border.quotas.update({"L-1216C47A": 4.0}), "fault", "vCPU"),
    "no cluster": Wrong(
        lambda hub: hub.stage.border.refuse("eks", "DescribeCluster", "ResourceNotFoundException"),
        "unknown",
        "nothing runs that could be upgraded",
        "cdk deploy Hub",
    ),
}


def test_the_sound_hub_is_ready(hub: DeployedHub) -> None:
    assert [each for each in hub.stage.find(CHECKS) if each.level != "ok"] == []


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_stands_in_the_way_is_told(hub: DeployedHub, wrong: Wrong) -> None:
    wrong.make(hub)
    found = [each for each in hub.stage.find(CHECKS) if each.level != "ok"]
    mine = [each for each in found if wrong.says in each.text and wrong.fix in each.fix]
    assert mine, found
    assert {each.level for each in mine} == {wrong.level}
