"""Contradictions, each by the exact problem it gives, and next to it the nearest context that has none."""

from typing import Any

import pytest

from blueprint.config import Problem
from blueprint.config.problems import shown
from tests.config.seed import config, problems

SECRET = {"clientSecret": None, "clientSecretArn": "jupyterhub/oauth-client-secret"}
COGNITO = {
    "identity.provider": "cognito",
    "clientSecret": None,
    "clientId": None,
    "authUrl": None,
    "tokenUrl": None,
    "userDataUrl": None,
    "scope": None,
}
ARN = "arn:aws:{}:{}:{}:{}"
ID = "12345678-1234-1234-1234-123456789012"
OURS = {"workload.account": "444455556666", "workload.region": "eu-west-1"}
LONG_HOST = f"{'h' * 50}.hub.domain.com"
"""One character longer than a certificate can name."""
SUBNETS = {
    "network.vpc.id": "vpc-0123456789abcdef0",
    "network.subnets.private": ["subnet-000000a1", "subnet-000000a2"],
    "network.subnets.public": ["subnet-000000b1", "subnet-000000b2"],
    "network.zone.names": ["eu-west-1a", "eu-west-1b"],
}


def certificate(region: str, account: str) -> str:
    return ARN.format("acm", region, account, f"certificate/{ID}")


def kms_key(region: str) -> str:
    return ARN.format("kms", region, "444455556666", f"key/{ID}")


def secret_of(account: str) -> str:
    return ARN.format("secretsmanager", "eu-west-1", account, "secret:hub-AbCdEf")


