"""A world in which everything is sound: two accounts in moto, and on loopback a provider, registries and a resolver."""

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from moto.moto_api._internal.models import moto_api_backend
from moto.route53.models import route53_backends

from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.examination import Check, examine
from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.names import TYPES
from blueprint.cli.checks.world import World
from blueprint.config import load
from blueprint.versions import CHARTS
from tests.cli.doctor.border import Border
from tests.cli.internet import Internet, Reply, Site, site

ROOT = Path(__file__).parents[3]
WORKLOAD, DNS, REGION = "111122223333", "444455556666", "eu-central-1"
SECRET = "jupyterhub/oauth-client-secret"
VALUE = "s3cr3t-from-the-provider"
LOGIN = "https://login.example.com"
IMAGE = "sha256:11"
CONTEXT: dict[str, object] = {
    "workload.account": WORKLOAD,
    "workload.region": REGION,
    "parent.dns.account": DNS,
    "parent.hostedzone.name": "example.com",
    "dev.subzone.name": "dev.example.com",
    "jupyterhub.subzone.name": "jupyter.dev.example.com",
    "authUrl": f"{LOGIN}/authorize",
    "tokenUrl": f"{LOGIN}/oauth/token",
    "userDataUrl": f"{LOGIN}/userinfo",
    "clientId": "jupyterhub",
    "clientSecretArn": SECRET,
}
DOCUMENT: dict[str, Any] = {
    "issuer": f"{LOGIN}/",
    "authorization_endpoint": f"{LOGIN}/authorize",
    "token_endpoint": f"{LOGIN}/oauth/token",
    "userinfo_endpoint": f"{LOGIN}/userinfo",
    "scopes_supported": ["openid", "profile", "email"],
    "claims_supported": ["sub", "name", "email"],
    "response_types_supported": ["code"],
    "token_endpoint_auth_methods_supported": ["client_secret_post"],
}


READING = ("Describe", "Get", "List", "BatchGet", "Head", "Simulate", "AssumeRole")
Names = dict[tuple[str, str], list[str] | None]


