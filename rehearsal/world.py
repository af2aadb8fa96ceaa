"""All that a rehearsal runs in its sandbox, and what a person who looks around there can ask for and do."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from blueprint.config import Config
from blueprint.config.facts.regions import ROUTE_53
from blueprint.hub import SECRET_NAME, named_provider
from blueprint.versions import JUPYTERHUB
from rehearsal import controllers, front
from rehearsal.aws import Cloud, Server
from rehearsal.aws.dns.zones import look_up
from rehearsal.aws.eks.store import ClusterId, Endpoint
from rehearsal.aws.load_balancing import LoadBalancers
from rehearsal.certificates import Authority
from rehearsal.clusters import LocalClusters
from rehearsal.kubelet.kubelet import Everywhere, Kubelet
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.kubernetes.programs import Program, Table, jupyterhub
from rehearsal.preparation import Prepared
from rehearsal.provider import IdentityProvider, hosts
from rehearsal.sandbox.dns import Record
from rehearsal.sandbox.network import LOAD_BALANCERS, METADATA
from rehearsal.sandbox.place import Sandbox

PROVIDER: Final = "198.18.0.4"
"""Where the identity provider answers, by the host names that the context has for it."""

WORKLOAD_ACCOUNT: Final = "111122223333"
REGION: Final = "eu-central-1"
"""Where a context that names none is rehearsed."""

GIVEN: Final = "given.txt"
"""An object in buckets that are folders, and what it says."""

_NOBODY: Final = 65532
_TRUSTED: Final = "/etc/ssl/certs/ca-certificates.crt"


class World:
    """The rehearsal of one configuration, in a folder that goes with it. The process is in the sandbox."""

    def __init__(
        self, config: Config, prepared: Prepared, folder: Path, sandbox: Sandbox, tell: Callable[[str], None]
    ) -> None:
        self.config = config
        self.sandbox = sandbox
        self.folder = folder
        self.region = config.workload_region or REGION
        self.workload_account = config.workload_account or WORKLOAD_ACCOUNT
        self.dns_account = config.parent_dns_account
        self.accounts = [self.dns_account, self.workload_account]
        self.charts = folder / "charts"
        shutil.copytree(prepared.charts, self.charts)
        self.authority = Authority(folder / "certificates", "rehearsal")
        self._clusters = _Clusters(self, prepared, tell)
        self.server = Server(
            folder / "aws",
            self._clusters,
            modules=prepared.modules,
            charts=self.charts,
            storage=folder / "storage",
            enforce=True,
        )
        self.trusted = folder / "trusted.crt"
        """Who signs the certificates of the rehearsal: the load balancers', AWS's and the provider's."""
        self.trusted.write_bytes(b"".join(each.read_bytes() for each in (self.authority.certificate, self.server.ca)))
        self.endpoints = named_provider(config)
        self._provider = IdentityProvider(
            config,
            self.endpoints,
            installation=prepared.installation,
            authority=self.authority,
            folder=folder / "provider",
        )
        self._balancers = LoadBalancers(LOAD_BALANCERS)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.server)
            stack.callback(self._clusters.stop_all)
            stack.enter_context(self._balancers)
            stack.callback(self._provider.stop)
            self.sandbox.resolver.sources += [self._balancer, look_up, front.names]
            for host in hosts(self.endpoints):
                self.sandbox.names.add(host, PROVIDER)
            front.serve(self.sandbox, self.server.url, self.authority, sorted({self.region, ROUTE_53}))
            self.sandbox.network.serve(
                f"{METADATA}/32"
            )  # where nobody answers: who looks for EC2's metadata need not wait
            self.server.opted.add((self.workload_account, self.region))
            self._seed()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _seed(self) -> None:
        """What the README asks to be there before: the parent's zone, and the roles of the administrators."""
        zone = {"Name": self.config.parent_hostedzone_name, "CallerReference": "rehearsal"}
        self.cloud(self.dns_account).client("route53").create_hosted_zone(**zone)
        pods = {"Service": "pods.eks.amazonaws.com"}
        servers = {"Effect": "Allow", "Principal": pods, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        rights = self.config.aws_access.by_id.values() if self.config.aws_access else ()
        roles = {
            **{each.role: [servers] for each in rights if each.role},
            **{role: _of_account(role.split(":")[4])["Statement"] for role in self.config.admin_roles},
        }
        for role, trusted in roles.items():
            account, (path, _, name) = role.split(":")[4], role.partition(":role")[2].rpartition("/")
            trust = {"Version": "2012-10-17", "Statement": trusted}
            iam = self.cloud(account).client("iam")
            iam.create_role(Path=f"{path}/", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))

        s3 = self.cloud(self.workload_account).client("s3")
        where: Any = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        parts = [part for _, part in self.config.aws_access.parts()] if self.config.aws_access else []
        for bucket in {part.bucket for part in parts}:
            s3.create_bucket(Bucket=bucket, **({} if self.region == ROUTE_53 else where))
        for part in (part for part in parts if part.folder):
            s3.put_object(Bucket=part.bucket, Key=f"{part.prefix or ''}{GIVEN}", Body=GIVEN.encode())

    def cloud(self, account: str) -> Cloud:
        """An account, as its administrator sees it."""
        return self.server.cloud(account, self.region)

    def start_provider(self, client_secret: str) -> None:
        """Let the identity provider answer, and from now on know the hub by this secret."""
        self._provider.start(PROVIDER, client_secret)

    @property
    def _cluster(self) -> ClusterId:
        return ClusterId(self.workload_account, self.region, self.config.name)

    @property
    def plane(self) -> ControlPlane:
        """The control plane of the cluster."""
        return self._clusters.running[self._cluster]

    @property
    def kubelet(self) -> Kubelet:
        """What runs the cluster's pods."""
        return self._clusters.kubelets[self._cluster]

    def get(self, path: str) -> bytes | None:
        """What the cluster's API server answers."""
        return self.plane.get(path)

    def objects(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list of the cluster."""
        answer = self.get(path)
        found: list[dict[str, Any]] = json.loads(answer)["items"] if answer else []
        return found

    def refresh_secrets(self) -> None:
        """Have External Secrets look at once, as its operators do, rather than when the minute is over."""
        path = f"/apis/external-secrets.io/v1/namespaces/{JUPYTERHUB.namespace}/externalsecrets/{SECRET_NAME}"
        now = {"metadata": {"annotations": {"force-sync": str(time.time_ns())}}}
        objects.ask(self.plane, "PATCH", path, now, "application/merge-patch+json")

    def nodes_wanted(self) -> int:
        """How many nodes the node groups are to have."""
        eks, name = self.cloud(self.workload_account).client("eks"), self.config.name
        groups = eks.list_nodegroups(clusterName=name)["nodegroups"]
        described = (eks.describe_nodegroup(clusterName=name, nodegroupName=each)["nodegroup"] for each in groups)
        return sum(int(each["scalingConfig"]["desiredSize"]) for each in described)

    def records(self, account: str, host: str) -> dict[str, list[str]]:
        """The records of a host in the zones of an account, by type."""
        route53 = self.cloud(account).client("route53")
        found: dict[str, list[str]] = {}
        for zone in route53.list_hosted_zones()["HostedZones"]:
            for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
                if record["Name"].rstrip(".") == host:
                    alias = record.get("AliasTarget", {}).get("DNSName")
                    values = [each["Value"] for each in record.get("ResourceRecords", [])]
                    found[record["Type"]] = [alias] if alias else values
        return found

    def _balancer(self, name: str, kind: str) -> list[Record] | None:
        address = self._balancers.resolve(name) or self._balancers.resolve(name.removeprefix("dualstack."))
        if address is None:
            return None
        return [Record("A", address)] if kind == "A" else []


class _Clusters(LocalClusters):
    """Clusters with nodes."""

    def __init__(self, world: World, prepared: Prepared, tell: Callable[[str], None]) -> None:
        super().__init__(
            world.folder / "kubernetes",
            prepared.cache,
            lambda what, done, total: tell(what) if not done else None,
        )
        self._world = world
        self._programs = Table(_programs(world.config, prepared))
        self.kubelets: dict[ClusterId, Kubelet] = {}

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        """Run a cluster and its nodes."""
        endpoint = super().start(cluster, version, token_webhook)
        if cluster not in self.kubelets:
            kubelet = Kubelet(
                self._world.sandbox,
                cluster,
                self.running[cluster],
                self._world.server.cloud(cluster.account, cluster.region),
                self._programs,
                folder=self._world.folder.joinpath("nodes", *cluster),
                storage=self._world.folder / "storage",
                everywhere=_everywhere(self._world.trusted),
            )
            kubelet.start()
            self.kubelets[cluster] = kubelet
        return endpoint

    def stop(self, cluster: ClusterId) -> None:
        """End a cluster and its nodes."""
        if kubelet := self.kubelets.pop(cluster, None):
            kubelet.stop()
        super().stop(cluster)

    def stop_all(self) -> None:
        """End all of them."""
        while self.kubelets:
            self.kubelets.popitem()[1].stop()
        super().stop_all()


def _of_account(account: str) -> Mapping[str, object]:
    """Whoever an account lets may assume a role."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [trust]}


def _everywhere(trusted: Path) -> Everywhere:
    variables = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE")
    return Everywhere(environment=dict.fromkeys(variables, _TRUSTED), files={_TRUSTED: trusted.read_text()})


def _programs(config: Config, prepared: Prepared) -> Mapping[str, Program]:
    built = {
        image: Program(
            entrypoint=(str(program),),
            environment=controller.environment,
            shown=[str(program.parent)],
            user=_NOBODY,
            group=_NOBODY,
        )
        for image, controller in controllers.PROGRAMS.items()
        if (program := controllers.installed(controller, prepared.cache))
    }
    servers = [config.singleuser_image, *(config.singleuser_profiles.images() if config.singleuser_profiles else ())]
    return {**jupyterhub(prepared.installation, servers), **built}
