"""What holds data: EFS, S3, container registries, and backups."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, changed, listed, only, without


@kind("AWS::EFS::FileSystem")
class FileSystem(Kind):
    """A file system."""

    _AFTERWARDS = ("BackupPolicy", "FileSystemPolicy", "LifecyclePolicies")

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "FileSystemTags", *self._AFTERWARDS)
        more = {"CreationToken": secrets.token_hex(16), "Tags": wanted.get("FileSystemTags", [])}
        system = place.cloud.call("efs", "CreateFileSystem", properties, **more)
        self._set(place, system["FileSystemId"], {}, wanted)
        return Made(system["FileSystemId"], {"FileSystemId": system["FileSystemId"], "Arn": system["FileSystemArn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "FileSystemTags", *self._AFTERWARDS)
        self._set(place, made.ref, old, new)
        if "FileSystemTags" in names:
            _retag_efs(place, made.ref, old, new, "FileSystemTags")
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("efs").delete_file_system(FileSystemId=made.ref)

    def _set(self, place: Place, id: str, old: Properties, new: Properties) -> None:
        system = {"FileSystemId": id}
        names = changed(old, new)
        if "LifecyclePolicies" in names:
            policies = new.get("LifecyclePolicies", [])
            place.cloud.call("efs", "PutLifecycleConfiguration", {**system, "LifecyclePolicies": policies})
        if "BackupPolicy" in names:
            policy = new.get("BackupPolicy", {"Status": "DISABLED"})
            place.cloud.call("efs", "PutBackupPolicy", {**system, "BackupPolicy": policy})
        if "FileSystemPolicy" in names:
            policy = json.dumps(new["FileSystemPolicy"])
            place.cloud.call("efs", "PutFileSystemPolicy", {**system, "Policy": policy})


def _retag_efs(place: Place, id: str, old: Properties, new: Properties, name: str) -> None:
    efs = place.cloud.client("efs")
    change_tags(
        old,
        new,
        add=lambda tags: efs.tag_resource(ResourceId=id, Tags=listed(tags)),
        remove=lambda keys: efs.untag_resource(ResourceId=id, TagKeys=keys),
        name=name,
    )


@kind("AWS::EFS::MountTarget")
class MountTarget(Kind):
    """Where a subnet meets a file system."""

    def create(self, place: Place, wanted: Properties) -> Made:
        target = place.cloud.call("efs", "CreateMountTarget", wanted)
        return Made(target["MountTargetId"], {"Id": target["MountTargetId"], **only(target, "IpAddress")})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "SecurityGroups")
        place.cloud.client("efs").modify_mount_target_security_groups(
            MountTargetId=made.ref, SecurityGroups=new["SecurityGroups"]
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("efs").delete_mount_target(MountTargetId=made.ref)


@kind("AWS::EFS::AccessPoint")
class AccessPoint(Kind):
    """A directory of a file system, entered as one user."""

    def create(self, place: Place, wanted: Properties) -> Made:
        more = {"ClientToken": secrets.token_hex(16), "Tags": wanted.get("AccessPointTags", [])}
        point = place.cloud.call("efs", "CreateAccessPoint", without(wanted, "AccessPointTags"), **more)
        return Made(point["AccessPointId"], {"AccessPointId": point["AccessPointId"], "Arn": point["AccessPointArn"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "AccessPointTags")
        _retag_efs(place, made.ref, old, new, "AccessPointTags")
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("efs").delete_access_point(AccessPointId=made.ref)


@kind("AWS::Backup::BackupVault")
class BackupVault(Kind):
    """Where backups lie."""

    def create(self, place: Place, wanted: Properties) -> Made:
        vault = place.cloud.call("backup", "CreateBackupVault", wanted)
        return Made(vault["BackupVaultName"], only(vault, "BackupVaultName", "BackupVaultArn"))

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "BackupVaultTags")
        _retag_backups(place, made.attributes["BackupVaultArn"], old, new, "BackupVaultTags")
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("backup").delete_backup_vault(BackupVaultName=made.ref)


@kind("AWS::Backup::BackupPlan")
class BackupPlan(Kind):
    """When backups are made."""

    def create(self, place: Place, wanted: Properties) -> Made:
        plan = place.cloud.call("backup", "CreateBackupPlan", {**wanted, "BackupPlan": _plan(wanted["BackupPlan"])})
        return Made(plan["BackupPlanId"], only(plan, "BackupPlanId", "BackupPlanArn", "VersionId"))

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "BackupPlanTags")
        _retag_backups(place, made.attributes["BackupPlanArn"], old, new, "BackupPlanTags")
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("backup").delete_backup_plan(BackupPlanId=made.ref)


def _retag_backups(place: Place, arn: str, old: Properties, new: Properties, name: str) -> None:
    backup = place.cloud.client("backup")
    change_tags(
        old,
        new,
        add=lambda tags: backup.tag_resource(ResourceArn=arn, Tags=tags),
        remove=lambda keys: backup.untag_resource(ResourceArn=arn, TagKeyList=keys),
        name=name,
    )


def _plan(wanted: Properties) -> dict[str, Any]:
    """A plan of a template as AWS Backup takes it: it says `TargetBackupVaultName` for `TargetBackupVault`."""
    rules = []
    for rule in wanted["BackupPlanRule"]:
        words = {"TargetBackupVault": "TargetBackupVaultName"}
        rules.append({words.get(name, name): value for name, value in rule.items()})
    return {**without(wanted, "BackupPlanRule"), "Rules": rules}


@kind("AWS::Backup::BackupSelection")
class BackupSelection(Kind):
    """What is backed up."""

    def create(self, place: Place, wanted: Properties) -> Made:
        selection = place.cloud.call("backup", "CreateBackupSelection", wanted)
        id = f"{selection['SelectionId']}_{wanted['BackupPlanId']}"
        return Made(id, {"SelectionId": selection["SelectionId"], "BackupPlanId": wanted["BackupPlanId"], "Id": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("backup").delete_backup_selection(
            BackupPlanId=properties["BackupPlanId"], SelectionId=made.attributes["SelectionId"]
        )


@kind("AWS::S3::Bucket")
class Bucket(Kind):
    """A bucket. Of its settings, those that the CDK's bootstrap sets."""

    def create(self, place: Place, wanted: Properties) -> Made:
        name = wanted.get("BucketName") or place.name(63, lower=True)
        s3 = place.cloud.client("s3")
        region = place.cloud.region
        more = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **more)
        self._set(place, name, {}, wanted)
        return Made(
            name,
            {
                "Arn": f"arn:{place.cloud.partition}:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            },
        )

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._set(place, made.ref, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("s3").delete_bucket(Bucket=made.ref)

    def _set(self, place: Place, name: str, old: Properties, new: Properties) -> None:
        known = {
            "AccessControl": ("PutBucketAcl", "ACL"),
            "BucketEncryption": ("PutBucketEncryption", "ServerSideEncryptionConfiguration"),
            "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", "PublicAccessBlockConfiguration"),
            "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration"),
            "LifecycleConfiguration": ("PutBucketLifecycleConfiguration", "LifecycleConfiguration"),
        }
        names = allow_changes(place.type, old, new, "BucketName", *known)
        for setting in names & known.keys():
            operation, parameter = known[setting]
            place.cloud.call("s3", operation, {"Bucket": name, parameter: _bucket_setting(setting, new[setting])})


