"""The recovery points of what holds homes and database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blueprint.cli.changing.trouble import aws_calls, trouble
from blueprint.cli.checks.aws import Account
from blueprint.cli.cluster.access import RIGHTS
from blueprint.config import Config


@dataclass(frozen=True)
class Point:
    """A recovery point that can be restored from."""

    arn: str
    vault: str
    created: datetime

    @property
    def label(self) -> str:
        """Its time, as names of directories have it."""
        return f"{self.created:%Y-%m-%dT%H-%M-%SZ}"

    @property
    def title(self) -> str:
        """What to call it."""
        return f"the recovery point of {self.created:%Y-%m-%d %H:%M} UTC"


def points(account: Account, resource: str) -> list[Point]:
    """Those of a file system or volume that can be restored from, the newest first. Raises TroubleError."""
    with aws_calls(RIGHTS, last="Look at AWS Backup"):
        found = account.listed("backup", "list_recovery_points_by_resource", "RecoveryPoints", ResourceArn=resource)
        return _usable(found)


def of_volumes(account: Account, vaults: Sequence[str]) -> dict[str, list[Point]]:
    """Those of all volumes that vaults have backups of, by the volume's id. Raises TroubleError."""
    by_volume: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    with aws_calls(RIGHTS, last="Look at AWS Backup"):
        for vault in vaults:
            arguments = {"BackupVaultName": vault, "ByResourceType": "EBS"}
            for each in account.listed("backup", "list_recovery_points_by_backup_vault", "RecoveryPoints", **arguments):
                by_volume[each["ResourceArn"].rpartition("/")[2]].append({"BackupVaultName": vault, **each})
        return {id: usable for id, found in by_volume.items() if (usable := _usable(found))}


def _usable(found: Sequence[Mapping[str, Any]]) -> list[Point]:
    made = [
        Point(each["RecoveryPointArn"], each["BackupVaultName"], each["CreationDate"].astimezone(UTC))
        for each in found
        if each["Status"] in ("COMPLETED", "AVAILABLE")
    ]
    return sorted(made, key=lambda each: each.created, reverse=True)


def as_of(found: list[Point], moment: datetime | None) -> Point:
    """The newest one, or the newest that is not younger than a moment. Raises TroubleError."""
    if not found:
        raise trouble("There is no recovery point of it.", "Look at storage.backup.days, and at the jobs in AWS Backup")
    fitting = [each for each in found if moment is None or each.created <= moment]
    if not fitting:
        oldest = f"{found[-1].created:%Y-%m-%d %H:%M} UTC"
        raise trouble(
            f"No recovery point is as old as that: the oldest one is of {oldest}.", "Give a later time to --at"
        )
    return fitting[0]


def file_system_arn(config: Config, account: Account, id: str) -> str:
    """As AWS Backup calls a file system."""
    return f"arn:aws:elasticfilesystem:{account.region}:{_owner(config, account)}:file-system/{id}"


def volume_arn(config: Config, account: Account, id: str) -> str:
    """As AWS Backup calls a volume."""
    return f"arn:aws:ec2:{account.region}:{_owner(config, account)}:volume/{id}"


def restoring_role(account: Account, resources: Mapping[str, list[str]]) -> str:
    """The role of the plan's selections, which may restore as well. Raises TroubleError."""
    with aws_calls(RIGHTS):
        backup = account.client("backup")
        for plan in resources.get("AWS::Backup::BackupPlan", []):
            for each in account.listed("backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan):
                told = backup.get_backup_selection(BackupPlanId=plan, SelectionId=each["SelectionId"])
                return str(told["BackupSelection"]["IamRoleArn"])
    raise trouble("The stack Data has no backup plan.", "Set storage.backup.days, and cdk deploy Data")


def _owner(config: Config, account: Account) -> str:
    if config.workload_account:
        return config.workload_account
    with aws_calls(RIGHTS):
        return str(account.client("sts").get_caller_identity()["Account"])
