"""Which actions a call needs, where these are not just named like the operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.iam.calls import Call
from rehearsal.iam.reference import Action, action

FREE = {"sts:GetCallerIdentity"}
"""Whoever has credentials may."""

_NAMED: Mapping[str, Sequence[str]] = {
    "budgets:CreateBudget": ["budgets:ModifyBudget"],
    "budgets:DeleteBudget": ["budgets:ModifyBudget"],
    "lambda:Invoke": ["lambda:InvokeFunction"],
    "lambda:GetLayerVersionByArn": ["lambda:GetLayerVersion"],
    "s3:CompleteMultipartUpload": ["s3:PutObject"],
    "s3:CreateMultipartUpload": ["s3:PutObject"],
    "s3:DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "s3:DeleteObjects": ["s3:DeleteObject"],
    "s3:DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "s3:GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "s3:HeadBucket": ["s3:ListBucket"],
    "s3:HeadObject": ["s3:GetObject"],
    "s3:ListBuckets": ["s3:ListAllMyBuckets"],
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:ListObjects": ["s3:ListBucket"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:UploadPart": ["s3:PutObject"],
}

TAGGING = {
    "acm": "acm:AddTagsToCertificate",
    "backup": "backup:TagResource",
    "ec2": "ec2:CreateTags",
    "eks": "eks:TagResource",
    "elasticfilesystem": "elasticfilesystem:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "kms": "kms:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "secretsmanager": "secretsmanager:TagResource",
    "ssm": "ssm:AddTagsToResource",
    "sts": "sts:TagSession",
}
"""What has to be allowed, too, where a call that makes something gives it tags."""

_PASSED: Mapping[str, tuple[str, str]] = {
    "backup:CreateBackupSelection": ("IamRoleArn", "backup.amazonaws.com"),
    "backup:StartBackupJob": ("IamRoleArn", "backup.amazonaws.com"),
    "backup:StartRestoreJob": ("IamRoleArn", "backup.amazonaws.com"),
    "cloudformation:CreateChangeSet": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:CreateStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:DeleteStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "cloudformation:UpdateStack": ("RoleARN", "cloudformation.amazonaws.com"),
    "ec2:CreateFlowLogs": ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    "eks:CreateCluster": ("roleArn", "eks.amazonaws.com"),
    "eks:CreateNodegroup": ("nodeRole", "ec2.amazonaws.com"),
    "eks:CreatePodIdentityAssociation": ("roleArn", "pods.eks.amazonaws.com"),
    "iam:AddRoleToInstanceProfile": ("RoleName", "ec2.amazonaws.com"),
    "lambda:CreateFunction": ("Role", "lambda.amazonaws.com"),
    "lambda:UpdateFunctionConfiguration": ("Role", "lambda.amazonaws.com"),
}


def actions(call: Call) -> list[Action]:
    """The actions that a call needs by its operation. Raises UnknownError."""
    return [action(name) for name in _NAMED.get(str(call), [str(call)])]


def passed_role(call: Call) -> tuple[str, str] | None:
    """The ARN or name of the role that a call hands to a service, and the service."""
    parameter, service = _PASSED.get(str(call), ("", ""))
    role: Any = call.input.get(parameter)
    return (role, service) if role else None
