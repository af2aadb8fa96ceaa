"""Notices as annotations of the stacks, in the assembly that every command of the CDK reads."""

import json
from typing import Any

import pytest

from blueprint.config.notice import KINDS, Concern
from tests.conftest import Synthesized
from tests.templates.assembly import Assembly, construct_alone, made
from tests.templates.variants import COGNITO, SHIPPED, Context

RISKY: Context = {
    **{key: value for key, value in SHIPPED.items() if key not in ("workload.account", "admin.roles")},
    "storage.keep": False,
    "my.own": 7,
}
IN_THE_HUB = {"warning": {"open-hub", "no-cluster-admin"}, "info": {"foreign-keys"}}
IN_DATA = {"warning": {"user-data-not-kept"}, "info": set()}


def told(assembly: Assembly, stack: str) -> dict[str, set[str]]:
    """The kinds of the annotations of a stack by their severity."""
    return {
        severity: {
            text.rpartition("[ack: blueprint:")[2].removesuffix("]") for text in texts(assembly, stack, severity)
        }
        for severity in ("warning", "info")
    }


def texts(assembly: Assembly, stack: str, severity: str) -> list[str]:
    return [each["data"] for each in metadata(assembly, stack) if each["type"] == f"aws:cdk:{severity}"]


def metadata(assembly: Assembly, stack: str) -> list[dict[str, Any]]:
    path = assembly.folder / f"{stack}.metadata.json"
    return [each for of in json.loads(path.read_text()).values() for each in of]


def test_notices_are_told_by_the_stacks_that_they_concern() -> None:
    assembly = made(RISKY)
    assert {stack: told(assembly, stack) for stack in assembly.stacks} == {
        "ParentDns": {"warning": {"workload-account-unknown"}, "info": set()},
        "Dns": {"warning": set(), "info": set()},
        "Data": IN_DATA,
        "Hub": IN_THE_HUB,
    }


def test_construct_alone_tells_what_concerns_it() -> None:
    assembly = made(RISKY, construct_alone)
    assert told(assembly, "Hub") == {of: IN_THE_HUB[of] | IN_DATA[of] for of in IN_THE_HUB}


def test_annotation_says_setting_risk_and_remedy(shipped: Assembly) -> None:
    assert texts(shipped, "Hub", "warning") == [
        "ingress.allowed.cidrs: The whole internet reaches the hub's sign-in page. "
        "Set ingress.allowed.cidrs to your own addresses, or to 0.0.0.0/0 if this is meant. [ack: blueprint:open-hub]"
    ]


@pytest.mark.parametrize("kind", ["open-hub", "foreign-keys", "user-data-not-kept"])
def test_acknowledged_notice_is_told_no_more_and_its_reason_is_kept(kind: str) -> None:
    reason = "We talked about it"
    assembly = made({**RISKY, "warnings.acknowledged": {f"blueprint:{kind}": reason}})
    stack, severity = KINDS[kind]
    expected = {"Hub": IN_THE_HUB, "Data": IN_DATA}[stack][severity] - {kind}
    assert told(assembly, stack)[severity] == expected
    kept = [each["data"] for each in metadata(assembly, stack) if each["type"] == "aws:cdk:acknowledged-rules"]
    assert {f"Annotation::blueprint:{kind}": reason} in kept


def test_every_stack_that_notices_concern_is_there(synthesized: Synthesized) -> None:
    concerned: set[Concern] = {kind.stack for kind in KINDS.values()}
    assert concerned <= synthesized("shipped").stacks.keys()


def test_user_pool_without_a_user_is_told_where_it_is_made() -> None:
    assembly = made({**COGNITO, "cognito.admin.email": None})
    assert told(assembly, "Data")["warning"] == {"empty-user-pool"}
