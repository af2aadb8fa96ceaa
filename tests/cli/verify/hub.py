"""A deployed hub in the staged world: its zone, load balancer, cluster and volumes, and what it answers."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from blueprint.versions import BY_MINOR, EKS_ADDONS
from tests.cli.doctor.staging import LOGIN, REGION, WORKLOAD, Stage
from tests.cli.internet import Reply

HOST = "jupyter.dev.example.com"
API = "0123456789abcdef.gr7.eu-central-1.eks.amazonaws.com"
CALLBACK = f"https://{HOST}/hub/oauth_callback"
HSTS = ("Strict-Transport-Security", "max-age=31536000")
COOKIES = (
    ("Set-Cookie", "_xsrf=a; Path=/hub/; Secure; SameSite=Lax"),
    ("Set-Cookie", "jupyterhub-session-id=b; HttpOnly; Path=/; Secure"),
)
ADDONS = {
    **EKS_ADDONS,
    "kube-proxy": BY_MINOR["1.35"].kube_proxy,
    "coredns": BY_MINOR["1.35"].coredns,
    "metrics-server": BY_MINOR["1.35"].metrics_server,
}


def pod(name: str, *, age: float = 60, **status: Any) -> dict[str, Any]:
    """A pod of so many minutes, ready unless its status says something else."""
    made = datetime.now(UTC) - timedelta(minutes=age)
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {
        "metadata": {"name": name, "creationTimestamp": f"{made:%Y-%m-%dT%H:%M:%SZ}"},
        "status": {**ready, **status},
    }


class DeployedHub:
    """The hub, and what tests break of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pages: dict[str, Reply] = {}
        self.addons: dict[str, dict[str, str]] = {}
        self.balancer = ""
        self.targets = ""
        self.zone = ""
        self.pods: dict[str, list[dict[str, Any]]] = {}
        """By their namespaces."""
        self._facts: dict[str, Any] = {}

    def set_up(self) -> None:
        """Have it as it was deployed."""
        self.stage.set_up(self._deploy)
        self.stage.context["ingress.scheme"] = "internet-facing"
        self.addons = {name: {"status": "ACTIVE", "addonVersion": version} for name, version in ADDONS.items()}
        self.pods = {"kube-system": [pod("coredns-1")], "jupyterhub": [pod("hub-1"), pod("proxy-1")]}
        self._tell()
        self.pages = {
            f"http://{HOST}/hub/login": Reply("", 301, (("Location", f"https://{HOST}:443/hub/login"),)),
            "/hub/health": Reply("", 200, (HSTS,)),
            "/hub/login": Reply("Sign in", 200, (HSTS, *COOKIES)),
            "/hub/oauth_login": self.sent_to(),
        }
        self.put()

    def put(self, **options: Any) -> None:
        """Have it answer, with some certificate."""
        self.stage.internet.put(HOST, self._answer, **options)

    def sent_to(self, url: str = f"{LOGIN}/authorize", **changed: str) -> Reply:
        """Where signing in leads."""
        query = {
            "response_type": "code",
            "client_id": "jupyterhub",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": "x",
            **changed,
        }
        return Reply("", 302, (("Location", f"{url}?{urlencode(query)}"),))

    def _answer(self, target: str) -> Reply:
        parts = urlsplit(target)
        return self.pages.get(target) or self.pages.get(parts.path) or Reply("", 404)

    def _deploy(self) -> None:
        self.zone = self.stage.make_zone(self.stage.workload, "dev.example.com", asked=True)
        self._balance()
        self._cluster()
        self._store()

    def _balance(self) -> None:
        stage, elbv2 = self.stage, self.stage.workload.client("elbv2")
        subnets = [each["SubnetId"] for each in stage.workload.client("ec2").describe_subnets()["Subnets"]][:2]
        vpc = stage.workload.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": "jupyterhub"}]
        made = elbv2.create_load_balancer(Name="hub", Subnets=subnets, Scheme="internet-facing", Tags=tags)
        self.balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.set_timeout("3600")
        group = elbv2.create_target_group(Name="hub", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")
        self.targets = group["TargetGroups"][0]["TargetGroupArn"]
        elbv2.register_targets(TargetGroupArn=self.targets, Targets=[{"Id": "10.0.0.9", "Port": 8000}])
        action = {"Type": "forward", "TargetGroupArn": self.targets}
        elbv2.create_listener(LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=[action])
        self.address(HOST, "192.0.2.10", "192.0.2.11")
        self.address(made["LoadBalancers"][0]["DNSName"].lower(), "192.0.2.11", "192.0.2.10")

    def address(self, name: str, *addresses: str) -> None:
        """What the world finds."""
        self.stage.names[name, "A"] = list(addresses)

    def set_timeout(self, seconds: str) -> None:
        """How long a silent websocket lasts."""
        attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": seconds}]
        elbv2 = self.stage.workload.client("elbv2")
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=self.balancer, Attributes=attributes)

    def _cluster(self) -> None:
        eks = self.stage.workload.client("eks")
        role, key = f"arn:aws:iam::{WORKLOAD}:role/eks", f"arn:aws:kms:{REGION}:{WORKLOAD}:key/1"
        subnets = [each["SubnetId"] for each in self.stage.workload.client("ec2").describe_subnets()["Subnets"]][:2]
        made = eks.create_cluster(
            name="jupyterhub",
            version="1.35",
            roleArn=role,
            resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": False},
            encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}],
        )
        for name in ("Hub", "System", "User1"):
            eks.create_nodegroup(clusterName="jupyterhub", nodegroupName=name, subnets=subnets, nodeRole=role)
        self._facts = made["cluster"]

    def _tell(self) -> None:
        """What moto does not know of it."""
        border = self.stage.border
        authority = base64.b64encode(self.stage.internet.authority.file.read_bytes()).decode()
        self._facts |= {"endpoint": f"https://{API}", "certificateAuthority": {"data": authority}}
        self.change_cluster()
        self.stage.internet.put(API, self._pods)
        border.answers["eks", "ListAddons"] = lambda _, __: {"addons": list(self.addons)}
        border.answers["eks", "DescribeAddon"] = lambda _, asked: {
            "addon": {"addonName": asked["addonName"], **self.addons[asked["addonName"]]}
        }

    def _pods(self, target: str) -> Reply:
        """What the cluster's API has in a namespace."""
        namespace = urlsplit(target).path.split("/")[4]
        items = [
            {**each, "metadata": {**each["metadata"], "namespace": namespace}} for each in self.pods.get(namespace, [])
        ]
        return Reply({"items": items, "metadata": {}})

    def change_cluster(self, **changed: Any) -> None:
        """Have EKS tell something else of it."""
        told = {**self._facts, **changed}
        self.stage.border.answer("eks", "DescribeCluster", {"cluster": told})

    def change_nodes(self, **changed: Any) -> None:
        """Have EKS tell something else of each group."""
        self.stage.border.answer("eks", "DescribeNodegroup", {"nodegroup": {"status": "ACTIVE", **changed}})

    def _store(self) -> None:
        self.volume("jupyterhub-hub-database")
        self.stage.workload.client("efs").create_file_system(
            CreationToken="homes", Encrypted=True, Tags=[{"Key": "Name", "Value": "jupyterhub"}]
        )

    def volume(self, name: str, *, encrypted: bool = True, **tags: str) -> str:
        """A volume with a name."""
        named = [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()]
        made = self.stage.workload.client("ec2").create_volume(
            AvailabilityZone=f"{REGION}a",
            Size=10,
            Encrypted=encrypted,
            TagSpecifications=[{"ResourceType": "volume", "Tags": named}],
        )
        id: str = made["VolumeId"]
        return id
