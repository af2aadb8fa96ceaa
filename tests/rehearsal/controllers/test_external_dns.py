"""ExternalDNS itself, as the blueprint deploys it, keeps the hub's records in the right account with its own rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from blueprint.versions import EXTERNAL_DNS, JUPYTERHUB
from preview.ports import free_port
from rehearsal.aws import Cloud
from rehearsal.processes import Process
from tests.rehearsal.installed import Blueprint, identity, running
from tests.rehearsal.rehearsed import Rehearsed, built_controller, rehearsed
from tests.rehearsal.stacks import ACCOUNT, REGION
from tests.templates.assembly import made
from tests.templates.variants import DNS_ACCOUNT, SHIPPED

HOST = "dev.example.com"
OWNER = f"jupyterhub-eu-central-1-{ACCOUNT}"
EXTERNAL_ID = "hub-42"
OPERATOR = "DomainOperatorRole"
INGRESSES = f"/apis/networking.k8s.io/v1/namespaces/{JUPYTERHUB.namespace}/ingresses"
BALANCER = "k8s-hub-0123456789.eu-central-1.elb.amazonaws.com"
_SECONDS = 60


@dataclass(frozen=True)
class Zone:
    """The hub's zone, in the account that has it, and the role that writes to it."""

    cloud: Cloud
    id: str
    writer: str

    def records(self) -> dict[tuple[str, str], Any]:
        """The values of the records, or the name that an alias leads to, by name and type."""
        listed = self.cloud.client("route53").list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return {
            (each["Name"].rstrip("."), each["Type"]): each.get("AliasTarget", {}).get("DNSName", "").rstrip(".")
            or [record["Value"] for record in each["ResourceRecords"]]
            for each in listed
            if each["Type"] not in {"NS", "SOA"}
        }


@pytest.fixture(scope="module")
def cluster(built: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    built_controller(EXTERNAL_DNS.name)
    with rehearsed(tmp_path_factory.mktemp("external-dns"), "jupyterhub") as cluster:
        cluster.create_namespace(JUPYTERHUB.namespace)
        yield cluster


@pytest.fixture(params=["workload", "parent"])
def zone(request: pytest.FixtureRequest, cluster: Rehearsed) -> Iterator[tuple[Zone, Blueprint]]:
    """The zone in one account or the other, with the roles that the blueprint makes for that."""
    in_parent = request.param == "parent"
    changes = {"dns.subzone.account": "parent", "parent.dns.external.id": EXTERNAL_ID} if in_parent else {}
    assembly = made({**SHIPPED, **changes})
    owner = cluster.server.cloud(DNS_ACCOUNT if in_parent else ACCOUNT, REGION)
    route53 = owner.client("route53")
    id = route53.create_hosted_zone(Name=HOST, CallerReference="test")["HostedZone"]["Id"].rpartition("/")[2]
    zones = [
        "${SubzoneZone02BBCBFA}",
        "${import ExportsOutputRefSubzoneZone02BBCBFA5A353B46}",
        "${JupyterHubRecordsSubzoneZoneA335FA2F}",  # as it is found in the other account
    ]
    blueprint = Blueprint(assembly, dict.fromkeys(zones, id))
    with identity(cluster, blueprint, EXTERNAL_DNS, f"pods-{request.param}") as pods:
        writer = pods
        if in_parent:
            (operator,) = (each for each in assembly["ParentDns"].ids("AWS::IAM::Role") if each.startswith(OPERATOR))
            writer = blueprint.make_role(owner, "ParentDns", operator, OPERATOR)
        yield Zone(owner, id, writer), blueprint
    route53.delete_hosted_zone(Id=id)


@pytest.fixture
def external_dns(cluster: Rehearsed, zone: tuple[Zone, Blueprint]) -> Iterator[Process]:
    container = zone[1].install(cluster, EXTERNAL_DNS)
    with running(cluster, EXTERNAL_DNS, container, [f"--metrics-address=127.0.0.1:{free_port()}"]) as process:
        yield process


def test_records_come_and_go_with_the_ingress(
    cluster: Rehearsed, zone: tuple[Zone, Blueprint], external_dns: Process
) -> None:
    place, _ = zone
    path = f"{INGRESSES}/jupyterhub"
    backend = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    rules = [{"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    cluster.create(INGRESSES, {"metadata": {"name": "jupyterhub"}, "spec": {"ingressClassName": "alb", "rules": rules}})
    cluster.status(path, {"loadBalancer": {"ingress": [{"hostname": BALANCER}]}})
    external_dns.wait_until(lambda: bool(place.records()), _SECONDS)
    heritage = f'"heritage=external-dns,external-dns/owner={OWNER},external-dns/resource=ingress/jupyterhub/jupyterhub"'
    assert place.records() == {
        (HOST, "A"): BALANCER,
        (HOST, "AAAA"): BALANCER,
        (f"edns-cname.{HOST}", "TXT"): [heritage],  # as it calls an alias of type A
        (f"edns-aaaa.{HOST}", "TXT"): [heritage],
    }
    cluster.delete(path)
    external_dns.wait_until(lambda: not place.records(), _SECONDS)
    assert _writers(cluster, place) == {place.writer}


def _writers(cluster: Rehearsed, zone: Zone) -> set[str]:
    """The roles that changed a zone's records, but for this test's."""
    changes = [each for each in cluster.server.recorder.calls if str(each.call) == "route53:ChangeResourceRecordSets"]
    return {each.who.name for each in changes if each.who and each.call.input["HostedZoneId"].endswith(zone.id)}
