"""What a notebook reaches and must not, and what it has to reach and does not, are told as faults."""

from __future__ import annotations

import pytest

from rehearsal.life.journal import CheckError
from rehearsal.life.reach import Target, judge

SHUT = [Target("the metadata", "169.254.169.254", 80), Target("a neighbour", "10.0.1.7", 8888)]
OPEN = [Target("the hub", "hub", 8081)]


def test_a_notebook_that_is_shut_in_and_reaches_the_hub_is_as_it_should_be() -> None:
    judge(SHUT, OPEN, [False, False, True], database=False)


@pytest.mark.parametrize(
    ("reached", "database", "words"),
    [
        ([False, True, True], False, r"should not reach a neighbour \(10.0.1.7:8888\), and does$"),
        ([True, True, True], False, r"should not reach the metadata .*, a neighbour .*, and does$"),
        ([False, False, False], False, r"should reach the hub \(hub:8081\), and does not$"),
        ([False, False, True], True, "should not see the hub's database"),
    ],
)
def test_what_a_notebook_reaches_and_must_not_is_told(reached: list[bool], database: bool, words: str) -> None:
    with pytest.raises(CheckError, match=words):
        judge(SHUT, OPEN, reached, database=database)
