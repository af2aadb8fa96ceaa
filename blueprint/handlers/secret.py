"""Says at once if the client secret is missing: the hub would wait for it until its installation is rolled back.

Properties: `SecretId`, a name or an ARN. The physical id is the same. No data.
Rights: `secretsmanager:DescribeSecret` on the secret. Its value is never read. Of a secret that is not there, AWS
knows no ARN: where the right names the six characters at an ARN's end, it answers that access is denied.
"""

from __future__ import annotations

import logging

import boto3
from botocore.exceptions import ClientError

from .runtime import CALLS, Answer, Context, Event, code

log = logging.getLogger(__name__)

ADVICE = "Store the client secret first (make secret, in this account and region), then deploy again."


def handler(event: Event, context: Context) -> Answer:
    """Look for the secret when the resource is created or changed; nothing was made, so nothing is deleted."""
    secret_id = event["ResourceProperties"]["SecretId"]
    if event["RequestType"] != "Delete":
        _check(secret_id)
    return {"PhysicalResourceId": secret_id}


def _check(secret_id: str) -> None:
    client = boto3.client("secretsmanager", config=CALLS)
    try:
        secret = client.describe_secret(SecretId=secret_id)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            raise RuntimeError(f"There is no secret {secret_id}. {ADVICE}") from error
        if code(error) == "AccessDeniedException":
            raise RuntimeError(
                f"There is no secret {secret_id}, or its policy keeps this deployment from looking. {ADVICE}"
            ) from error
        raise
    if "DeletedDate" in secret:
        raise RuntimeError(f"The secret {secret_id} is marked for deletion. Restore it, then deploy again.")
    if not any("AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values()):
        raise RuntimeError(f"The secret {secret_id} has no value yet. {ADVICE}")
    log.info("secret %s is there", secret_id)
