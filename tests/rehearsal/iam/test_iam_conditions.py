"""Conditions of policies, by tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rehearsal.iam.conditions import check_operator, holds, like
from rehearsal.iam.context import normalized
from rehearsal.iam.reference import UnknownError


class Given:
    """A request with these keys."""

    def __init__(self, **keys: Sequence[str]) -> None:
        self._keys = {key.replace("_", ":", 1): values for key, values in keys.items()}

    def values(self, key: str) -> Sequence[str] | None:
        return self._keys.get(key)


ALICE = Given(aws_name=["alice"], aws_tagkeys=["team", "cost"], aws_number=["7"], aws_tls=["true"])
NOBODY = Given()


@pytest.mark.parametrize(
    ("operator", "condition", "context", "fulfilled"),
    [
        ("StringEquals", {"aws:name": "alice"}, ALICE, True),
        ("StringEquals", {"aws:NAME": ["bob", "alice"]}, ALICE, True),
        ("StringEquals", {"aws:name": "Alice"}, ALICE, False),
        ("StringEquals", {"aws:name": "al*"}, ALICE, False),
        ("StringEquals", {"aws:name": "alice"}, NOBODY, False),
        ("StringEquals", {"aws:name": "alice", "aws:number": "8"}, ALICE, False),
        ("StringEqualsIfExists", {"aws:name": "alice"}, NOBODY, True),
        ("StringEqualsIfExists", {"aws:name": "bob"}, ALICE, False),
        ("StringEqualsIgnoreCase", {"aws:name": "ALICE"}, ALICE, True),
        ("StringNotEquals", {"aws:name": "alice"}, ALICE, False),
        ("StringNotEquals", {"aws:name": ["bob", "alice"]}, ALICE, False),
        ("StringNotEquals", {"aws:name": "bob"}, ALICE, True),
        ("StringNotEquals", {"aws:name": "bob"}, NOBODY, True),
        ("StringLike", {"aws:name": "a?ic*"}, ALICE, True),
        ("StringNotLike", {"aws:name": "a*"}, ALICE, False),
        ("ForAllValues:StringEquals", {"aws:tagkeys": ["team", "cost", "more"]}, ALICE, True),
        ("ForAllValues:StringEquals", {"aws:tagkeys": ["team"]}, ALICE, False),
        ("ForAllValues:StringEquals", {"aws:tagkeys": ["team"]}, NOBODY, True),
        ("ForAllValues:StringNotEquals", {"aws:tagkeys": ["other"]}, ALICE, True),
        ("ForAllValues:StringNotEquals", {"aws:tagkeys": ["team"]}, ALICE, False),
        ("ForAnyValue:StringEquals", {"aws:tagkeys": ["team"]}, ALICE, True),
        ("ForAnyValue:StringEquals", {"aws:tagkeys": ["other"]}, ALICE, False),
        ("ForAnyValue:StringEquals", {"aws:tagkeys": ["team"]}, NOBODY, False),
        ("Bool", {"aws:tls": True}, ALICE, True),
        ("Bool", {"aws:tls": "false"}, ALICE, False),
        ("Bool", {"aws:tls": "false"}, NOBODY, False),
        ("Null", {"aws:name": "true"}, ALICE, False),
        ("Null", {"aws:name": "true"}, NOBODY, True),
        ("Null", {"aws:name": False}, ALICE, True),
        ("NumericLessThan", {"aws:number": "10"}, ALICE, True),
        ("NumericGreaterThanEquals", {"aws:number": "8"}, ALICE, False),
        ("DateLessThan", {"aws:day": "2026-11-21T00:00:00Z"}, Given(aws_day=["2026-11-20T00:00:00Z"]), True),
        ("IpAddress", {"aws:ip": "10.0.0.0/8"}, Given(aws_ip=["10.1.2.3"]), True),
        ("NotIpAddress", {"aws:ip": "10.0.0.0/8"}, Given(aws_ip=["10.1.2.3"]), False),
        ("ArnLike", {"aws:arn": "arn:aws:ec2:*:1:vpc/*"}, Given(aws_arn=["arn:aws:ec2:x:1:vpc/a"]), True),
        ("ArnEquals", {"aws:arn": "arn:aws:*"}, Given(aws_arn=["arn:aws:ec2:x:1:vpc/a"]), False),
        ("ArnNotLike", {"aws:arn": "arn:aws:ec2:*:1:vpc/*"}, Given(aws_arn=["arn:aws:ec2:x:2:vpc/a"]), True),
        ("StringEquals", {"aws:other": "${aws:name}"}, Given(aws_name=["a"], aws_other=["a"]), True),
        ("StringEquals", {"aws:other": "${aws:name}"}, Given(aws_other=["a"]), False),
        ("StringEquals", {"aws:other": "${aws:name, 'b'}"}, Given(aws_other=["b"]), True),
        ("StringLike", {"aws:other": "${aws:name}"}, Given(aws_name=["*"], aws_other=["anything"]), False),
        ("StringLike", {"aws:other": "${*}"}, Given(aws_other=["anything"]), False),
        ("StringLike", {"aws:other": "${*}"}, Given(aws_other=["*"]), True),
    ],
)
def test_a_condition(operator: str, condition: Mapping[str, Any], context: Given, fulfilled: bool) -> None:
    assert holds({operator: condition}, context) is fulfilled


def test_all_operators_have_to_be_fulfilled() -> None:
    assert not holds({"StringEquals": {"aws:name": "alice"}, "Bool": {"aws:tls": "false"}}, ALICE)


@pytest.mark.parametrize(
    "operator", ["StringMatches", "forallvalues:StringEquals", "ForSomeValues:StringEquals", "NullIfExists", "Not"]
)
def test_an_operator_that_there_is_not_is_an_error(operator: str) -> None:
    with pytest.raises(UnknownError, match=f"There is no condition operator {operator}"):
        check_operator(operator)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "arn:aws:s3:::bucket", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("secret:name-??????", "secret:name-AbCdEf", True),
        ("secret:name-??????", "secret:name-AbCdEfG", False),
        ("loadbalancer/app/*/*", "loadbalancer/app/name/*", True),
        ("a.c", "abc", False),
    ],
)
def test_a_pattern(pattern: str, text: str, fits: bool) -> None:
    assert like(pattern, text) is fits


@pytest.mark.parametrize(
    ("name", "as_compared"),
    [("Dev.Example.com.", "dev.example.com"), ("*.example.com", "\\052.example.com"), ("\\052.a", "\\052.a")],
)
def test_a_record_s_name(name: str, as_compared: str) -> None:
    assert normalized(name) == as_compared
