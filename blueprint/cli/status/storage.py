"""Storage: the homes' file system, or their volumes, the hub's database, and when each was backed up last."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from blueprint.cli.changing.trouble import aws_calls
from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.findings import listed
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.stacks import of_data, one
from blueprint.cli.restore.points import of_volumes
from blueprint.config import Config
from blueprint.config.problems import plain
from blueprint.hub.names import DEPLOYMENT_TAG

_CLAIM: Final = "kubernetes.io/created-for/pvc/name"
_FAILED: Final = ("FAILED", "ABORTED", "EXPIRED")
_LATELY: Final = timedelta(days=3)


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
            made.append(_home_volumes(config, account, found.get("AWS::Backup::BackupVault", ())))
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


def home_volumes(config: Config, account: Account) -> dict[str, Mapping[str, Any]]:
    """The volumes of homes, by their ids."""
    filters = [
        {"Name": f"tag:{DEPLOYMENT_TAG}", "Values": [config.name]},
        {"Name": "tag-key", "Values": [_CLAIM]},
    ]
    return {each["VolumeId"]: each for each in account.listed("ec2", "describe_volumes", "Volumes", Filters=filters)}


def claim(volume: Mapping[str, Any]) -> str:
    """The claim whose home a volume is."""
    return next((str(each["Value"]) for each in volume.get("Tags", ()) if each["Key"] == _CLAIM), "")


def _home_volumes(config: Config, account: Account, vaults: Sequence[str]) -> Row:
    """All of them; backed up is told of the one whose last backup is the oldest."""
    found = home_volumes(config, account)
    newest = {id: points[0].created for id, points in of_volumes(account, vaults).items() if id in found}
    never = [claim(each) for id, each in found.items() if id not in newest]
    about = f"{len(found)} volumes, {sum(each['State'] == 'in-use' for each in found.values())} in use"
    if never and newest:
        about += f"; never backed up: {listed(sorted(never), 3)}"
    ill = sum(each["State"] == "error" for each in found.values())
    return Row(
        "homes",
        "",
        float(sum(each["Size"] for each in found.values())) * 2**30,
        plain(about),
        f"{ill} in error" if ill else "",
        min(newest.values()).isoformat(timespec="seconds") if newest else "",
        _failed_volume(config, account, found, newest),
    )


def _failed_volume(
    config: Config, account: Account, found: Mapping[str, Mapping[str, Any]], newest: Mapping[str, datetime]
) -> str:
    """Which of the last days' backups of homes failed, if no other of that home came after it."""
    if not config.storage_backup_days:
        return ""
    since = datetime.now(UTC) - _LATELY
    jobs = account.listed("backup", "list_backup_jobs", "BackupJobs", ByResourceType="EBS", ByCreatedAfter=since)
    for each in jobs:
        id = each["ResourceArn"].rpartition("/")[2]
        if id in found and each["State"] in _FAILED and (id not in newest or each["CreationDate"] > newest[id]):
            return plain(f"{claim(found[id])}: {each.get('StatusMessage') or each['State']}")[:160]
    return ""


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
    failed = [each for each in jobs if each["State"] in _FAILED and (newest is None or each["CreationDate"] > newest)]
    why = plain(str(failed[0].get("StatusMessage") or failed[0]["State"]))[:160] if failed else ""
    return newest.isoformat(timespec="seconds") if newest else "", why
