from __future__ import annotations

from threading import Barrier

import pytest

from rehearsal.aws.cloudformation import order


def test_what_does_not_wait_goes_side_by_side() -> None:
    meeting = Barrier(2, timeout=10)  # broken unless both are there at once
    assert order.run({"a": [], "b": []}, lambda name: _together(meeting)) == {}


def _together(meeting: Barrier) -> None:
    meeting.wait()


def test_work_waits_for_what_it_names() -> None:
    done: list[str] = []
    order.run({"c": ["b"], "b": ["a"], "a": []}, done.append)
    assert done == ["a", "b", "c"]


def test_nothing_is_begun_after_a_failure() -> None:
    done: list[str] = []

    def work(name: str) -> None:
        done.append(name)
        if name == "a":
            raise ValueError(name)

    failures = order.run({"a": [], "b": ["a"], "c": ["b"]}, work)
    assert (done, list(failures)) == (["a"], ["a"])


def test_going_on_leaves_out_only_what_waits_for_a_failure() -> None:
    done: list[str] = []

    def work(name: str) -> None:
        if name == "a":
            raise ValueError(name)
        done.append(name)

    order.run({"a": [], "b": ["a"], "c": [], "d": ["c"]}, work, go_on=True)
    assert done == ["c", "d"]


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(order.CycleError, match="a, b"):
        order.run({"a": ["b"], "b": ["a"]}, lambda name: None)


def test_the_reverse_order_turns_all_arrows_round() -> None:
    assert order.reverse({"a": [], "b": ["a"], "c": ["a", "b"]}) == {"a": {"b", "c"}, "b": {"c"}, "c": set()}
