"""The contexts that the tests synthesize: one for each thing that a deployer can choose and that changes templates."""

import json
from pathlib import Path
from typing import Any

from tests.config.seed import SEED

Context = dict[str, Any]

ROOT = Path(__file__).parents[2]
SHIPPED: Context = json.loads((ROOT / "cdk.context.json").read_text())
FLAGS: Context = json.loads((ROOT / "cdk.json").read_text())["context"]

ACCOUNT, REGION, DNS_ACCOUNT = "111122223333", "eu-central-1", "444455556666"
PRIVATE = ["subnet-0a0000000000000a1", "subnet-0a0000000000000b2"]
PUBLIC = ["subnet-0b0000000000000a1", "subnet-0b0000000000000b2"]
ZONES = ["eu-central-1a", "eu-central-1b"]
VPC_ID = "vpc-0123456789abcdef0"
OWN_CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
OWN_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
SECRET_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/66666666-7777-8888-9999-000000000000"
SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:oauth-AbCdEf"
OWN_WAF = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/hub/12345678-1234-1234-1234-123456789012"


def subnets(kind: str, ids: list[str]) -> Context:
    listed = [
        {"subnetId": id, "cidr": f"10.1.{number}.0/24", "availabilityZone": zone, "routeTableId": f"rtb-{kind}{number}"}
        for number, (id, zone) in enumerate(zip(ids, ZONES, strict=False))
    ]
    return {"name": kind, "type": kind, "subnets": listed}


def looked_up(*groups: Context) -> Context:
    """The answer of AWS to the look-up of a VPC, with these groups of subnets."""
    return {
        f"vpc-provider:account={ACCOUNT}:filter.vpc-id={VPC_ID}:region={REGION}:returnAsymmetricSubnets=true": {
            "vpcId": VPC_ID,
            "vpcCidrBlock": "10.1.0.0/16",
            "ownerAccountId": ACCOUNT,
            "availabilityZones": [],
            "subnetGroups": list(groups),
        }
    }


LOOKED_UP = looked_up(subnets("Private", PRIVATE), subnets("Public", PUBLIC))

CHANGES: dict[str, Context] = {
    "shipped": {},
    "zone id": {"parent.hostedzone.id": "Z0123456789ABCDEFGHIJ"},
    "parent": {"dns.subzone.account": "parent"},
    "parent, guarded": {
        "dns.subzone.account": "parent",
        "parent.dns.external.id": "hub-42",
        "parent.hostedzone.id": "Z0123456789ABCDEFGHIJ",
        "parent.dns.trusted.organization": "o-abcdefghij",
    },
    "listed subnets": {
        "network.vpc.id": VPC_ID,
        "network.subnets.private": PRIVATE,
        "network.subnets.public": PUBLIC,
        "network.zone.names": ZONES,
    },
    "looked-up VPC": {"network.vpc.id": VPC_ID, **LOOKED_UP},
    "EBS homes": {"storage.home": "ebs"},
    "internal": {"ingress.scheme": "internal", "ingress.allowed.cidrs": ["10.20.0.0/16"]},
    "public API": {"api.endpoint": "public", "api.allowed.cidrs": ["203.0.113.0/24"]},
    "own parts": {
        "certificateArn": OWN_CERTIFICATE,
        "storage.kms.key.arn": OWN_KEY,
        "clientSecretArn": SECRET_ARN,
        "client.secret.kms.key.arn": SECRET_KEY,
        "ingress.waf.arn": OWN_WAF,
        "ingress.logs.bucket": "logs-of-ours",
        "ingress.allowed.cidrs": ["198.51.100.0/24", "203.0.113.0/24"],
        "tags": {"team": "research"},
        "cost.budget": 500,
        "cost.budget.emails": ["platform-team@example.com"],
    },
    "firewall of others": {"ingress.waf.arn": "unmanaged"},
    "generic": {"identity.provider": "generic", "groups.claim": "realm_access.roles"},
    "thrown away": {"storage.keep": False},
    "thrown away, EBS homes": {"storage.keep": False, "storage.home": "ebs", "storage.backup.days": 0},
    "few features": {"storage.shared": False, "storage.efs.archive.days": 0, "admin.roles": []},
    "a zone without EKS": {"workload.region": "us-east-1"},
    "a small network": {"network.cidr": "10.0.0.0/20", "network.zones": 2},
    "a gateway a zone": {"network.nat.gateways": 3, "nodes.disk.throughput": 599},
    "four user nodes": {"nodes.user.min": 4, "nodes.disk.throughput": 600},
    "Karpenter": {"nodes.user.scaling": "karpenter"},
    "Karpenter, own parts": {
        "nodes.user.scaling": "karpenter",
        "nodes.user.capacity": "spot",
        "nodes.user.instance.types": ["m7g.xlarge", "m7g.2xlarge"],
        "nodes.user.min": 0,
        "nodes.disk.throughput": 600,
        "storage.home": "ebs",
        "tags": {"team": "research"},
    },
    "Karpenter, machines": {
        "nodes.user.scaling": "karpenter",
        "nodes.gpu.max": 3,
        "singleuser.profiles": str(Path(__file__).with_name("machines.yaml")),
    },
    "Fargate": {
        "singleuser.profiles": str(Path(__file__).with_name("without_machines.yaml")),
        "aws.access": str(Path(__file__).with_name("access.yaml")),
    },
    "rights": {"aws.access": str(Path(__file__).with_name("access.yaml"))},
    "oldest Kubernetes": {"kubernetes.version": "1.29", "kubernetes.running": "1.29"},
}
"""What each variant changes in the shipped context."""

OF_ANOTHER_PROVIDER = (
    "identity.provider",
    "authUrl",
    "tokenUrl",
    "userDataUrl",
    "clientId",
    "clientSecretArn",
    "groups.claim",
    "scope",
)
COGNITO = {
    **{key: value for key, value in SHIPPED.items() if key not in OF_ANOTHER_PROVIDER},
    "identity.provider": "cognito",
    "groups.allowed": ["users"],
    "groups.admins": ["admins"],
    "cognito.admin.email": "ada@example.com",
}

VARIANTS: dict[str, Context] = {
    **{name: {**SHIPPED, **changes} for name, changes in CHANGES.items()},
    "Cognito": COGNITO,
    # It has a plain client secret, no account, no region, and admits everybody.
    "seed": SEED,
    "seed, nested": {"context": SEED},
    # In a stack of a user's own, for any environment.
    "construct alone": {key: value for key, value in SHIPPED.items() if not key.startswith("workload.")},
}

HUBS = [
    "shipped",
    "seed",
    "parent",
    "parent, guarded",
    "listed subnets",
    "EBS homes",
    "thrown away",
    "public API",
    "own parts",
    "construct alone",
    "Karpenter",
    "Karpenter, own parts",
    "Karpenter, machines",
    "Fargate",
    "rights",
]
"""The variants whose hubs differ most: what has to hold for every hub is tested on these."""
MANAGED = [variant for variant in HUBS if not variant.startswith("Karpenter")]
"""Those of them whose users' nodes are in managed groups."""
