"""Deploying a stack of an assembly, as `cdk deploy` would."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from rehearsal.aws import Cloud, Server
from tests.rehearsal.stacks import Stacks
from tests.templates.assembly import Assembly
from tests.templates.variants import REGION, Context


def deploy(server: Server, account: str, assembly: Assembly, stack: str) -> Stacks:
    """Make a stack in an account, and return it with what it came to."""
    cloud = server.cloud(account, REGION)
    publish(cloud, assembly, stack)
    made = Stacks(cloud, named(assembly, stack), server.wait)
    made.create(**template(assembly, stack))
    return made


def named(assembly: Assembly, stack: str) -> str:
    """The name of a stack in its account."""
    name: str = assembly.artifacts[stack]["properties"].get("stackName", stack)
    return name


def template(assembly: Assembly, stack: str) -> dict[str, Any]:
    """A stack's template as keywords of `Stacks`' methods."""
    body = dict(assembly[stack].body)
    return {"resources": body.pop("Resources"), **body}


def publish(cloud: Cloud, assembly: Assembly, stack: str, region: str = REGION) -> None:
    """What `cdk bootstrap` and the publishing of assets leave in an account."""
    cloud.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    s3 = cloud.client("s3")
    for asset in json.loads((assembly.folder / f"{stack}.assets.json").read_text())["files"].values():
        (target,) = json.loads(json.dumps(asset["destinations"]).replace("${AWS::Region}", region)).values()
        if target["bucketName"] not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
            where: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=target["bucketName"], **where)
        source = assembly.folder / asset["source"]["path"]
        s3.put_object(Bucket=target["bucketName"], Key=target["objectKey"], Body=packed(source))


def packed(source: Path) -> bytes:
    """An asset as it is published."""
    if source.is_file():
        return source.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in source.rglob("*"):
            archive.write(file, file.relative_to(source))
    return buffer.getvalue()


def prepare(cloud: Cloud, context: Context) -> None:
    """What a person has made before the first deployment: the client secret, and the administrators' roles."""
    secret = {"Name": context["clientSecretArn"], "SecretString": "of the identity provider"}
    cloud.client("secretsmanager").create_secret(**secret)
    nobody = json.dumps({"Version": "2012-10-17", "Statement": []})
    roles = {each["Arn"] for each in cloud.client("iam").list_roles()["Roles"]}
    for arn in context["admin.roles"]:
        if arn not in roles:
            cloud.client("iam").create_role(RoleName=arn.split("/")[1], AssumeRolePolicyDocument=nobody)
