"""Says at once if what a deployment needs and does not make is missing: a client secret, the administrators' roles.

Properties: `SecretId` (optional), a name or an ARN; `Roles` (optional), a list of ARNs. The physical id names nothing.
No data.
Rights: `secretsmanager:DescribeSecret` on the secret; `iam:GetRole` on the roles, whatever path they have. The secret's
value is never read. Of a secret that is not there, AWS knows no ARN: where the right names the six characters at an
ARN's end, it answers that access is denied.

EKS takes roles of other accounts, too, into which nobody can look from here: these are left to it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError

from .runtime import CALLS, Answer, Context, Event, answering, code

log = logging.getLogger(__name__)

ADVICE = "Store the client secret first (make secret, in this account and region)."


def handler(event: Event, context: Context) -> Answer:
    """Look when the resource is created or changed; nothing was made, so nothing is deleted."""
    if event["RequestType"] != "Delete":
        _check(event)
    return {"PhysicalResourceId": "prerequisites"}


def _check(event: Event) -> None:
    wanted = event["ResourceProperties"]
    account = event["StackId"].split(":")[4]
    found = list(_secret(wanted["SecretId"])) if "SecretId" in wanted else []
    for role in wanted.get("Roles", []):
        if role.split(":")[4] == account:
            found += _role(role)
    if found:
        raise RuntimeError("\n".join([*found, "Then deploy again."]))
    log.info("everything is there")


def _secret(secret_id: str) -> Iterator[str]:
    """What is wrong with the secret."""
    client = boto3.client("secretsmanager", config=CALLS)
    try:
        secret = client.describe_secret(SecretId=secret_id)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            yield f"There is no secret {secret_id}. {ADVICE}"
        elif code(error) == "AccessDeniedException":
            yield f"There is no secret {secret_id}, or its policy keeps this deployment from looking. {ADVICE}"
        else:
            raise
        return
    if "DeletedDate" in secret:
        yield f"The secret {secret_id} is marked for deletion. Restore it."
    elif not any("AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values()):
        yield f"The secret {secret_id} has no value yet. {ADVICE}"


def _role(arn: str) -> Iterator[str]:
    """What is wrong with a role's ARN: IAM finds roles by their names, EKS by all of their ARNs."""
    name = arn.rpartition("/")[2]
    try:
        found = boto3.client("iam", config=CALLS).get_role(RoleName=name)["Role"]["Arn"]
    except ClientError as error:
        if code(error) not in {"NoSuchEntity", "AccessDenied"}:
            raise
        yield f"There is no role {arn}. Correct admin.roles: aws iam list-roles shows the ARNs of all."
        return
    if found != arn:
        yield f"There is no role {arn}: the role of this name is {found}. Set this in admin.roles."


answer = answering(handler)
