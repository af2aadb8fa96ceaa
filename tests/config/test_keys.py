from typing import Any

import pytest

from blueprint.config import ConfigError, Notice, Problem
from tests.config.seed import notices, problems

KNOWN = "the keys listed in docs/context.schema.json"


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        pytest.param("clientsecret", 'did you mean "clientSecret"?', id="case"),
        pytest.param("client.id", 'did you mean "clientId"?', id="dots for case"),
        pytest.param("dev-subzone-name", 'did you mean "dev.subzone.name"?', id="hyphens for dots"),
        pytest.param("parent.hostedzone.nmae", 'did you mean "parent.hostedzone.name"?', id="letters swapped"),
        pytest.param("hub.subzone.name", 'did you mean "jupyterhub.subzone.name"?', id="first part wrong"),
        pytest.param("scopes", 'did you mean "scope"?', id="plural"),
        pytest.param("users:allowed", 'did you mean "users.allowed"?', id="colon for dot"),
        pytest.param("Kubernetes.Version", 'did you mean "kubernetes.version"?', id="capitals"),
        pytest.param(
            "culling.frequency",
            "take one of: culling.enabled, culling.timeout, culling.max.age",
            id="ours by its first part",
        ),
        pytest.param(
            "culling:frequency",
            "take one of: culling.enabled, culling.timeout, culling.max.age",
            id="ours by its first part, with a colon",
        ),
    ],
)
def test_misspelt_key_is_an_error(key: str, fix: str) -> None:
    assert problems({key: "value"}) == [Problem(key, "an unknown key", KNOWN, fix)]


@pytest.mark.parametrize(
    ("key", "shown"),
    [(None, "null"), (True, "true"), (1, "1"), (1.5, "1.5"), (b"tags", '"no JSON"'), (("a",), '["a"]')],
)
def test_key_that_is_no_text_is_an_error(key: Any, shown: str) -> None:
    told = [Problem(shown, "a key that is no text", "keys of text", "write it in quotes")]
    assert problems({key: "value"}) == problems({"context": {key: "value"}}) == told


def test_key_as_long_as_a_book_is_cut() -> None:
    assert len(str(ConfigError(problems({f"nodes.{'x' * 10**6}": 1})))) < 2000


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        pytest.param("parent", {"dns": {"account": "1"}}, 'write "parent.dns.account": …', id="whole"),
        pytest.param("parent.dns", {"role": "r"}, 'write "parent.dns.role": …', id="half"),
        pytest.param(
            "storage", {"home": "efs", "keep": True}, 'write "storage.home": …, "storage.keep": …', id="several"
        ),
        pytest.param(
            "culling",
            {"on": True},
            'write "culling.enabled": …, "culling.timeout": …, "culling.max.age": …',
            id="unknown within",
        ),
    ],
)
def test_nested_object_is_an_error(key: str, value: object, fix: str) -> None:
    allowed = "one dotted key for each setting, because CDK replaces nested objects whole"
    assert problems({key: value}) == [Problem(key, "a nested object", allowed, fix)]


@pytest.mark.parametrize(
    "key",
    [
        "@aws-cdk/aws-iam:minimizePolicies",
        "@aws-cdk/core:target-partitions",
        "aws:cdk:enable-path-metadata",
        "aws-cdk:enableDiffNoFail",
        "availability-zones:account=111122223333:region=eu-west-1",
        "vpc-provider:account=111122223333:filter.vpc-id=vpc-0123:region=eu-west-1",
        "ami:account=111122223333:filters.name.0=al2023-*:region=eu-west-1",
        "hosted-zone:account=111122223333:domainName=domain.com:region=eu-west-1",
        "load-balancer:account=111122223333:loadBalancerTags.0.key=a:region=eu-west-1",
        "acknowledged-issue-numbers",
        "cli-telemetry",
        "cdk-migrate",
        "tree",
    ],
)
def test_key_of_cdk_passes(key: str) -> None:
    assert notices({key: ["anything"]}) == notices({})


@pytest.mark.parametrize("value", ["text", 7, {"nested": True}, [1]])
def test_key_of_somebody_else_is_told_of(value: Any) -> None:
    note = Notice(
        "foreign-keys",
        None,
        "Keys in context that are none of ours and have no effect here: acme.cost.centre, acme.\\x1b.",
        "Remove them if you meant settings: docs/context.schema.json lists them all.",
    )
    assert notices({"acme.cost.centre": value, "acme.\x1b": value}) == (*notices({}), note)


def test_many_keys_of_others_are_one_short_notice() -> None:
    *_, last = notices({f"acme.cost.centre.{number}": 1 for number in range(1000)})
    assert (last.kind, len(last.text) < 400, last.text.endswith(" ….")) == ("foreign-keys", True, True)
