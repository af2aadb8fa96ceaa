"""Empties a backup vault that is deleted with its data: AWS refuses to delete one that holds recovery points.

Properties: `BackupVaultName`, which is the physical id too. No data.
Rights: `backup:ListRecoveryPointsByBackupVault` on the vault; `backup:DeleteRecoveryPoint` on the recovery points,
`arn:<partition>:backup:<region>:<account>:recovery-point:*` and, for volumes,
`arn:<partition>:ec2:<region>::snapshot/*`.

A recovery point that is being made cannot be deleted yet, and a deleted one of a file system stays listed for a while:
so it goes round until the vault is empty, or until its time is over.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from .runtime import CALLS, Answer, Context, Event, Sleep, Wait, answering, code, listed

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_backup.type_defs import RecoveryPointByBackupVaultTypeDef as RecoveryPoint

log = logging.getLogger(__name__)

BUSY = {"InvalidRequestException", "InvalidResourceStateException"}
"""The answers for a recovery point that is being made or deleted."""


def handler(event: Event, context: Context, sleep: Sleep = time.sleep) -> Answer:
    """Do nothing until the deletion; delete then every recovery point."""
    vault = event["ResourceProperties"]["BackupVaultName"]
    if event["RequestType"] == "Delete":
        _empty(boto3.client("backup", config=CALLS), vault, Wait(context, sleep))
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    return {"PhysicalResourceId": vault}


def _empty(backup: BackupClient, vault: str, wait: Wait) -> None:
    points: list[RecoveryPoint] = []
    for _ in wait.rounds(f"backup vault {vault} to be empty", every=15):
        points = _points(backup, vault)
        if not points:
            return
        for point in points:
            _delete(backup, vault, point["RecoveryPointArn"])
    raise RuntimeError(
        f"Backup vault {vault} still holds {len(points)} recovery point(s). Wait until they are deleted, or delete "
        "them by hand, then destroy the stack again.\n"
        + listed([f"{point['RecoveryPointArn']} ({point.get('Status', 'unknown')})" for point in points])
    )


def _points(backup: BackupClient, vault: str) -> list[RecoveryPoint]:
    try:
        pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=vault)
        return [point for page in pages for point in page["RecoveryPoints"]]
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            log.info("backup vault %s is gone already", vault)
            return []
        raise


def _delete(backup: BackupClient, vault: str, arn: str) -> None:
    try:
        backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=arn)
    except ClientError as error:
        if code(error) not in BUSY | {"ResourceNotFoundException"}:
            raise
        log.info("%s is not deleted yet: %s", arn, code(error))


answer = answering(handler)
