"""Storage: the homes' file system, or their volumes, the hub's database, and when each was backed up last."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from blueprint.cli.changing.trouble import aws_calls
from blueprint.cli.checks.aws import Account
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.stacks import of_data, one
from blueprint.config import Config
from blueprint.config.problems import plain
from blueprint.hub.names import DEPLOYMENT_TAG


@dataclass(frozen=True)
class Row:
    """One place where data lies; bytes are what AWS bills, times ISO 8601 or empty."""

    what: str
    id: str
    bytes: float
    about: str
    state: str
    backed_up: str
    failed: str
    """What AWS Backup said of a backup that failed after the last one that did not."""

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def rows(config: Config, account: Account) -> list[Row]:
    """What the stack Data holds, and the volumes of homes. Raises TroubleError."""
    found = of_data(config, account)
    made = []
    with aws_calls(RIGHTS):
        if config.storage_home == "efs":
            made.append(_file_system(config, account, one(found, "AWS::EFS::FileSystem", "file system")))
        else:
            made.append(_home_volumes(config, account))
        made.append(_database(config, account, one(found, "AWS::EC2::Volume", "volume of the hub's database")))
    return made


def _file_system(config: Config, account: Account, id: str) -> Row:
    (found,) = account.client("efs").describe_file_systems(FileSystemId=id)["FileSystems"]
    size = found["SizeInBytes"]
    colder = sum(size.get(each) or 0 for each in ("ValueInIA", "ValueInArchive"))
    about = f"{colder / size['Value']:.0%} of it in cheaper classes" if size["Value"] and colder else ""
    return Row(
        "homes",
        id,
        float(size["Value"]),
        about,
        found["LifeCycleState"],
        *_backed_up(config, account, found["FileSystemArn"]),
    )


def _home_volumes(config: Config, account: Account) -> Row:
    filters = [
        {"Name": f"tag:{DEPLOYMENT_TAG}", "Values": [config.name]},
        {"Name": "tag-key", "Values": ["kubernetes.io/created-for/pvc/name"]},
    ]
    found = account.listed("ec2", "describe_volumes", "Volumes", Filters=filters)
    about = f"{len(found)} volumes, {sum(each['State'] == 'in-use' for each in found)} in use"
    return Row("homes", "", float(sum(each["Size"] for each in found)) * 2**30, about, "", "", "")


def _database(config: Config, account: Account, id: str) -> Row:
    (found,) = account.client("ec2").describe_volumes(VolumeIds=[id])["Volumes"]
    arn = f"arn:aws:ec2:{account.region}:{config.workload_account or _number(account)}:volume/{id}"
    size = float(found["Size"]) * 2**30
    about = f"{found['VolumeType']} in {found['AvailabilityZone']}"
    return Row("hub's database", id, size, about, found["State"], *_backed_up(config, account, arn))


def _number(account: Account) -> str:
    return str(account.client("sts").get_caller_identity()["Account"])


def _backed_up(config: Config, account: Account, arn: str) -> tuple[str, str]:
    """When the newest recovery point was made, and why a backup after it failed."""
    points = account.listed("backup", "list_recovery_points_by_resource", "RecoveryPoints", ResourceArn=arn)
    times = [each["CreationDate"] for each in points if each["Status"] in ("COMPLETED", "AVAILABLE")]
    newest: datetime | None = max(times, default=None)
    if not config.storage_backup_days:
        return newest.isoformat(timespec="seconds") if newest else "", ""
    jobs: list[Mapping[str, Any]] = account.client("backup").list_backup_jobs(ByResourceArn=arn, MaxResults=20)[
        "BackupJobs"
    ]
    failed = [
        each
        for each in jobs
        if each["State"] in ("FAILED", "ABORTED", "EXPIRED") and (newest is None or each["CreationDate"] > newest)
    ]
    why = plain(str(failed[0].get("StatusMessage") or failed[0]["State"]))[:160] if failed else ""
    return newest.isoformat(timespec="seconds") if newest else "", why
