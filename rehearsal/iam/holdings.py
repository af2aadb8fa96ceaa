"""What the stand-in holds of a resource that policies ask for: its tags, its own policy, its account, its full name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import iter_taggable_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.organizations.models import organizations_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

from rehearsal.iam.documents import Document, document
from rehearsal.iam.reference import UnknownError

Tags = Mapping[str, str]


@dataclass(frozen=True)
class ResourcePolicy:
    """A policy of a resource's own. Of roles and keys it must allow, even what is asked for in their own account."""

    document: Document
    must_allow: bool


def tags(arn: str) -> Tags | None:
    """A resource's tags; None of what is not there. Raises UnknownError."""
    _, _, service, region, account, name = arn.split(":", 5)
    if service == "ec2":
        found = ec2_backends[account][region].tags.get(name.rpartition("/")[2])
        return {key: value for key, value in found.items() if value is not None} if found else {}
    if service == "elasticloadbalancing":
        return dict(elbv2_backends[account][region].tagging_service.get_tag_dict_for_resource(arn))
    if service == "autoscaling":
        group = autoscaling_backends[account][region].autoscaling_groups.get(name.rpartition("/")[2])
        return {each["key"]: each["value"] for each in group.tags} if group else None
    for backend in iter_taggable_backends(account, region):
        if backend.owns_arn(arn):
            return next((each.tags for each in backend.iter_tagged_resources() if each.arn == arn), None)
    raise UnknownError(f"The rehearsal cannot tell the tags of {arn}")


def vpc(arn: str) -> str | None:
    """The ARN of the VPC that something of EC2's belongs to; None if it is not there. Raises UnknownError."""
    _, _, _, region, account, name = arn.split(":", 5)
    kind, _, id = name.partition("/")
    ec2 = ec2_backends[account][region]
    if kind == "security-group":
        group = ec2.get_security_group_from_id(id)
        found = group.vpc_id if group else None
    elif kind == "subnet":
        found = next((each.vpc_id for zone in ec2.subnets.values() for each in zone.values() if each.id == id), None)
    else:
        raise UnknownError(f"The rehearsal cannot tell the VPC of {arn}")
    return f"arn:aws:ec2:{region}:{account}:vpc/{found}" if found else None


def policy(arn: str, action: str) -> ResourcePolicy | None:
    """The resource's own policy on an action, if it has one that the stand-in keeps. Raises UnknownError.

    A role's says who may assume it, and nothing of other actions.
    """
    _, _, service, region, account, name = arn.split(":", 5)
    if action.startswith("sts:") and name.startswith("role/"):
        try:
            role = iam_backends[account]["aws"].get_role_by_arn(arn)
        except ServiceException:
            return None
        return ResourcePolicy(document(role.assume_role_policy_document, arn, TRUST), must_allow=True)
    if service == "kms" and name.startswith("key/"):
        key = kms_backends[account][region].keys.get(name.removeprefix("key/"))
        return ResourcePolicy(document(key.policy, arn, "key policy"), must_allow=True) if key else None
    if service == "s3":
        bucket = s3_backends[owner(arn)]["aws"].buckets.get(name.partition("/")[0])
        text = bucket.policy if bucket else None
        return ResourcePolicy(document(text.decode(), arn, "bucket policy"), must_allow=False) if text else None
    if service == "sqs":
        queue = sqs_backends[account][region].queues.get(name)
        text = queue.policy if queue else None
        return ResourcePolicy(document(text, arn, "queue policy"), must_allow=False) if text else None
    return None


TRUST = "trust policy"
"""What the policy of a role is called that says who may assume it."""


def owner(arn: str) -> str:
    """The account that a resource is in; "" if its ARN does not tell, as of a hosted zone's."""
    _, _, service, _, account, name = arn.split(":", 5)
    if service == "s3" and not account:
        return s3_backends.bucket_accounts.get(name.partition("/")[0], ("", ""))[1]
    return account


def secret(account: str, region: str, name: str) -> str:
    """A secret's ARN by its name or by an ARN, which may lack its end. What is not there has none."""
    if name.startswith("arn:"):
        return name
    found = secretsmanager_backends[account][region].secrets.get(name)
    return str(found.arn) if found else f"arn:aws:secretsmanager:{region}:{account}:secret:{name}"


def secret_key(arn: str) -> str | None:
    """The ARN of the customer's key that a secret is encrypted with."""
    _, _, _, region, account, _ = arn.split(":", 5)
    for each in secretsmanager_backends[account][region].secrets.values():
        name = getattr(each, "kms_key_id", None)
        if each.arn == arn and name and name != "alias/aws/secretsmanager":
            return key(account, region, name)
    return None


def volume_key(arn: str) -> str | None:
    """The ARN of the customer's key that a volume is encrypted with."""
    _, _, _, region, account, name = arn.split(":", 5)
    volume = ec2_backends[account][region].volumes.get(name.rpartition("/")[2])
    return key(account, region, volume.kms_key_id) if volume and volume.kms_key_id else None


def key(account: str, region: str, name: str) -> str:
    """A KMS key's ARN by its id, alias or ARN."""
    if ":key/" in name:
        return name
    kms = kms_backends[account][region]
    try:
        return str(kms.keys[kms.any_id_to_key_id(name)].arn)
    except (KeyError, AttributeError):
        return f"arn:aws:kms:{region}:{account}:key/{name}"


def scaling_group(account: str, region: str, name: str | None, instance: str | None) -> str | None:
    """The ARN of an Auto Scaling group by its name, or by an instance of it."""
    for each in autoscaling_backends[account][region].autoscaling_groups.values():
        if name == each.name or (instance and instance in [state.instance.id for state in each.instance_states]):
            return str(each.arn)
    return None


def role(account: str, name: str) -> str:
    """A role's ARN by its name, or by its ARN."""
    if name.startswith("arn:"):
        return name
    try:
        return str(iam_backends[account]["aws"].get_role(name).arn)
    except ServiceException:
        return f"arn:aws:iam::{account}:role/{name}"


def profile_role(account: str, name: str) -> str | None:
    """The ARN of the role in an instance profile."""
    try:
        roles = iam_backends[account]["aws"].get_instance_profile(name).roles
    except ServiceException:
        return None
    return str(roles[0].arn) if roles else None


def launch_template(account: str, region: str, named: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """A launch template's id, and what the version holds that a call names; nothing of what is not there."""
    ec2 = ec2_backends[account][region]
    id = named.get("LaunchTemplateId") or ec2.launch_template_name_to_ids.get(named.get("LaunchTemplateName", ""))
    template = ec2.launch_templates.get(id or "")
    try:
        return (template.id, template.get_version(named.get("Version") or "$Default").data) if template else (None, {})
    except ServiceException:
        return None, {}


def organization(account: str) -> str | None:
    """The id of the organization that an account is in."""
    for backends in list(organizations_backends.values()):
        for backend in backends.values():
            if backend.org and any(each.id == account for each in backend.accounts):
                return str(backend.org.id)
    return None