def web_acl(region: str, account: str) -> str:
    return ARN.format("wafv2", region, account, f"regional/webacl/hub/{ID}")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"dev.subzone.name": "hub.other.com"},
            [
                Problem(
                    "dev.subzone.name",
                    '"hub.other.com"',
                    "a name below parent.hostedzone.name (domain.com)",
                    "for example dev.domain.com",
                ),
                Problem(
                    "jupyterhub.subzone.name",
                    '"your.hub.domain.com"',
                    "a name below dev.subzone.name (hub.other.com)",
                    "for example jupyter.hub.other.com",
                ),
            ],
            id="subzone beside the parent",
        ),
        pytest.param(
            {"dev.subzone.name": "domain.com"},
            [
                Problem(
                    "dev.subzone.name",
                    '"domain.com"',
                    "a name below parent.hostedzone.name (domain.com)",
                    "for example dev.domain.com",
                )
            ],
            id="subzone is the parent",
        ),
        pytest.param(
            {"jupyterhub.subzone.name": "thehub.domain.com", "callbackUrl": None},
            [
                Problem(
                    "jupyterhub.subzone.name",
                    '"thehub.domain.com"',
                    "a name below dev.subzone.name (hub.domain.com)",
                    "for example jupyter.hub.domain.com",
                )
            ],
            id="host ends like the subzone, but is none of its names",
        ),
        pytest.param(
            {"jupyterhub.subzone.name": LONG_HOST, "callbackUrl": None},
            [
                Problem(
                    "jupyterhub.subzone.name",
                    f'"{LONG_HOST}"',
                    "at most 64 characters without certificateArn: ACM makes no certificate for a longer name",
                    "shorten it, or bring a certificate with certificateArn",
                )
            ],
            id="host too long for a certificate",
        ),
        pytest.param(
            {"jupyterhub.subzone.name": "hub.domain.com", "callbackUrl": None},
            [
                Problem(
                    "jupyterhub.subzone.name",
                    '"hub.domain.com"',
                    "a name below dev.subzone.name (hub.domain.com)",
                    "for example jupyter.hub.domain.com",
                )
            ],
            id="host is the subzone",
        ),
        pytest.param(
            {"callbackUrl": "https://your.hub.domain.com/oauth_callback"},
            [
                Problem(
                    "callbackUrl",
                    '"https://your.hub.domain.com/oauth_callback"',
                    "https://your.hub.domain.com/hub/oauth_callback",
                    "remove the key, and register that URL with the identity provider",
                )
            ],
            id="callback elsewhere",
        ),
        pytest.param(
            {"clientSecret": None},
            [
                Problem(
                    "clientSecretArn",
                    "nothing",
                    "the name or the ARN of the Secrets Manager secret that holds the client secret",
                    'set "clientSecretArn": "jupyterhub/oauth-client-secret" (or another name), then run make secret',
                )
            ],
            id="no client secret",
        ),
        pytest.param(
            {"clientSecretArn": "jupyterhub/oauth-client-secret"},
            [
                Problem(
                    "clientSecret",
                    "(not shown)",
                    "clientSecret or clientSecretArn, not both",
                    "remove clientSecret: the secret that clientSecretArn names is enough",
                )
            ],
            id="two client secrets",
        ),
        pytest.param(
            {"client.secret.kms.key.arn": kms_key("eu-west-1")},
            [
                Problem(
                    "client.secret.kms.key.arn",
                    f'"{kms_key("eu-west-1")}"',
                    "only together with clientSecretArn",
                    "name the secret that the key encrypts in clientSecretArn, or remove this key",
                )
            ],
            id="key of no secret",
        ),
        pytest.param(
            {"parent.dns.external.id": "hub-dns"},
            [
                Problem(
                    "parent.dns.external.id",
                    '"hub-dns"',
                    "only with dns.subzone.account parent: for the one record of the other mode none is asked for",
                    'remove it, or set "dns.subzone.account": "parent"',
                )
            ],
            id="external id in workload mode",
        ),
        pytest.param(
            {**OURS, "parent.dns.trusted.accounts": ["777788889999"]},
            [
                Problem(
                    "parent.dns.trusted.accounts",
                    '["777788889999"]',
                    "a list that holds workload.account (444455556666)",
                    "add 444455556666, or remove the key",
                )
            ],
            id="workload account is not trusted",
        ),
        pytest.param(
            {"groups.admins": ["staff"]},
            [
                Problem(
                    "groups.claim",
                    "nothing",
                    "the claim that lists a user's groups, since groups.allowed, groups.admins or team.directories "
                    "is set",
                    'for example "groups.claim": "groups"',
                )
            ],
            id="groups without a claim",
        ),
        pytest.param(
            {"users.allowed": []},
            [
                Problem(
                    "users.allowed",
                    "[]",
                    "at least one name: with an empty list nobody could sign in",
                    "name who may, or remove the key to admit everyone",
                )
            ],
            id="last user taken out of the list",
        ),
        pytest.param(
            {**COGNITO, "groups.allowed": "[]", "users.admins": ["ada"]},
            [
                Problem(
                    "groups.allowed",
                    "[]",
                    "at least one name: with an empty list nobody could sign in",
                    "name who may, or remove the key to admit everyone",
                )
            ],
            id="no group of Cognito",
        ),
        pytest.param(
            {**COGNITO, "scope": "openid offline_access"},
            [
                Problem(
                    "scope",
                    '["openid", "offline_access"]',
                    "with cognito only openid, profile, email, phone, aws.cognito.signin.user.admin",
                    "remove the others",
                )
            ],
            id="scope that Cognito does not know",
        ),
        pytest.param(
            {"tokenUrl": None, "clientId": None},
            [
                Problem(
                    "tokenUrl",
                    "nothing",
                    "an https URL with a full host name and without a fragment",
                    'for example "tokenUrl": "https://login.example.com/oauth/token"',
                ),
                Problem("clientId", "nothing", "text of up to 512 characters", 'for example "clientId": "jupyterhub"'),
            ],
            id="provider half described",
        ),
        pytest.param(
            {**COGNITO, **SECRET, "tokenUrl": "https://some.auth.address.com/oauth/token"},
            [
                Problem(
                    "tokenUrl",
                    '"https://some.auth.address.com/oauth/token"',
                    "nothing with identity.provider cognito",
                    "remove the key",
                ),
                Problem(
                    "clientSecretArn",
                    '"jupyterhub/oauth-client-secret"',
                    "nothing with identity.provider cognito",
                    "remove the key",
                ),
            ],
            id="another provider beside Cognito",
        ),
        pytest.param(
            {**COGNITO, "clientSecret": "hidden"},
            [Problem("clientSecret", "(not shown)", "nothing with identity.provider cognito", "remove the key")],
            id="client secret beside Cognito's",
        ),
        pytest.param(
            {"cognito.mfa": "off"},
            [Problem("cognito.mfa", '"off"', "only with identity.provider cognito", "remove the key")],
            id="setting of Cognito without it",
        ),
        pytest.param(
            {
                **COGNITO,
                "parent.hostedzone.name": "aws.com",
                "dev.subzone.name": "hub.aws.com",
                "jupyterhub.subzone.name": "my.hub.aws.com",
                "callbackUrl": None,
            },
            [
                Problem(
                    "cognito.domain.prefix",
                    "nothing",
                    "a prefix, because the host name's (my-hub-aws-com) cannot serve: "
                    "leave out aws, which Cognito refuses in it",
                    'for example "cognito.domain.prefix": "example-notebooks"',
                )
            ],
            id="host name that Cognito refuses",
        ),
        pytest.param(
            {"storage.home": "ebs", "team.directories": ["biology"], "groups.claim": "groups"},
            [
                Problem(
                    "team.directories",
                    '["biology"]',
                    "none with storage.home ebs: the directories live on EFS",
                    'remove it, or set "storage.home": "efs"',
                )
            ],
            id="team directories without EFS",
        ),
        pytest.param(
            {**OURS, "certificateArn": certificate("us-east-1", "444455556666")},
            [
                Problem(
                    "certificateArn",
                    f'"{certificate("us-east-1", "444455556666")}"',
                    "an ARN of the region eu-west-1",
                    "take one of eu-west-1, or set workload.region to us-east-1",
                )
            ],
            id="certificate of another region",
        ),
        pytest.param(
            {**OURS, "certificateArn": certificate("eu-west-1", "777788889999")},
            [
                Problem(
                    "certificateArn",
                    f'"{certificate("eu-west-1", "777788889999")}"',
                    "an ARN of the account 444455556666",
                    "take one of that account, or correct workload.account",
                )
            ],
            id="certificate of another account",
        ),
        pytest.param(
            {"api.endpoint": "public"},
            [
                Problem(
                    "api.allowed.cidrs",
                    "nothing",
                    "at least one IPv4 range that may reach the public Kubernetes API",
                    'for example "api.allowed.cidrs": ["203.0.113.0/24"]',
                )
            ],
            id="public API for nobody",
        ),
        pytest.param(
            {"api.allowed.cidrs": ["192.0.2.0/24"]},
            [
                Problem(
                    "api.allowed.cidrs",
                    '["192.0.2.0/24"]',
                    "only with api.endpoint public",
                    'remove it, or set "api.endpoint": "public"',
                )
            ],
            id="private API with addresses",
        ),
        pytest.param(
            {**SUBNETS, "network.cidr": "10.1.0.0/16", "network.zones": 2, "network.nat.gateways": 1},
            [
                Problem(
                    key,
                    got,
                    "only for a new VPC, without network.vpc.id",
                    "remove it, or remove network.vpc.id",
                )
                for key, got in (
                    ("network.cidr", '"10.1.0.0/16"'),
                    ("network.zones", "2"),
                    ("network.nat.gateways", "1"),
                )
            ],
            id="new and existing VPC",
        ),
        pytest.param(
            {"network.subnets.private": ["subnet-000000a1"]},
            [
                Problem(
                    "network.subnets.private",
                    '["subnet-000000a1"]',
                    "only with network.vpc.id",
                    "remove it, or set network.vpc.id",
                )
            ],
            id="subnets of no VPC",
        ),
        pytest.param(
            {"network.zone.names": ["eu-west-1a"]},
            [Problem("network.zone.names", '["eu-west-1a"]', "two or three zones for a new VPC", "name two or three")],
            id="a new VPC in one zone",
        ),
        pytest.param(
            {"network.zone.names": ["eu-west-1a", "eu-west-1b"], "network.zones": 3},
            [Problem("network.zones", "3", "as many as network.zone.names has (2)", "remove network.zones")],
            id="zones counted and named differently",
        ),
        pytest.param(
            {"workload.region": "us-west-1"},
            [
                Problem(
                    "network.zones",
                    "3, the default",
                    "at most 2 in us-west-1: an account finds no more zones there that can hold EKS",
                    'set "network.zones": 2, or take another region',
                )
            ],
            id="more zones than the region has",
        ),
        pytest.param(
            {"workload.region": "us-west-1", "network.zone.names": ["us-west-1a", "us-west-1b", "us-west-1c"]},
            [
                Problem(
                    "network.zone.names",
                    '["us-west-1a", "us-west-1b", "us-west-1c"]',
                    "at most 2 in us-west-1: an account finds no more zones there that can hold EKS",
                    "name 2",
                )
            ],
            id="more named zones than the region has",
        ),
        pytest.param(
            {"network.zone.names": ["eu-west-1a", "eu-west-1b"], "network.nat.gateways": 3},
            [Problem("network.nat.gateways", "3", "at most one for each of 2 zones", "set it to 2")],
            id="more NAT gateways than named zones",
        ),
        pytest.param(
            {"network.zones": 2, "network.nat.gateways": 3},
            [Problem("network.nat.gateways", "3", "at most one for each of 2 zones", "set it to 2")],
            id="more NAT gateways than zones",
        ),
        pytest.param(
            {**SUBNETS, "network.zone.names": None},
            [
                Problem(
                    "network.zone.names",
                    "nothing",
                    "at least two availability zones",
                    "name the zones of the subnets, in their order",
                ),
                *(
                    Problem(
                        f"network.subnets.{kind}",
                        str(SUBNETS[f"network.subnets.{kind}"]).replace("'", '"'),
                        "as many subnets as network.zone.names has zones (0)",
                        "give one of each zone, in the order of network.zone.names",
                    )
                    for kind in ("private", "public")
                ),
            ],
            id="subnets without zones",
        ),
        pytest.param(
            {**SUBNETS, "network.subnets.private": ["subnet-000000a1"]},
            [
                Problem(
                    "network.subnets.private",
                    '["subnet-000000a1"]',
                    "as many subnets as network.zone.names has zones (2)",
                    "give one of each zone, in the order of network.zone.names",
                )
            ],
            id="a zone without a private subnet",
        ),
        pytest.param(
            {"network.vpc.id": "vpc-01234567", "network.subnets.public": ["subnet-000000b1"]},
            [
                Problem(
                    "network.zone.names",
                    "nothing",
                    "at least two availability zones",
                    "name the zones of the subnets, in their order",
                ),
                Problem(
                    "network.subnets.public",
                    '["subnet-000000b1"]',
                    "as many subnets as network.zone.names has zones (0)",
                    "give one of each zone, in the order of network.zone.names",
                ),
            ],
            id="public subnets alone",
        ),
        pytest.param(
            {**SUBNETS, "network.subnets.public": None, "ingress.scheme": "internet-facing"},
            [
                Problem(
                    "network.subnets.public",
                    "nothing",
                    "as many subnets as network.zone.names has zones (2)",
                    'give one of each zone, in the order of network.zone.names, or set "ingress.scheme": "internal"',
                )
            ],
            id="internet-facing without public subnets",
        ),
        pytest.param(
            {**SUBNETS, "workload.region": "eu-west-2"},
            [
                Problem(
                    "network.zone.names",
                    '["eu-west-1a", "eu-west-1b"]',
                    "zones of the region eu-west-2",
                    "take zones of that region, or correct workload.region",
                )
            ],
            id="zones of another region",
        ),
        pytest.param(
            {"network.vpc.id": "vpc-0123456789abcdef0"},
            [
                Problem(
                    key,
                    "nothing",
                    "given, or known from AWS credentials: CDK looks up the subnets of network.vpc.id there",
                    "set it, or name the subnets: network.subnets.private, network.subnets.public, network.zone.names",
                )
                for key in ("workload.account", "workload.region")
            ],
            id="look-up nowhere",
        ),
        pytest.param(
            {"ingress.allowed.cidrs": [f"203.0.{each}.0/24" for each in range(31)]},
            [
                Problem(
                    "ingress.allowed.cidrs",
                    shown([f"203.0.{each}.0/24" for each in range(31)]),
                    "at most 30 ranges",
                    "join neighbouring ranges, or let AWS WAF decide (ingress.waf.arn)",
                )
            ],
            id="more ranges than the load balancer takes",
        ),
        pytest.param(
            {"ingress.allowed.cidrs": []},
            [
                Problem(
                    "ingress.allowed.cidrs",
                    "[]",
                    "at least one IPv4 range: nobody could reach the hub",
                    "name who may reach it, or remove the key",
                )
            ],
            id="load balancer for nobody",
        ),
        pytest.param(
            {"nodes.core.min": 3},
            [Problem("nodes.core.min", "3", "at most nodes.core.max (2)", "lower it, or raise nodes.core.max")],
            id="core minimum above the default maximum",
        ),
        pytest.param(
            {"nodes.user.max": 1, "nodes.user.min": 2},
            [Problem("nodes.user.min", "2", "at most nodes.user.max (1)", "lower it, or raise nodes.user.max")],
            id="user minimum above maximum",
        ),
        pytest.param(
            {"nodes.user.scaling": "karpenter", "kubernetes.version": "1.29", "kubernetes.running": "1.29"},
            [
                Problem(
                    "nodes.user.scaling",
                    '"karpenter"',
                    "managed with Kubernetes 1.29: Karpenter needs 1.30 or newer",
                    "raise kubernetes.version, or set it to managed",
                )
            ],
            id="Karpenter on an old minor",
        ),
        pytest.param(
            {"nodes.user.scaling": "karpenter", "tags": {"team": "a", "karpenter.sh/nodepool": "b"}},
            [
                Problem(
                    "tags",
                    '{"team": "a", "karpenter.sh/nodepool": "b"}',
                    "with karpenter, none of the tags by which it knows its instances: karpenter.sh/nodepool",
                    "remove these",
                )
            ],
            id="tags of Karpenter's",
        ),
        pytest.param(
            {"network.cidr": "10.0.0.0/20", "nodes.user.max": 101},
            [
                Problem(
                    "network.cidr",
                    '"10.0.0.0/20"',
                    "a range with 1,170 addresses in each private subnet, as many as all nodes may hold there",
                    "take a larger one, of up to /16, or lower nodes.user.max: this one has 1,019",
                )
            ],
            id="a network too small for its nodes",
        ),
        pytest.param(
            {"storage.home": "ebs", "nodes.user.max": 450, "nodes.user.instance.types": ["m6i.4xlarge"]},
            [
                Problem(
                    "network.cidr",
                    '"10.0.0.0/16", the default',
                    "a range with 27,150 addresses in each private subnet, as many as all nodes may hold there",
                    "lower nodes.user.max: this one has 16,379",
                )
            ],
            id="all nodes in one zone of the largest network",
        ),
        pytest.param(
            {"nodes.user.scaling": "karpenter", "nodes.user.instance.types": ["m6i.xlarge", "m6i.7xlarge"]},
            [
                Problem(
                    "nodes.user.instance.types",
                    '["m6i.xlarge", "m6i.7xlarge"]',
                    "with karpenter, types that EC2 knew on 2026-10-27; m6i.7xlarge is not among them",
                    'correct it, or set "nodes.user.scaling": "managed"',
                )
            ],
            id="Karpenter and a type that nobody knows",
        ),
        pytest.param(
            {"nodes.user.instance.types": ["m6i.large", "m7g.large"]},
            [
                Problem(
                    "nodes.user.instance.types",
                    '["m6i.large", "m7g.large"]',
                    "types of one architecture",
                    "keep one architecture: m6i.large is x86_64, m7g.large is arm64",
                )
            ],
            id="two architectures",
        ),
        pytest.param(
            {"storage.home": "ebs", "storage.shared": True},
            [
                Problem(
                    "storage.shared",
                    "true",
                    "false with storage.home ebs: the directory lives on EFS",
                    'remove it, or set "storage.home": "efs"',
                )
            ],
            id="shared directory without EFS",
        ),
        pytest.param(
            {"singleuser.cpu.limit": 0.25},
            [
                Problem(
                    "singleuser.cpu.guarantee",
                    "0.5, the default",
                    "at most singleuser.cpu.limit (0.25)",
                    "lower it, or raise singleuser.cpu.limit",
                )
            ],
            id="CPU limit below the default guarantee",
        ),
        pytest.param(
            {"singleuser.disk.guarantee": "11G", "singleuser.disk.limit": "10Gi"},
            [
                Problem(
                    "singleuser.disk.guarantee",
                    '"11G"',
                    "at most singleuser.disk.limit (10Gi)",
                    "lower it, or raise singleuser.disk.limit",
                )
            ],
            id="disk guarantee above the limit, in other units",
        ),
        pytest.param(
            {"singleuser.memory.guarantee": "5000M"},
            [
                Problem(
                    "singleuser.memory.guarantee",
                    '"5000M"',
                    "at most singleuser.memory.limit (4G)",
                    "lower it, or raise singleuser.memory.limit",
                )
            ],
            id="memory guarantee above the limit",
        ),
        pytest.param(
            {**OURS, **SECRET, "clientSecretArn": secret_of("777788889999")},
            [
                Problem(
                    "client.secret.kms.key.arn",
                    "nothing",
                    "the key that encrypts clientSecretArn in the account 777788889999: "
                    "AWS's own lets no other account read",
                    "encrypt the secret with a key of that account, which lets this one decrypt, and name its ARN here",
                )
            ],
            id="secret of another account without its key",
        ),
        pytest.param(
            {**SUBNETS, "network.subnets.public": ["subnet-000000a1", "subnet-000000b2"]},
            [
                Problem(
                    "network.subnets.public",
                    '["subnet-000000a1", "subnet-000000b2"]',
                    "subnets that network.subnets.private does not name (subnet-000000a1)",
                    "name each in one of the two lists",
                )
            ],
            id="subnet both public and private",
        ),
        pytest.param(
            {"tags": {"Team": "a", "cost": "b", "team": "c"}},
            [
                Problem(
                    "tags",
                    '{"Team": "a", "cost": "b", "team": "c"}',
                    "names that differ in more than capitals (Team, team do not), for IAM's sake",
                    "keep one of them",
                )
            ],
            id="tags that IAM takes for one",
        ),
        pytest.param(
            {**SUBNETS, "network.subnets.private": ["subnet-000000a1", "subnet-000000a1"]},
            [
                Problem(
                    "network.subnets.private",
                    '["subnet-000000a1", "subnet-000000a1"]',
                    "each once: subnet-000000a1 stands twice",
                    "name others, or fewer",
                )
            ],
            id="subnet twice",
        ),
        pytest.param(
            {"network.zone.names": "eu-west-1a eu-west-1a"},
            [
                Problem(
                    "network.zone.names",
                    '["eu-west-1a", "eu-west-1a"]',
                    "each once: eu-west-1a stands twice",
                    "name others, or fewer",
                )
            ],
            id="zone twice",
        ),
        pytest.param(
            {"kubernetes.version": "1.30"},
            [
                Problem(
                    "kubernetes.version",
                    '"1.30"',
                    "1.31, 1.32, 1.33, 1.34, 1.35, 1.36: EKS makes no new cluster of 1.30 since 2026-07-23",
                    'take one of them; where a cluster runs 1.30 already, say so: "kubernetes.running": "1.30"',
                )
            ],
            id="new cluster of a minor without support",
        ),
        *(
            pytest.param(
                {"kubernetes.version": version, "kubernetes.running": running},
                [
                    Problem(
                        "kubernetes.version",
                        f'"{version}"',
                        f"kubernetes.running ({running}) or the minor after it: "
                        "EKS goes up one at a time, and never down",
                        "go there minor by minor, or correct kubernetes.running",
                    )
                ],
                id=f"from {running} to {version}",
            )
            for running, version in (("1.33", "1.35"), ("1.35", "1.34"), ("1.29", "1.36"))
        ),
        pytest.param(
            {"culling.max.age": 1800},
            [
                Problem(
                    "culling.max.age",
                    "1800",
                    "0, or at least culling.timeout (3600): it ends busy servers too",
                    "raise it, lower culling.timeout, or remove it",
                )
            ],
            id="busy servers end before idle ones",
        ),
    ],
)
def test_contradiction_is_found(changes: dict[str, Any], expected: list[Problem]) -> None:
    assert problems(changes) == expected


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({**SECRET, "client.secret.kms.key.arn": kms_key("eu-west-1")}, id="key of a secret"),
        pytest.param({**OURS, **SECRET}, id="secret by name in a known region"),
        pytest.param({"dns.subzone.account": "parent", "parent.dns.external.id": "hub-dns"}, id="parent mode"),
        pytest.param({**OURS, "parent.dns.trusted.accounts": "444455556666"}, id="workload account is trusted"),
        pytest.param({"parent.dns.trusted.accounts": "777788889999"}, id="workload account is not known"),
        pytest.param({"groups.claim": "groups"}, id="claim without groups"),
        pytest.param(
            {"users.allowed": [], "groups.allowed": "staff", "groups.claim": "groups"}, id="groups in place of users"
        ),
        pytest.param({"certificateArn": certificate("us-east-1", "777788889999")}, id="region is not known"),
        pytest.param({**OURS, "ingress.waf.arn": web_acl("eu-west-1", "444455556666")}, id="web ACL of ours"),
        pytest.param({"api.endpoint": "public", "api.allowed.cidrs": "192.0.2.0/24"}, id="public API"),
        pytest.param({**SUBNETS, "ingress.scheme": "internet-facing"}, id="existing VPC"),
        pytest.param({**SUBNETS, "network.subnets.public": None}, id="internal hub without public subnets"),
        pytest.param({**OURS, "network.vpc.id": "vpc-01234567"}, id="VPC to look up"),
        pytest.param({"network.zones": 3, "network.nat.gateways": 3}, id="a NAT gateway of each zone"),
        pytest.param({"workload.region": "us-west-1", "network.zones": 2}, id="as many zones as the region has"),
        pytest.param({"nodes.core.min": 2, "nodes.core.max": 2}, id="as many nodes as there may be"),
        pytest.param(
            {"nodes.core.instance.types": "t4g.large", "nodes.user.instance.types": "m6i.large"},
            id="groups of different architectures",
        ),
        pytest.param({"storage.home": "ebs", "storage.shared": False}, id="no shared directory on EBS"),
        pytest.param(COGNITO, id="Cognito, which needs nothing else"),
        pytest.param({"singleuser.memory.guarantee": "4096M"}, id="guarantee as large as the limit"),
        pytest.param({"parent.dns.account": "444455556666", **OURS}, id="one account for everything"),
        pytest.param({**OURS, **SECRET, "clientSecretArn": secret_of("444455556666")}, id="secret of ours, by its ARN"),
        pytest.param({**SECRET, "clientSecretArn": secret_of("777788889999")}, id="account is not known"),
        pytest.param(
            {
                **OURS,
                **SECRET,
                "clientSecretArn": secret_of("777788889999"),
                "client.secret.kms.key.arn": kms_key("eu-west-1"),
            },
            id="secret of another account with its key",
        ),
        pytest.param({"kubernetes.version": "1.31"}, id="oldest minor with support"),
        pytest.param({"kubernetes.version": "1.29", "kubernetes.running": "1.29"}, id="running minor without support"),
        pytest.param(
            {"kubernetes.version": "1.30", "kubernetes.running": "1.29"}, id="the minor after the running one"
        ),
        pytest.param({"kubernetes.running": "1.35"}, id="running minor is the default"),
        pytest.param({"culling.max.age": 3600}, id="busy servers end with idle ones"),
        pytest.param({"culling.max.age": 1800, "culling.timeout": 900}, id="idle servers end first"),
        pytest.param({"culling.max.age": 1800, "culling.enabled": False}, id="no servers are culled"),
    ],
)
def test_no_contradiction_is_seen_where_there_is_none(changes: dict[str, Any]) -> None:
    assert problems(changes) == []


