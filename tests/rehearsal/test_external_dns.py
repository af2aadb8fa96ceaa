"""ExternalDNS itself, as its chart runs it, keeps the hub's records in Route 53 of the right account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from templates.variants import DNS_ACCOUNT

from blueprint.rehearsal.aws import Cloud
from blueprint.rehearsal.processes import Process, free_port
from blueprint.versions import EXTERNAL_DNS, JUPYTERHUB

from .functions import role
from .installed import install, running
from .rehearsed import Rehearsed, built_controller, rehearsed
from .stacks import ACCOUNT, REGION

ZONE = "hub.example.test"
INGRESSES = f"/apis/networking.k8s.io/v1/namespaces/{JUPYTERHUB.namespace}/ingresses"
BALANCER = "k8s-hub-0123456789.eu-central-1.elb.amazonaws.com"
OWNER = "jupyterhub-eu-central-1"
EXTERNAL_ID = "an-external-id"
_SECONDS = 60


@pytest.fixture(scope="module")
def cluster(built: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    built_controller(EXTERNAL_DNS.name)
    with rehearsed(tmp_path_factory.mktemp("external-dns"), "named") as cluster:
        cluster.create_namespace(JUPYTERHUB.namespace)
        cluster.give_role(EXTERNAL_DNS.namespace, EXTERNAL_DNS.name)
        yield cluster


@pytest.fixture(params=[ACCOUNT, DNS_ACCOUNT], ids=["own zone", "zone of the DNS account"])
def owner(request: pytest.FixtureRequest, cluster: Rehearsed) -> Cloud:
    """The account that has the zone."""
    return cluster.server.cloud(request.param, REGION)


@pytest.fixture
def zone(owner: Cloud) -> Iterator[str]:
    route53 = owner.client("route53")
    zone = route53.create_hosted_zone(Name=ZONE, CallerReference="test")["HostedZone"]["Id"].rpartition("/")[2]
    yield zone
    route53.delete_hosted_zone(Id=zone)


@pytest.fixture
def external_dns(cluster: Rehearsed, owner: Cloud, zone: str) -> Iterator[Process]:
    """ExternalDNS, which reaches the zone in its account's way."""
    arguments = {"zone-id-filter": zone}
    if owner.account != ACCOUNT:
        arguments |= {
            "aws-assume-role": role(owner, "operator"),
            "aws-assume-role-external-id": EXTERNAL_ID,
        }
    values = {"txtOwnerId": OWNER, "domainFilters": [ZONE], "extraArgs": arguments}
    container = install(cluster, EXTERNAL_DNS, values)
    with running(cluster, EXTERNAL_DNS, container, [f"--metrics-address=127.0.0.1:{free_port()}"]) as process:
        yield process


def _records(cloud: Cloud, zone: str) -> dict[tuple[str, str], Any]:
    listed = cloud.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {
        (each["Name"].rstrip("."), each["Type"]): each.get("AliasTarget", {}).get("DNSName", "").rstrip(".")
        or [record["Value"] for record in each["ResourceRecords"]]
        for each in listed
        if each["Type"] not in {"NS", "SOA"}
    }


def _ingress(ingress_class: str = "alb") -> dict[str, Any]:
    backend = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "metadata": {"name": "jupyterhub"},
        "spec": {"ingressClassName": ingress_class, "rules": [{"host": ZONE, "http": {"paths": paths}}]},
    }


def test_records_come_and_go_with_the_ingress(
    cluster: Rehearsed, owner: Cloud, zone: str, external_dns: Process
) -> None:
    path = f"{INGRESSES}/jupyterhub"
    cluster.create(INGRESSES, _ingress())
    cluster.status(path, {"loadBalancer": {"ingress": [{"hostname": BALANCER}]}})
    external_dns.wait_until(lambda: bool(_records(owner, zone)), _SECONDS)
    heritage = f'"heritage=external-dns,external-dns/owner={OWNER},external-dns/resource=ingress/jupyterhub/jupyterhub"'
    assert _records(owner, zone) == {
        (ZONE, "A"): BALANCER,
        (ZONE, "AAAA"): BALANCER,
        (f"edns-cname.{ZONE}", "TXT"): [heritage],  # as it calls an alias of type A
        (f"edns-aaaa.{ZONE}", "TXT"): [heritage],
    }
    cluster.delete(path)
    external_dns.wait_until(lambda: not _records(owner, zone), _SECONDS)
