"""Restore jobs of AWS Backup: one that runs, or has run, for the same is gone on with; else one is started."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import aws_calls, trouble
from blueprint.cli.checks.aws import Account, code
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.pods import waits
from blueprint.cli.restore.points import Point
from blueprint.config.problems import plain

_LATELY: Final = timedelta(days=3)
_GOES_ON: Final = ("PENDING", "RUNNING")
_ITEMS: Final = "itemsToRestore"
_LAST: Final = "Look at the jobs in AWS Backup, then run the same command again"


@dataclass(frozen=True)
class Job:
    """One restore, when it has ended."""

    id: str
    begun: datetime
    ended: datetime
    made: str
    """The ARN of what it made, or restored into."""
    again: bool
    """Whether it was there before this command."""


def items(account: Account, role: str, point: Point, file_system: str, path: str, *, fresh: bool = False) -> Job:
    """Restore a path of a file system into a directory beside the others; `fresh` takes no former job for it."""
    wanted = json.dumps([path])
    known = None if fresh else _known(account, point, {_ITEMS: wanted, "file-system-id": file_system})
    if known is None:
        metadata = {
            "Encrypted": "true",
            "PerformanceMode": "generalPurpose",
            **_told(account, point),
            "file-system-id": file_system,
            "newFileSystem": "false",
            "CreationToken": f"restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}",
            _ITEMS: wanted,
        }
        return _ended(account, _started(account, role, point, "EFS", metadata), again=False)
    return _ended(account, known, again=True)


def volume(account: Account, role: str, point: Point, zone: str, tags: Mapping[str, str]) -> str:
    """Restore a volume into a zone, and tag it; its id."""
    known = _known(account, point, {"availabilityZone": zone})
    job = _ended(account, known, again=True) if known else None
    if job is None or not _exists(account, _id(job)):
        metadata = {"volumeType": "gp3", "encrypted": "true", **_told(account, point), "availabilityZone": zone}
        job = _ended(account, _started(account, role, point, "EBS", metadata), again=False)
    with aws_calls(RIGHTS, last=_LAST):
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        account.client("ec2").create_tags(Resources=[_id(job)], Tags=listed)
    return _id(job)


def _told(account: Account, point: Point) -> dict[str, str]:
    """What AWS Backup knows of a restore already, such as the key."""
    with aws_calls(RIGHTS, last=_LAST):
        told = account.client("backup").get_recovery_point_restore_metadata(
            BackupVaultName=point.vault, RecoveryPointArn=point.arn
        )
        return dict(told["RestoreMetadata"])


def _known(account: Account, point: Point, metadata: Mapping[str, str]) -> str | None:
    """The newest job of the last days that does the same, and has not failed."""
    since = datetime.now(UTC) - _LATELY
    backup = account.client("backup")
    with aws_calls(RIGHTS, last=_LAST):
        for each in account.listed("backup", "list_restore_jobs", "RestoreJobs", ByCreatedAfter=since):
            if each.get("RecoveryPointArn") != point.arn or each["Status"] not in (*_GOES_ON, "COMPLETED"):
                continue
            told = backup.get_restore_job_metadata(RestoreJobId=each["RestoreJobId"])["Metadata"]
            if metadata.items() <= told.items():
                return str(each["RestoreJobId"])
    return None


def _started(account: Account, role: str, point: Point, kind: str, metadata: Mapping[str, str]) -> str:
    with aws_calls(RIGHTS, last=_LAST):
        made = account.client("backup").start_restore_job(
            RecoveryPointArn=point.arn, IamRoleArn=role, ResourceType=kind, Metadata=dict(metadata)
        )
        return str(made["RestoreJobId"])


def _ended(account: Account, id: str, *, again: bool) -> Job:
    """Wait for a job's end. Raises TroubleError where it fails."""
    backup = account.client("backup")
    for _ in waits():
        with aws_calls(RIGHTS, last=_LAST):
            told: dict[str, Any] = backup.describe_restore_job(RestoreJobId=id)
            if told["Status"] in _GOES_ON:
                continue
            begun = told["CreationDate"].astimezone(UTC)
            if told["Status"] == "COMPLETED":
                ended = (told.get("CompletionDate") or told["CreationDate"]).astimezone(UTC)
                return Job(id, begun, ended, str(told.get("CreatedResourceArn") or ""), again)
        why = plain(str(told.get("StatusMessage") or "it does not say why"))[:300]
        raise trouble(f"AWS Backup could not restore it ({told['Status']}): {why}", _LAST)
    raise AssertionError


def _id(job: Job) -> str:
    return job.made.rpartition("/")[2]


def _exists(account: Account, volume_id: str) -> bool:
    with aws_calls(RIGHTS):
        try:
            found = account.client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"]
        except ClientError as error:
            if code(error) != "InvalidVolume.NotFound":
                raise
            return False
        return bool(found) and found[0]["State"] in ("creating", "available", "in-use")
