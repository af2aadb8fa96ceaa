"""What a deployer can choose: each deploys, is changed and is destroyed, and leaves what is to be kept and no more.

Every call in it has to be allowed by the policies of who makes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from blueprint.config import load
from rehearsal.aws import Cloud
from rehearsal.certificates import Authority
from rehearsal.life.kept import only_this_is_left, to_be_kept
from tests.rehearsal.lives import SAME, Life
from tests.templates.variants import ACCOUNT, COGNITO, DNS_ACCOUNT, REGION, ROOT, SHIPPED, ZONES, Context

ALONE = ROOT / "tests" / "templates" / "without_machines.yaml"
KEPT = Counter(["Vault", "Volume", "FileSystem", "Key", "Secret"])


def own_parts(life: Life) -> Context:
    """A VPC, a certificate, keys, a secret, a firewall and a bucket that a deployer has."""
    cloud = life.workload
    pair = Authority(life.folder / "authority", "own").issue("hub", hosts=["jupyter.dev.example.com"])
    certificate, key = pair.certificate.read_bytes(), pair.key.read_bytes()
    arn = cloud.client("acm").import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    keys = [cloud.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    secret = {"Name": "own", "SecretString": "x", "KmsKeyId": keys[1]}
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "hub"}
    firewall = cloud.client("wafv2").create_web_acl(
        Name="hub", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible
    )
    where = {"LocationConstraint": REGION}
    cloud.client("s3").create_bucket(Bucket="logs-of-ours", CreateBucketConfiguration=where)
    return {
        **SHIPPED,
        **own_network(cloud),
        "certificateArn": arn,
        "storage.kms.key.arn": keys[0],
        "client.secret.kms.key.arn": keys[1],
        "clientSecretArn": cloud.client("secretsmanager").create_secret(**secret)["ARN"],
        "ingress.waf.arn": firewall["Summary"]["ARN"],
        "ingress.logs.bucket": "logs-of-ours",
    }


def own_network(cloud: Cloud) -> Context:
    """A VPC with subnets, as its settings name them."""
    ec2: Any = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate([*ZONES, *ZONES])
    ]
    return {
        "network.vpc.id": vpc,
        "network.subnets.private": subnets[:2],
        "network.subnets.public": subnets[2:],
        "network.zone.names": ZONES,
    }


def without_machines(life: Life) -> Context:
    """Servers on Fargate, which have a policy that a deployer has."""
    policy = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::course-data/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    life.workload.client("iam").create_policy(PolicyName="course", Path="/notebooks/", PolicyDocument=text)
    return {**SHIPPED, "singleuser.profiles": str(ALONE)}


Given = Callable[[Life], Context]
IN_PARENT = {
    "dns.subzone.account": "parent",
    "parent.dns.external.id": "hub-42",
    "storage.home": "ebs",
    "ingress.scheme": "internal",
    "ingress.allowed.cidrs": ["10.20.0.0/16"],
}


@pytest.mark.parametrize(
    ("given", "change", "changed", "kept"),
    [
        pytest.param(lambda life: SHIPPED, {"nodes.user.max": 7}, {"Hub"}, KEPT, id="shipped"),
        pytest.param(
            lambda life: {**SHIPPED, **IN_PARENT},
            {"parent.dns.external.id": "hub-43"},
            {"ParentDns", "Hub"},
            KEPT - Counter(["FileSystem"]),
            id="subzone in the DNS account, EBS homes, internal",
        ),
        pytest.param(
            own_parts,
            {"storage.efs.archive.days": 0, "network.subnets.public": [], "ingress.scheme": "internal"},
            {"Data", "Hub"},
            KEPT - Counter(["Key"]),
            id="own VPC, certificate, keys, secret, firewall and logs",
        ),
        pytest.param(
            lambda life: COGNITO,
            {"groups.allowed": ["users", "guests"], "cognito.mfa": "optional"},
            {"Data", "Hub"},
            KEPT + Counter(["CognitoIdpUserPool"]),
            id="cognito",
        ),
        pytest.param(
            without_machines,
            {"singleuser.profiles": None},
            {"Data", "Hub"},
            KEPT,
            id="servers without machines, until nobody has any",
        ),
        pytest.param(
            lambda life: {**COGNITO, "storage.keep": False},
            {"storage.backup.days": 0},
            {"Data"},
            Counter(),
            id="thrown away",
        ),
    ],
)
def test_a_deployment_lives_and_leaves_what_is_to_be_kept(
    life: Life, given: Given, change: Context, changed: set[str], kept: Counter[str]
) -> None:
    context = given(life)
    made = life.deploy(context)
    assert (set(made.values()), life.failures) == ({"CREATE_COMPLETE"}, [])
    updated = life.deploy({**context, **change})
    assert ({id for id, status in updated.items() if status != SAME}, life.failures) == (changed, [])
    world: Any = SimpleNamespace(
        server=life.server,
        config=load({**context, **change}, today=date(2026, 11, 1)).config,
        workload_account=ACCOUNT,
        cloud=lambda account: life.server.cloud(account, REGION),
    )
    ids = {account: to_be_kept(world, account) for account in (ACCOUNT, DNS_ACCOUNT)}
    destroyed = life.destroy()
    assert (set(destroyed.values()), life.failures) == ({"DELETE_COMPLETE"}, [])
    for account in ids:
        only_this_is_left(life.server, account, ids[account], life.before[account])
    assert (life.left(ACCOUNT), life.left(DNS_ACCOUNT)) == (kept, Counter())