class Staged(Account):
    """An account of moto's, told to it by number; what moto lacks is answered at the border."""

    def __init__(self, name: str, number: str, border: Border | None) -> None:
        super().__init__(name, number, REGION)
        self.changed = True
        """Whether something was called that does more than read."""
        self._number, self._border = number, border
        self._behind = Staged(name, number, None) if border else self

    def client(self, service: str, region: str | None = None) -> Any:
        known = (service, region) in self._clients
        client = super().client(service, region)
        if not known:
            client.meta.events.register("before-sign", self._sign)
            client.meta.events.register("before-call", self._note)
            if self._border:
                self._border.watch(client, lambda: self._behind.client("iam"))
        return client

    def made(self) -> list[Any]:
        """The clients that there are."""
        return list(self._clients.values())

    def _note(self, model: Any, **_: Any) -> None:
        self.changed |= not model.name.startswith(READING)

    def _sign(self, request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = self._number


class Stage:
    """The world, and what of it tests break."""

    def __init__(self, internet: Internet) -> None:
        self.border = Border()
        self.internet = internet
        self.workload = Staged("workload account", WORKLOAD, self.border)
        self.dns = Staged("DNS account", DNS, self.border)
        self.names: Names = {}
        self.context: dict[str, object] = {}
        self.zone = ""
        self.with_dns = True
        self._more: Callable[[], None] | None = None
        self._found: Names = {}

    def set_up(self, more: Callable[[], None] | None = None) -> None:
        """Make everything sound, with `more` in AWS; what no test has changed there since the last time is left."""
        self.border.reset()
        there = self.zone in route53_backends[DNS]["aws"].zones  # unless others have emptied moto since
        if not there or self._more != more or self.workload.changed or self.dns.changed:
            moto_api_backend.reset()
            self.names = {("login.example.com", "A"): ["192.0.2.1"]}
            self._fill()
            if more:
                more()
            self._more, self._found = more, self.names
            self.workload.changed = self.dns.changed = False
        self.names = dict(self._found)
        self.context = {**CONTEXT, "parent.hostedzone.id": self.zone}
        self.with_dns = True
        self.internet.put("dns.google", self._resolve)
        self.put_provider(DOCUMENT)
        self.put_image(
            {"manifests": [{"platform": {"architecture": each}} for each in ("amd64", "arm64")]}, "hub-5.5.0"
        )
        for host, charts in _by_host().items():
            self.internet.put(host, charts)

    def _fill(self) -> None:
        """What is in the accounts."""
        for account in (self.workload, self.dns):
            account.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="28", Type="String")
            bucket = f"cdk-hnb659fds-assets-{account.expected}-{REGION}"
            account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.zone = self.make_zone(self.dns, "example.com", asked=True)
        self.deploy_parent()
        self.workload.client("secretsmanager").create_secret(Name=SECRET, SecretString=VALUE)

    def world(self, **overrides: object) -> World:
        """As the command makes it of the settings."""
        config = load({**self.context, **overrides}, today=date.today()).config
        return World(config, self.workload, self.dns if self.with_dns else None, datetime.now(UTC))

    def find(self, checks: Iterable[Check], **overrides: object) -> list[Finding]:
        """What checks find, but for what is sound."""
        return [each for each in examine(self.world(**overrides), list(checks), 30) if each.level != "ok"]

    def make_zone(self, account: Account, name: str, *, asked: bool = False) -> str:
        """A public zone, which the world asks or not; its id."""
        made = account.client("route53").create_hosted_zone(Name=name, CallerReference=f"{name}{len(self.names)}")
        if asked:
            self.names[name, "NS"] = made["DelegationSet"]["NameServers"]
        id: str = made["HostedZone"]["Id"].rpartition("/")[2]
        return id

    def write(self, account: Account, zone: str, name: str, kind: str, *values: str) -> None:
        """A record of a zone."""
        record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": each} for each in values]}
        change: Any = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        account.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)

    def deploy_parent(self, template: str = "workload", name: str = "jupyterhub-ParentDns", **given: str) -> None:
        """The role, by the template that people without the CDK use."""
        parameters = {
            "SubzoneName": "dev.example.com",
            "ParentHostedZoneId": self.zone,
            "WorkloadAccount": WORKLOAD,
            **given,
        }
        self.dns.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=(ROOT / "docs" / "parent-dns" / f"{template}.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        iam = self.dns.client("iam")
        role = "DomainOperatorRole"
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            # moto keeps what CloudFormation makes as Python writes it.
            text = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(ast.literal_eval(text)))

    def deploy(self, account: Account, stack: str) -> None:
        """A stack of a name."""
        body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
        account.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(body))

    def put_provider(self, document: object, page: object = "sign in", **options: Any) -> None:
        """A provider that tells of itself, with a page to sign in at."""
        pages: dict[str, object] = {"/.well-known/openid-configuration": document, "/authorize": page}
        self.internet.put("login.example.com", site(pages), **options)

    def put_image(self, manifest: object, *tags: str, others: Mapping[str, object] | None = None) -> None:
        """The default image at Quay, for whoever has a token, and other manifests by what they are asked for by."""
        repository = "jupyter/datascience-notebook"
        challenge = f'Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:{repository}:pull"'
        named = [{"name": each, "manifest_digest": IMAGE} for each in tags]
        found = (
            manifest if isinstance(manifest, Reply) else Reply(manifest, headers=(("Docker-Content-Digest", IMAGE),))
        )
        asked: list[str] = []

        def answer(target: str) -> Reply:
            path = urlsplit(target).path
            if path == "/v2/auth":
                asked.append(path)
                return Reply({"token": "anonymous"})
            if path == f"/v2/{repository}/manifests/2026-07-28":
                return found if asked else Reply("", 401, (("WWW-Authenticate", challenge),))
            if content := (others or {}).get(path.rpartition("/")[2]):
                return Reply(content)
            return Reply({"tags": named}) if path == f"/api/v1/repository/{repository}/tag/" else Reply("", 404)

        self.internet.put("quay.io", answer)

    def _resolve(self, target: str) -> Reply:
        asked = {key: value[0] for key, value in parse_qs(urlsplit(target).query).items()}
        found = self.names.get((asked["name"], asked["type"]), [])
        if found is None:
            return Reply({"Status": 3})
        kind = TYPES[asked["type"]]
        return Reply({"Status": 0, "Answer": [{"name": asked["name"], "type": kind, "data": each} for each in found]})


def image_for(*architectures: str) -> dict[str, object]:
    """The manifest of an image for machines of some kinds."""
    return {"manifests": [{"platform": {"architecture": each}} for each in architectures]}


@cache
def _by_host() -> dict[str, Site]:
    """The chart repositories, each with what is pinned."""
    pages: dict[str, dict[str, object]] = {}
    for chart in CHARTS:
        parts = urlsplit(chart.repository)
        index = yaml.safe_dump({"entries": {chart.name: [{"version": chart.version}]}})
        pages.setdefault(parts.netloc, {})[f"{parts.path.rstrip('/')}/index.yaml"] = index
    return {host: site(of_host) for host, of_host in pages.items()}
