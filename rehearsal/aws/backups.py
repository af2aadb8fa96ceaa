"""AWS Backup: what is backed up, the backups, with the data in them, and what is restored from them."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from moto.backup.models import backup_backends
from moto.ec2.models import ec2_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.extensions import role_exists

Place = tuple[str, str]
"""An account and a region."""


@dataclass
class Point:
    """A recovery point, and the folder with what was there."""

    arn: str
    resource: str
    vault: str
    role: str
    created: datetime
    data: Path
    facts: dict[str, Any] = field(default_factory=dict)
    """Of the volume that it was made of."""

    @property
    def kind(self) -> str:
        """As AWS Backup calls it."""
        return "EBS" if ":volume/" in self.resource else "EFS"

    def told(self) -> dict[str, Any]:
        """As lists have it."""
        return {
            "RecoveryPointArn": self.arn,
            "ResourceArn": self.resource,
            "ResourceType": self.kind,
            "BackupVaultName": self.vault,
            "IamRoleArn": self.role,
            "Status": "COMPLETED",
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "IsEncrypted": True,
        }


@dataclass
class Job:
    """A restore. It runs when it is first asked for, and is done the next time."""

    id: str
    point: Point
    metadata: dict[str, str]
    created: datetime
    made: str = ""
    asked: int = 0

    def told(self) -> dict[str, Any]:
        """As AWS tells it."""
        done = self.asked > 1
        return {
            "RestoreJobId": self.id,
            "RecoveryPointArn": self.point.arn,
            "ResourceType": self.point.kind,
            "CreationDate": self.created,
            "Status": "COMPLETED" if done else "RUNNING",
            "PercentDone": "100.00%" if done else "0.00%",
            **({"CreatedResourceArn": self.made, "CompletionDate": self.created} if done else {}),
        }


@dataclass
class Held:
    """What AWS Backup knows of all accounts; the data of file systems and volumes is in `storage`."""

    storage: Path
    selections: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    points: dict[Place, dict[str, Point]] = field(default_factory=dict)
    jobs: dict[Place, dict[str, Job]] = field(default_factory=dict)
    backups: dict[Place, list[dict[str, Any]]] = field(default_factory=dict)

    def data(self, resource: str) -> Path:
        """The folder of a file system or volume, by its ARN."""
        kind, _, id = resource.rpartition(":")[2].rpartition("/")
        return self.storage / ("ebs" if kind == "volume" else "efs") / id


class Backup(Api):
    """What moto does not know of it."""

    service: ClassVar[str] = "backup"
    extends: ClassVar[bool] = True

    def __init__(self, held: Held) -> None:
        super().__init__()
        self._held = held

    def create_backup_selection(self, wanted: Input) -> Output:
        """Add to a plan."""
        id = secrets.token_hex(16)
        self._of(wanted)[id] = {"BackupSelection": wanted["BackupSelection"], "SelectionId": id}
        return {"SelectionId": id, "BackupPlanId": wanted["BackupPlanId"]}

    def list_backup_selections(self, wanted: Input) -> Output:
        """All of a plan."""
        return {
            "BackupSelectionsList": [
                {
                    "SelectionId": id,
                    "SelectionName": each["BackupSelection"]["SelectionName"],
                    "BackupPlanId": wanted["BackupPlanId"],
                }
                for id, each in self._of(wanted).items()
            ]
        }

    def get_backup_selection(self, wanted: Input) -> Output:
        """One."""
        found = self._of(wanted).get(wanted["SelectionId"])
        if found is None:
            raise ApiError("ResourceNotFoundException", f"Cannot find selection {wanted['SelectionId']}")
        return {**found, "BackupPlanId": wanted["BackupPlanId"]}

    def delete_backup_selection(self, wanted: Input) -> Output:
        """Take from a plan."""
        self._of(wanted).pop(wanted["SelectionId"], None)
        return {}

    def delete_backup_plan(self, wanted: Input) -> Output:
        """Have a plan gone; moto keeps it, and refuses another one of its name."""
        with moto_settings.LOCK:
            gone = backup_backends[self.current_account][self.region].plans.pop(wanted["BackupPlanId"], None)
        if gone is None:
            raise ApiError("ResourceNotFoundException", f"Cannot find plan {wanted['BackupPlanId']}")
        return {"BackupPlanId": gone.backup_plan_id, "BackupPlanArn": gone.backup_plan_arn}

    def list_recovery_points_by_backup_vault(self, wanted: Input) -> Output:
        """The backups in a vault."""
        self._vault(wanted["BackupVaultName"])
        points = [each for each in self._points.values() if each.vault == wanted["BackupVaultName"]]
        kind = wanted.get("ByResourceType")
        return {"RecoveryPoints": [each.told() for each in points if kind in (None, each.kind)]}

    def list_recovery_points_by_resource(self, wanted: Input) -> Output:
        """The backups of a file system or volume."""
        return {
            "RecoveryPoints": [each.told() for each in self._points.values() if each.resource == wanted["ResourceArn"]]
        }

    def delete_recovery_point(self, wanted: Input) -> Output:
        """Have one gone."""
        point = self._point(wanted["RecoveryPointArn"])
        shutil.rmtree(point.data, ignore_errors=True)
        del self._points[point.arn]
        return {}

    def delete_backup_vault(self, wanted: Input) -> Output | None:
        """Refuse that for one with backups in it; else moto does it."""
        if any(each.vault == wanted["BackupVaultName"] for each in self._points.values()):
            raise ApiError(
                "InvalidRequestException", "Backup vault cannot be deleted because it contains recovery points."
            )
        return None

    def start_backup_job(self, wanted: Input) -> Output:
        """Back something up, now."""
        self._vault(wanted["BackupVaultName"])
        self._role(wanted["IamRoleArn"])
        resource, now = wanted["ResourceArn"], datetime.now(UTC)
        volume = self._volume(resource.rpartition("/")[2]) if ":volume/" in resource else None
        id = secrets.token_hex(16)
        of_backup = f"arn:aws:backup:{self.region}:{self.current_account}:recovery-point:{id}"
        arn = f"arn:aws:ec2:{self.region}::snapshot/snap-{id[:17]}" if volume else of_backup
        data = self._held.storage / "backups" / id
        source = self._held.data(resource)
        if source.exists():
            shutil.copytree(source, data, symlinks=True)
        data.mkdir(parents=True, exist_ok=True)
        facts = {"availabilityZone": volume.zone.name, "volumeSize": str(volume.size)} if volume else {}
        if volume and volume.kms_key_id:
            facts |= {"encrypted": "true", "kmsKeyId": volume.kms_key_id}
        point = Point(arn, resource, wanted["BackupVaultName"], wanted["IamRoleArn"], now, data, facts)
        self._points[arn] = point
        job = {"BackupJobId": id, "ResourceArn": resource, "State": "COMPLETED", "CreationDate": now}
        job["ResourceType"] = point.kind
        self._held.backups.setdefault(self._place, []).append({**job, "RecoveryPointArn": arn})
        return {"BackupJobId": id, "RecoveryPointArn": arn, "CreationDate": now}

    def list_backup_jobs(self, wanted: Input) -> Output:
        """What was backed up, the newest first."""
        found = self._held.backups.get(self._place, [])
        about, kind = wanted.get("ByResourceArn"), wanted.get("ByResourceType")
        since = wanted.get("ByCreatedAfter", datetime.min).replace(tzinfo=UTC)  # which is parsed as a time of nowhere
        return {
            "BackupJobs": [
                each
                for each in reversed(found)
                if about in (None, each["ResourceArn"])
                and kind in (None, each["ResourceType"])
                and each["CreationDate"] > since
            ]
        }

    def get_recovery_point_restore_metadata(self, wanted: Input) -> Output:
        """What a restore needs to be told, as far as AWS knows it."""
        point = self._point(wanted["RecoveryPointArn"])
        told = point.facts or {"file-system-id": point.resource.rpartition("/")[2]}
        return {"RecoveryPointArn": point.arn, "RestoreMetadata": told}

    def start_restore_job(self, wanted: Input) -> Output:
        """Restore items beside what is there, or a whole volume as another one."""
        self._role(wanted["IamRoleArn"])
        point, metadata = self._point(wanted["RecoveryPointArn"]), dict(wanted["Metadata"])
        job = Job(secrets.token_hex(16), point, metadata, datetime.now(UTC))
        job.made = self._restored_volume(point, metadata) if point.kind == "EBS" else self._restored_items(job)
        self._jobs[job.id] = job
        return {"RestoreJobId": job.id}

    def describe_restore_job(self, wanted: Input) -> Output:
        """How far it is."""
        job = self._job(wanted)
        job.asked += 1
        return job.told()

    def get_restore_job_metadata(self, wanted: Input) -> Output:
        """What it was told."""
        job = self._job(wanted)
        return {"RestoreJobId": job.id, "Metadata": job.metadata}

    def list_restore_jobs(self, wanted: Input) -> Output:
        """All of them, the newest first."""
        return {"RestoreJobs": [each.told() for each in reversed(list(self._jobs.values()))]}

    def _restored_items(self, job: Job) -> str:
        """https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-efs.html: below a directory of its own."""
        point = job.point
        if job.metadata.get("newFileSystem") != "false":
            raise ApiError("InvalidParameterValueException", "The stand-in restores into the file system itself.")
        top = self._held.data(point.resource) / f"aws-backup-restore_{job.created:%Y-%m-%dT%H-%M-%S-%f}000Z"
        for item in json.loads(job.metadata["itemsToRestore"]):
            source, target = point.data / item.strip("/"), top / item.strip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy2(source, target)
        return point.resource

    def _restored_volume(self, point: Point, metadata: dict[str, str]) -> str:
        with moto_settings.LOCK:
            volume = ec2_backends[self.current_account][self.region].create_volume(
                size=int(metadata["volumeSize"]),
                zone_name=metadata["availabilityZone"],
                encrypted=metadata.get("encrypted") == "true",
                kms_key_id=metadata.get("kmsKeyId"),
                volume_type=metadata["volumeType"],
            )
        arn = f"arn:aws:ec2:{self.region}:{self.current_account}:volume/{volume.id}"
        shutil.copytree(point.data, self._held.data(arn), symlinks=True)
        return arn

    @property
    def _place(self) -> Place:
        return self.current_account, self.region

    @property
    def _points(self) -> dict[str, Point]:
        return self._held.points.setdefault(self._place, {})

    @property
    def _jobs(self) -> dict[str, Job]:
        return self._held.jobs.setdefault(self._place, {})

    def _point(self, arn: str) -> Point:
        if arn not in self._points:
            raise ApiError("ResourceNotFoundException", f"Cannot find recovery point {arn}")
        return self._points[arn]

    def _job(self, wanted: Input) -> Job:
        if wanted["RestoreJobId"] not in self._jobs:
            raise ApiError("ResourceNotFoundException", f"Cannot find restore job {wanted['RestoreJobId']}")
        return self._jobs[wanted["RestoreJobId"]]

    def _vault(self, name: str) -> None:
        with moto_settings.LOCK:
            vaults = backup_backends[self.current_account][self.region].vaults
        if name not in vaults:
            raise ApiError("ResourceNotFoundException", f"Backup Vault {name} does not exist")

    def _role(self, arn: str) -> None:
        if not role_exists(arn):
            raise ApiError("InvalidParameterValueException", f"IAM Role {arn} is not authorized to call this")

    def _volume(self, id: str) -> Any:
        with moto_settings.LOCK:
            return ec2_backends[self.current_account][self.region].volumes[id]

    def _of(self, wanted: Input) -> dict[str, dict[str, Any]]:
        return self._held.selections.setdefault((self.current_account, wanted["BackupPlanId"]), {})