@pytest.mark.parametrize(
    ("key", "arn", "others"),
    [
        ("certificateArn", certificate("eu-west-2", "444455556666"), {}),
        (
            "clientSecretArn",
            ARN.format("secretsmanager", "eu-west-2", "444455556666", "secret:hub-AbCdEf"),
            {"clientSecret": None},
        ),
        ("client.secret.kms.key.arn", kms_key("eu-west-2"), SECRET),
        ("ingress.waf.arn", web_acl("eu-west-2", "444455556666"), {}),
        ("storage.kms.key.arn", kms_key("eu-west-2"), {}),
    ],
)
def test_arn_of_another_region_is_found(key: str, arn: str, others: dict[str, Any]) -> None:
    assert problems({key: arn, **others}, region="eu-west-1") == [
        Problem(
            key,
            f'"{arn}"',
            "an ARN of the region eu-west-1",
            "take one of eu-west-1, or set workload.region to eu-west-2",
        )
    ]


def test_context_beats_the_credentials() -> None:
    arn = certificate("eu-west-1", "444455556666")
    assert problems({**OURS, "certificateArn": arn}, account="777788889999", region="us-east-1") == []


def test_credentials_stand_in_for_the_workload_account() -> None:
    loaded = config({}, account="777788889999", region="us-east-1")
    assert (loaded.workload_account, loaded.workload_region) == ("777788889999", "us-east-1")


def test_credentials_of_the_dns_account_are_not_taken_for_the_workload() -> None:
    assert config({}, account="111122223333", region="us-east-1").workload_account is None


def test_unset_credentials_are_none() -> None:
    assert problems({"certificateArn": certificate("eu-west-1", "444455556666")}, region="") == []


def test_vpc_is_looked_up_with_the_credentials() -> None:
    assert problems({"network.vpc.id": "vpc-01234567"}, account="777788889999", region="us-east-1") == []
