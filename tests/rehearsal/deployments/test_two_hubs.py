"""Two hubs that want the same names in one DNS account: none takes them from the other."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws import Server
from tests.conftest import Synthesized
from tests.rehearsal.deploying import named, publish, template
from tests.rehearsal.lives import STACKS, Life
from tests.rehearsal.stacks import Stacks
from tests.templates import assembly as assemblies
from tests.templates.variants import DNS_ACCOUNT, REGION, SHIPPED, Context

PROD: Context = {**SHIPPED, "name": "prod", "jupyterhub.subzone.name": "a.dev.example.com"}
STAGING: Context = {**SHIPPED, "name": "staging", "jupyterhub.subzone.name": "b.dev.example.com"}
ROLE_OF_ITS_OWN = {"parent.dns.role": "StagingOperator"}
IN_PARENT = {"dns.subzone.account": "parent"}


def made(life: Life, context: Context, *ids: str) -> dict[str, Stacks]:
    """The stacks of a hub, deployed."""
    assembly = assemblies.made(context, stage=True)
    stacks = {}
    for id in ids:
        cloud = life.server.cloud(STACKS[id], REGION)
        publish(cloud, assembly, id)
        stacks[id] = Stacks(cloud, named(assembly, id), life.server.wait)
        stacks[id].create(**template(assembly, id))
    return stacks


def status(stacks: Stacks) -> str:
    return str(stacks.described()["StackStatus"])


def delegation(server: Server) -> set[str]:
    """The name servers to which the parent zone delegates the subzone."""
    route53: Any = server.cloud(DNS_ACCOUNT, REGION).client("route53")
    (parent,) = (each["Id"] for each in route53.list_hosted_zones()["HostedZones"] if each["Name"] == "example.com.")
    records = route53.list_resource_record_sets(HostedZoneId=parent)["ResourceRecordSets"]
    found = [each["ResourceRecords"] for each in records if each["Name"] == "dev.example.com."]
    return {value["Value"] for values in found for value in values}


def test_second_hub_does_not_take_the_subzone_of_the_first(life: Life) -> None:
    prod = made(life, PROD, "ParentDns", "Dns")
    leads = delegation(life.server)
    staging = made(life, {**STAGING, **ROLE_OF_ITS_OWN}, "ParentDns", "Dns")
    assert [status(each) for each in (*prod.values(), staging["ParentDns"])] == ["CREATE_COMPLETE"] * 3
    assert status(staging["Dns"]) == "ROLLBACK_COMPLETE"
    (reason,) = (each for each in staging["Dns"].reasons("CREATE_FAILED") if "another hub" in each)
    assert "Set dev.subzone.name to a name that no other hub has" in reason
    assert delegation(life.server) == leads != set()
    assert prod["Dns"].delete() == "DELETE_COMPLETE"
    assert delegation(life.server) == set()


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        pytest.param({}, "DomainOperatorRole", id="role"),
        pytest.param(
            IN_PARENT | ROLE_OF_ITS_OWN, "Tried to create resource record set", id="subzone in the DNS account"
        ),
    ],
)
def test_second_hub_does_not_take_what_is_the_firsts_in_the_dns_account(
    life: Life, changes: Context, there: str
) -> None:
    first = IN_PARENT if "dns.subzone.account" in changes else {}
    prod = made(life, {**PROD, **first}, "ParentDns")
    staging = made(life, {**STAGING, **changes}, "ParentDns")
    assert (status(prod["ParentDns"]), status(staging["ParentDns"])) == ("CREATE_COMPLETE", "ROLLBACK_COMPLETE")
    reasons = [each for each in staging["ParentDns"].reasons("CREATE_FAILED") if there in each]
    assert ["already exists" in each for each in reasons] == [True]


def test_hubs_that_share_a_subzone_know_their_own_records(synthesized: Synthesized, life: Life) -> None:
    owners = {
        context["name"]: assemblies.made({**context, **IN_PARENT})["Hub"].values("external-dns")["txtOwnerId"]
        for context in (PROD, STAGING)
    }
    assert [owner.startswith(f"{name}-") for name, owner in owners.items()] == [True, True]