def _bucket_setting(name: str, value: Any) -> Any:
    """A bucket's setting as S3 takes it, whose words are not always CloudFormation's."""
    if name == "AccessControl":
        return re.sub(r"(?<!^)(?=[A-Z])", "-", value).lower()
    if name == "BucketEncryption":
        words = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
        rules = value["ServerSideEncryptionConfiguration"]
        return {"Rules": [{words.get(key, key): each for key, each in rule.items()} for rule in rules]}
    if name == "LifecycleConfiguration":
        return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
    return value


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    given = {"Filter": {"Prefix": rule.get("Prefix", "")}, "Status": rule["Status"], "ID": rule.get("Id", "rule")}
    if "ExpirationInDays" in rule:
        given["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "NoncurrentVersionExpiration" in rule:
        given["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    if "AbortIncompleteMultipartUpload" in rule:
        given["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return given


@kind("AWS::S3::BucketPolicy")
class BucketPolicy(Kind):
    """Who may do what in a bucket."""

    def create(self, place: Place, wanted: Properties) -> Made:
        document = json.dumps(wanted["PolicyDocument"])
        place.cloud.client("s3").put_bucket_policy(Bucket=wanted["Bucket"], Policy=document)
        return Made(wanted["Bucket"])

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self.create(place, new)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("s3").delete_bucket_policy(Bucket=made.ref)


@kind("AWS::ECR::Repository")
class Repository(Kind):
    """A registry of container images."""

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "LifecyclePolicy", "RepositoryPolicyText")
        named = {"RepositoryName": place.name(256, lower=True), **properties}
        repository = place.cloud.call("ecr", "CreateRepository", named)["repository"]
        ecr = place.cloud.client("ecr")
        name = repository["repositoryName"]
        if "LifecyclePolicy" in wanted:
            ecr.put_lifecycle_policy(
                repositoryName=name, lifecyclePolicyText=wanted["LifecyclePolicy"]["LifecyclePolicyText"]
            )
        if "RepositoryPolicyText" in wanted:
            ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(wanted["RepositoryPolicyText"]))
        return Made(name, {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ecr").delete_repository(repositoryName=made.ref)
