"""Everything that the blueprint's policies say is known: actions, operators, and keys that these actions have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from rehearsal.iam import reference
from rehearsal.iam.conditions import strings
from rehearsal.iam.documents import check, check_actions, document
from rehearsal.iam.reference import UnknownError
from tests.rehearsal.conftest import Synthesized
from tests.rehearsal.rights import allow
from tests.rehearsal.rights import document as text
from tests.templates.variants import VARIANTS

HARMLESS = {
    # As in CloudWatch Logs' guide: the one statement is for all that Logs does with the key.
    ("kms:DescribeKey", "kms:EncryptionContext:aws:logs:arn"),
}


def statements(value: Any) -> Iterator[Mapping[str, Any]]:
    """The statements of all policies in a template."""
    if isinstance(value, dict):
        if "Statement" in value:
            yield from value["Statement"]
        for each in value.values():
            yield from statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from statements(each)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_condition_is_on_a_key_that_the_action_has(synthesized: Synthesized, variant: str) -> None:
    odd = set()
    for template in synthesized(variant).stacks.values():
        for statement in statements(template.body["Resources"]):
            check(statement)
            check_actions(statement)
            keys = {key for each in statement.get("Condition", {}).values() for key in each}
            names = [name for name in strings(statement["Action"]) if "*" not in name]
            odd |= {(name, key) for name in names for key in keys if not _has(name, key.lower())}
    assert odd <= HARMLESS


def _has(name: str, key: str) -> bool:
    action = reference.action(name)
    known = action.keys.union(*(each.keys for each in action.types))
    return key in reference.GLOBAL_KEYS - {"aws:tagkeys"} or reference.supports(known, key)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_resource_is_named_where_the_action_knows_resources(synthesized: Synthesized, variant: str) -> None:
    odd = {
        name
        for template in synthesized(variant).stacks.values()
        for statement in statements(template.body["Resources"])
        if statement.get("Resource", "*") != "*"
        for name in strings(statement["Action"])
        if "*" not in name and not reference.action(name).types
    }
    assert odd == set()


ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123"
OF_A_TOKEN = {
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": f"arn:aws:iam::1:oidc-provider/{ISSUER}"},
    "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "somebody"}},
}


def test_what_a_token_says_is_known_of_its_issuer() -> None:
    assert document(text(OF_A_TOKEN), "arn:aws:iam::1:role/a", "p").statements


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (allow("ec2:DescribeVpcs", StringMatches={"aws:PrincipalArn": "x"}), "There is no condition operator Str.*"),
        (
            allow("ec2:DescribeVpcs", StringEquals={"aws:Principal": "x"}),
            "AWS documents no condition key aws:Principal",
        ),
        (allow("ec2:DescribeVpcs", StringEquals={"ec2:Cidr": "x"}), "AWS documents no condition key ec2:Cidr"),
        (
            {**OF_A_TOKEN, "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/another"}},
            f"AWS documents no condition key {ISSUER}:aud",
        ),
        ({**allow("ec2:DescribeVpcs"), "Actions": []}, "A policy statement has no Actions"),
        ({**allow("ec2:DescribeVpcs"), "NotPrincipal": "*"}, "The rehearsal cannot judge NotPrincipal"),
    ],
)
def test_what_a_policy_cannot_say_is_an_error(statement: dict[str, Any], fault: str) -> None:
    with pytest.raises(UnknownError, match=fault):
        document(text(statement), "arn:aws:iam::1:role/a", "p")


@pytest.mark.parametrize("action", ["ec2:DescribeVpc", "ecc2:DescribeVpcs", "ec2:DescribeV?", "DescribeVpcs"])
def test_an_action_that_there_is_not_is_an_error(action: str) -> None:
    with pytest.raises(UnknownError, match="AWS documents no"):
        check_actions(allow(action))
