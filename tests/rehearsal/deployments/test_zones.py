"""The zones of a new VPC: those that can hold EKS, which then stay, and how a VPC comes into others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rehearsal.aws import Cloud
from tests.rehearsal.deploying import named, prepare, publish, template
from tests.rehearsal.lives import Life
from tests.rehearsal.stacks import Stacks
from tests.templates.assembly import Assembly, made
from tests.templates.variants import ACCOUNT, REGION, SHIPPED, Context

KEPT = ("UserDataHomes", "UserDataDatabase", "UserDataKey", "UserDataStateKey", "UserDataBackups")
BAD = "use1-az3"

Deploy = Callable[[Context], str]


class Data:
    """The Data stack by itself, in a region."""

    def __init__(self, life: Life, region: str) -> None:
        self.cloud: Cloud = life.server.cloud(ACCOUNT, region)
        if region != REGION:
            prepare(self.cloud, SHIPPED)
        self._life = life
        self._region = region
        self.stacks: Stacks | None = None

    def deploy(self, context: Context, change: Callable[[Assembly], None] = lambda assembly: None) -> str:
        """What the stack comes to, made or changed."""
        assembly = made({**SHIPPED, "workload.region": self._region, **context}, stage=True)
        change(assembly)
        publish(self.cloud, assembly, "Data", self._region)
        new = self.stacks is None
        self.stacks = self.stacks or Stacks(self.cloud, named(assembly, "Data"), self._life.server.wait)
        return (self.stacks.create if new else self.stacks.update)(**template(assembly, "Data"))

    @property
    def zone_ids(self) -> list[str]:
        """The ids of the zones in which there are subnets, as its account has them."""
        ec2 = self.cloud.client("ec2")
        assert self.stacks
        vpc = next(ref for id, ref in self.stacks.refs().items() if id == "NetworkVpc7FB7348F")
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        return sorted({each["AvailabilityZoneId"] for each in subnets})

    def refs(self, *begin: str) -> dict[str, str]:
        assert self.stacks
        return {id: ref for id, ref in self.stacks.refs().items() if id.startswith(begin)}

    def volume_zone(self) -> str:
        (volume,) = self.refs("UserDataDatabase").values()
        return str(self.cloud.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["AvailabilityZone"])


def as_before(assembly: Assembly) -> None:
    """Have a template be as it was when the region's first zones were taken, whatever they are."""
    resources = assembly["Data"].resources
    for id in [id for id in resources if "NetworkZones" in id]:
        del resources[id]
    for resource in resources.values():
        properties = resource.get("Properties", {})
        attribute = properties.get("AvailabilityZone", {}).get("Fn::GetAtt", ["", ""])
        if attribute[1].startswith("Zone"):
            first = {"Fn::Select": [int(attribute[1][-1]) - 1, {"Fn::GetAZs": ""}]}
            properties["AvailabilityZone"] = first


def with_the_bad_zone_at(data: Data, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the account's names of zones be others: each account has its own."""
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    zones = RegionsAndZonesBackend.zones["us-east-1"]
    bad = next(zone for zone in zones if zone.zone_id == BAD)
    other = next(zone for zone in zones if zone.name == f"us-east-1{letter}")
    other_id = other.zone_id
    monkeypatch.setattr(other, "zone_id", BAD)
    if bad is not other:
        monkeypatch.setattr(bad, "zone_id", other_id)


@pytest.mark.parametrize("letter", ["a", "b", "c", "e"])
def test_no_subnet_is_where_eks_cannot_be_made(life: Life, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Data(life, "us-east-1")
    with_the_bad_zone_at(data, letter, monkeypatch)
    assert data.deploy({}) == "CREATE_COMPLETE"
    assert len(data.zone_ids) == 3
    assert BAD not in data.zone_ids


def test_a_vpc_from_before_stays_where_it_is(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Data(life, "us-east-1")
    with_the_bad_zone_at(data, "d", monkeypatch)
    assert data.deploy({}, as_before) == "CREATE_COMPLETE"
    refs = data.refs("NetworkVpc", "UserData")
    with_the_bad_zone_at(data, "f", monkeypatch)  # nor if it would be chosen otherwise today
    assert data.deploy({}) == "UPDATE_COMPLETE"
    assert data.refs("NetworkVpc", "UserData") == refs


def test_a_vpc_from_before_with_a_bad_zone_is_told_the_way_out_which_leads_out(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Data(life, "us-east-1")
    with_the_bad_zone_at(data, "c", monkeypatch)
    assert data.deploy({}, as_before) == "CREATE_COMPLETE"
    kept = data.refs(*KEPT)
    assert data.deploy({}) == "UPDATE_ROLLBACK_COMPLETE"
    assert data.stacks
    assert f"subnets in us-east-1c ({BAD})" in str(data.stacks.reasons("CREATE_FAILED"))
    assert data.deploy({"network.cidr": "10.1.0.0/16"}) == "UPDATE_COMPLETE"
    assert BAD not in data.zone_ids
    assert data.refs(*KEPT) == kept


def test_zones_are_changed_with_the_addresses(life: Life) -> None:
    data = Data(life, REGION)
    assert data.deploy({"network.zone.names": [f"{REGION}a", f"{REGION}b"]}) == "CREATE_COMPLETE"
    kept = data.refs(*KEPT)
    others: Context = {"network.zone.names": [f"{REGION}a", f"{REGION}c"]}
    assert data.deploy(others) == "UPDATE_ROLLBACK_COMPLETE"
    assert data.stacks
    assert "conflicts with another subnet" in str(data.stacks.reasons("UPDATE_FAILED"))
    assert data.deploy({**others, "network.cidr": "10.1.0.0/16"}) == "UPDATE_COMPLETE"
    assert data.refs(*KEPT) == kept
    ec2 = data.cloud.client("ec2")
    assert [vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == ["10.1.0.0/16"]


def test_the_volume_and_everybody_have_the_zone_from_one_subnet(life: Life) -> None:
    data = Data(life, REGION)
    data.deploy({})
    assert data.volume_zone() == f"{REGION}a"
    assert data.stacks
    assert f"{REGION}a" in data.stacks.outputs().values()
