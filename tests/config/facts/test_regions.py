from typing import Any

import pytest
from boto3 import Session

from blueprint.config import Problem
from blueprint.config.facts.regions import REGIONS, elsewhere
from tests.config.seed import SEED, problems

EVERYWHERE = [
    region
    for partition in Session().get_available_partitions()
    for region in Session().get_available_regions("eks", partition)
]


def test_regions_are_those_of_botocore() -> None:
    assert list(REGIONS) == sorted(Session().get_available_regions("eks", "aws"))


@pytest.mark.parametrize("region", EVERYWHERE)
def test_region_is_taken_or_refused_with_the_reason(region: str) -> None:
    assert bool(elsewhere(region)) != (region in REGIONS)
    assert bool(problems({"workload.region": region, "network.zones": 2})) == bool(elsewhere(region))


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "eu-cental-1"])
def test_region_of_the_credentials_is_judged_where_the_context_names_none(region: str) -> None:
    named: list[Problem] = problems({"workload.region": region})
    assert problems({}, region=region) == [
        Problem(each.key, f"{each.got}, of the credentials in use", each.allowed, each.fix) for each in named
    ]
    assert problems({"workload.region": "eu-west-1"}, region=region) == []


@pytest.mark.parametrize("account", ["abc", "11112222333", "1111222233334", "\x1b"])
def test_account_of_the_credentials_is_judged_where_the_context_names_none(account: str) -> None:
    (fault,) = problems({}, account=account, region="eu-west-1")
    assert (fault.key, fault.allowed) == ("workload.account", "an AWS account id: 12 digits")
    assert fault.got.endswith(", of the credentials in use")
    assert problems({"workload.account": "444455556666"}, account=account, region="eu-west-1") == []


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_pool_in_another_partition_is_refused_in_words(region: str) -> None:
    pool: dict[str, Any] = {
        **dict.fromkeys(
            SEED.keys() & {"authUrl", "tokenUrl", "userDataUrl", "clientId", "clientSecret", "usernameKey"}
        ),
        "identity.provider": "cognito",
        "scope": ["openid", "profile", "email"],
        "workload.region": region,
    }
    assert [(each.key, each.got) for each in problems(pool)] == [("workload.region", f'"{region}"')]
