"""AWS Backup in the stand-in: what is backed up is kept, and comes back beside what is there, or as another volume."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud, Server
from tests.rehearsal.functions import role
from tests.rehearsal.stacks import ACCOUNT, REGION


@pytest.fixture
def backup(cloud: Cloud) -> Any:
    return cloud.client("backup")


@pytest.fixture
def vault(backup: Any) -> str:
    name = f"vault-{secrets.token_hex(4)}"
    backup.create_backup_vault(BackupVaultName=name)
    return name


@pytest.fixture
def restorer(cloud: Cloud) -> str:
    return role(cloud, f"backup-{secrets.token_hex(4)}")


@pytest.fixture
def homes(cloud: Cloud) -> str:
    """A file system's ARN."""
    made = cloud.client("efs").create_file_system(CreationToken=secrets.token_hex(8))
    return str(made["FileSystemArn"])


def data(server: Server, arn: str) -> Path:
    found = server._backups.data(arn)
    found.mkdir(parents=True, exist_ok=True)
    return found


def back_up(backup: Any, vault: str, resource: str, role: str) -> str:
    made = backup.start_backup_job(BackupVaultName=vault, ResourceArn=resource, IamRoleArn=role)
    return str(made["RecoveryPointArn"])


def restored(backup: Any, point: str, role: str, **metadata: str) -> dict[str, Any]:
    """A restore job, when it has ended."""
    id = backup.start_restore_job(RecoveryPointArn=point, IamRoleArn=role, Metadata=metadata)["RestoreJobId"]
    assert backup.describe_restore_job(RestoreJobId=id)["Status"] == "RUNNING"
    told: dict[str, Any] = backup.describe_restore_job(RestoreJobId=id)
    assert told["Status"] == "COMPLETED"
    return told


def test_items_come_back_below_a_directory_of_their_own(
    server: Server, backup: Any, vault: str, homes: str, restorer: str
) -> None:
    files = data(server, homes)
    (files / "home" / "ada").mkdir(parents=True)
    (files / "home" / "ada" / "thesis").write_text("as it was")
    (files / "home" / "grace").write_text("not asked for")
    point = back_up(backup, vault, homes, restorer)
    (files / "home" / "ada" / "thesis").write_text("as it is")
    id = homes.rpartition("/")[2]
    items = {"file-system-id": id, "newFileSystem": "false", "itemsToRestore": json.dumps(["/home/ada"])}
    told = restored(backup, point, restorer, **items)
    (beside,) = files.glob("aws-backup-restore_*")
    assert (beside / "home" / "ada" / "thesis").read_text() == "as it was"
    assert not (beside / "home" / "grace").exists()
    assert (files / "home" / "ada" / "thesis").read_text() == "as it is"
    assert told["CreatedResourceArn"] == homes
    assert backup.get_restore_job_metadata(RestoreJobId=told["RestoreJobId"])["Metadata"] == items


def test_volume_comes_back_as_another_one(server: Server, cloud: Cloud, backup: Any, vault: str, restorer: str) -> None:
    made = cloud.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=3)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made['VolumeId']}"
    (data(server, arn) / "database").write_text("as it was")
    point = back_up(backup, vault, arn, restorer)
    told = backup.get_recovery_point_restore_metadata(BackupVaultName=vault, RecoveryPointArn=point)["RestoreMetadata"]
    assert told == {"availabilityZone": f"{REGION}a", "volumeSize": "3"}
    wanted = {**told, "volumeType": "gp3", "encrypted": "true", "availabilityZone": f"{REGION}b"}
    new = restored(backup, point, restorer, **wanted)["CreatedResourceArn"]
    (volume,) = cloud.client("ec2").describe_volumes(VolumeIds=[new.rpartition("/")[2]])["Volumes"]
    assert (volume["AvailabilityZone"], volume["Encrypted"]) == (f"{REGION}b", True)
    assert (data(server, new) / "database").read_text() == "as it was"


def test_recovery_points_are_listed_by_vault_and_resource_until_they_are_deleted(
    backup: Any, vault: str, homes: str, restorer: str
) -> None:
    point = back_up(backup, vault, homes, restorer)

    def listed() -> tuple[list[str], list[str]]:
        by_vault = backup.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]
        by_resource = backup.list_recovery_points_by_resource(ResourceArn=homes)["RecoveryPoints"]
        return [each["RecoveryPointArn"] for each in by_vault], [each["RecoveryPointArn"] for each in by_resource]

    assert listed() == ([point], [point])
    assert [each["State"] for each in backup.list_backup_jobs(ByResourceArn=homes)["BackupJobs"]] == ["COMPLETED"]
    with pytest.raises(ClientError, match="contains recovery points"):
        backup.delete_backup_vault(BackupVaultName=vault)
    backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
    assert listed() == ([], [])
    backup.delete_backup_vault(BackupVaultName=vault)


def test_nothing_is_backed_up_or_restored_by_a_role_that_is_not_there(
    backup: Any, vault: str, homes: str, restorer: str
) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    with pytest.raises(ClientError, match="not authorized"):
        back_up(backup, vault, homes, nobody)
    point = back_up(backup, vault, homes, restorer)
    with pytest.raises(ClientError, match="not authorized"):
        backup.start_restore_job(RecoveryPointArn=point, IamRoleArn=nobody, Metadata={"newFileSystem": "false"})


def test_what_is_not_there_is_not_found(backup: Any, vault: str, restorer: str) -> None:
    with pytest.raises(ClientError, match="Cannot find recovery point"):
        backup.start_restore_job(
            RecoveryPointArn=f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:none", IamRoleArn=restorer, Metadata={}
        )
    with pytest.raises(ClientError, match="Cannot find restore job"):
        backup.describe_restore_job(RestoreJobId="none")
