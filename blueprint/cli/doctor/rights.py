"""What servers may do in AWS: the roles named there let EKS give them to pods, and the buckets are there and closed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import code, denied, missing
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.config.types.access import Data
from blueprint.hub import account_on_fargate, service_account
from blueprint.versions import JUPYTERHUB

_EKS = "pods.eks.amazonaws.com"
_ACCOUNT = "aws:requesttag/kubernetes-service-account"
_WITH_WEB_IDENTITY = "sts:assumerolewithwebidentity"


def roles(world: World) -> Iterator[Finding]:
    """Those that are taken as they are."""
    for id, rights in (world.config.aws_access.by_id if world.config.aws_access else {}).items():
        if rights.role is None:
            continue
        try:
            role = world.workload.client("iam").get_role(RoleName=rights.role.rpartition("/")[2])["Role"]
        except ClientError as error:
            if not missing(error):
                raise
            role = None
        if role is None or role["Arn"] != rights.role:
            yield fault(f"There is no role {rights.role}.", "Make it, or correct the file of aws.access")
        else:
            document = role["AssumeRolePolicyDocument"]
            policy = json.loads(unquote(document)) if isinstance(document, str) else document
            trusting = [each for each in _list(policy["Statement"]) if each["Effect"] == "Allow"]
            yield _trust(rights.role, trusting, service_account(id))
            if id in world.config.rights_on_fargate:
                yield _trust_on_fargate(world, rights.role, trusting, account_on_fargate(id))


def _trust(arn: str, trusting: list[Any], account: str) -> Finding:
    allowed = [each for each in trusting if _EKS in _principals(each, "Service")]
    actions = {action.lower() for each in allowed for action in _list(each["Action"])}
    fix = "docs/data.md has the statement that its trust policy needs"
    if not {"sts:*", "*"} & actions and not {"sts:assumerole", "sts:tagsession"} <= actions:
        return fault(f"The role {arn} does not let {_EKS} assume it and tag the session.", fix)
    accounts = [_conditions(each).get(_ACCOUNT) for each in allowed]
    if None in accounts:
        text = f"The role {arn} lets EKS give it to the pods of any service account that is associated with it."
        return warning(text, fix)
    if not any(account in each for each in accounts if each):
        return fault(f"The role {arn} is not for the service account {account}.", fix)
    return ok(f"The role {arn} may be given to servers.")


def _trust_on_fargate(world: World, arn: str, trusting: list[Any], account: str) -> Finding:
    """By the tokens of the cluster, whose issuer is another one when it is made anew."""
    issuer = _issuer(world)
    subject = f"system:serviceaccount:{JUPYTERHUB.namespace}:{account}"
    for each in trusting:
        provider = next((name for name in _principals(each, "Federated") if ":oidc-provider/" in name), "")
        host = provider.partition(":oidc-provider/")[2]
        actions = {action.lower() for action in _list(each["Action"])}
        subjects = _conditions(each).get(f"{host}:sub".lower(), [])
        if host and actions & {_WITH_WEB_IDENTITY, "sts:*", "*"} and subject in subjects and host == (issuer or host):
            return ok(f"The role {arn} may be given to servers on Fargate.")
    of = f" of {issuer}" if issuer else " of the cluster's issuer"
    text = f"The role {arn} does not let the service account {account}{of} assume it: servers on Fargate lack it."
    return fault(text, "docs/fargate.md has the statement that its trust policy needs besides")


def _issuer(world: World) -> str:
    """The cluster's, without https://; nothing while there is no cluster."""
    try:
        cluster = world.workload.client("eks").describe_cluster(name=world.config.name)["cluster"]
    except ClientError as error:
        if not missing(error):
            raise
        return ""
    return str(cluster.get("identity", {}).get("oidc", {}).get("issuer", "")).removeprefix("https://")


def _principals(statement: Mapping[str, Any], kind: str) -> list[Any]:
    principal = statement.get("Principal")
    return _list(principal.get(kind, [])) if isinstance(principal, Mapping) else []


def _conditions(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """What keys have to be, whatever the operator."""
    found = (each for operator in statement.get("Condition", {}).values() for each in operator.items())
    return {key.lower(): _list(value) for key, value in found}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def buckets(world: World) -> Iterator[Finding]:
    """Those that `data` names."""
    parts = [data for _, data in world.config.aws_access.parts()] if world.config.aws_access else []
    for bucket in dict.fromkeys(data.bucket for data in parts):
        yield from _bucket(world, bucket, [data for data in parts if data.bucket == bucket])


def _bucket(world: World, bucket: str, parts: list[Data]) -> Iterator[Finding]:
    client, owner = world.workload.client("s3"), world.config.workload_account
    expected = {"ExpectedBucketOwner": owner} if owner else {}
    try:
        where = client.head_bucket(Bucket=bucket, **expected)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        if missing(error):
            yield fault(f"There is no bucket {bucket}.", "Make it, or correct the file of aws.access")
        elif denied(error) or code(error) == "403":
            text = f"The bucket {bucket} is another account's, or these credentials may not look at it."
            yield unknown(text, "Servers reach buckets of the workload account alone; of another one with a role")
        else:
            raise
        return
    problems = [*_place(world, bucket, where.get("x-amz-bucket-region", "")), *_publicity(world, bucket)]
    problems += _key(world, bucket, parts)
    yield from problems or [ok(f"The bucket {bucket} is there, in the region, and closed to the public.")]


def _place(world: World, bucket: str, region: str) -> Iterator[Finding]:
    if region and region != world.workload.region:
        text = f"The bucket {bucket} is in {region}: what servers read from there is paid for, and folders fail."
        yield fault(text, f"Take one in {world.workload.region}")


def _publicity(world: World, bucket: str) -> Iterator[Finding]:
    try:
        found = world.workload.client("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if code(error) != "NoSuchPublicAccessBlockConfiguration":
            raise
        found = {}
    if not all(found.get(each) for each in _BLOCKS):
        switches = ",".join(f"{each}=true" for each in _BLOCKS)
        fix = f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration {switches}"
        yield warning(f"The bucket {bucket} does not block public access.", fix + world.workload.option)


def _key(world: World, bucket: str, parts: list[Data]) -> Iterator[Finding]:
    try:
        found = world.workload.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as error:
        if code(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        found = {"Rules": []}
    keys = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in found["Rules"]]
    key = next((each for each in keys if each and "alias/aws/" not in each), "")
    named = {data.kms_key_arn.rpartition("/")[2] for data in parts if data.kms_key_arn}
    if key and any(data.kms_key_arn is None for data in parts):
        text = f"The bucket {bucket} is encrypted with the key {key}, which servers may not use."
        yield fault(text, "Name the key's ARN in kms_key_arn of each part of the bucket")
    elif named and named != {key.rpartition("/")[2]}:
        text = f"The bucket {bucket} is not encrypted by default with the key of kms_key_arn."
        yield warning(text, "Correct it, unless its objects are encrypted with that key one by one")


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

CHECKS = (Check("rights of servers", roles, workload=True), Check("buckets", buckets, workload=True))
