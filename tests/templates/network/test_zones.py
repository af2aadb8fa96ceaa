"""The zones of a new VPC, and that everybody has the hub's zone from one place."""

import json

import pytest

from blueprint.config.facts.zones import WITHOUT_EKS
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.template import Template, plain

ZONES = "Custom::ZonesWithEks"


def _zones(data: Template) -> list[str]:
    """What the subnets have for a zone, the public ones first."""
    return [plain(each["Properties"]["AvailabilityZone"]) for each in data.all(kinds.SUBNET)]


def test_a_region_without_a_bad_zone_has_its_first_ones(shipped: Assembly) -> None:
    """Anything else would replace the subnets of deployments that are there."""
    assert shipped["Data"].ids(ZONES) == []
    assert _zones(shipped["Data"]) == ["zones[0]", "zones[1]", "zones[2]"] * 2


@pytest.mark.parametrize("variant", ["a zone without EKS", "seed"])
def test_where_a_zone_may_be_bad_they_are_chosen_by_their_ids(synthesized: Synthesized, variant: str) -> None:
    data = synthesized(variant)["Data"]
    (id,) = data.ids(ZONES)
    wanted = plain(data.properties(ZONES))
    assert (wanted["Count"], wanted["Without"]) == ("3", sorted(WITHOUT_EKS.values()))
    assert wanted["VpcId"] == "${NetworkVpc7FB7348F}"
    assert _zones(data) == [f"${{{id}.Zone{number}}}" for number in (1, 2, 3)] * 2


def test_a_stack_for_any_environment_keeps_the_number_that_cdk_gives_it(synthesized: Synthesized) -> None:
    """Subnets have other addresses where there are more of them."""
    alone = synthesized("construct alone")["Hub"]
    assert plain(alone.properties(ZONES)["Count"]) == "2"
    assert len(alone.all(kinds.SUBNET)) == 4


@pytest.mark.parametrize("variant", ["shipped", "a zone without EKS", "EBS homes"])
def test_the_hub_has_the_zone_of_its_volume_from_the_subnet(synthesized: Synthesized, variant: str) -> None:
    hub, data = synthesized(variant)["Hub"], synthesized(variant)["Data"]
    zone = plain(data.properties(kinds.VOLUME)["AvailabilityZone"])
    assert zone == "${NetworkVpcPrivateSubnet1Subnet6DD86AE6.AvailabilityZone}"
    affinity = hub.objects["PersistentVolume", "jupyterhub-hub-db-dir"]["spec"]["nodeAffinity"]
    (term,) = affinity["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [
        "${import ExportsOutputFnGetAttNetworkVpcPrivateSubnet1Subnet6DD86AE6AvailabilityZoneD47B63E8}"
    ]
    assert "Fn::GetAZs" not in json.dumps(hub.body)
