"""Contradictions in what servers may do in AWS, each told with its place and the way out."""

from pathlib import Path

import pytest

from blueprint.config import Problem
from tests.config.types.test_access import ACCOUNT, KEY, ROLE, at, faults, loaded

OTHER = "arn:aws:iam::444455556666:role/Physicists"


def test_group_that_no_claim_can_give_is_told(tmp_path: Path) -> None:
    text = f"p: {{groups: [a], role: '{ROLE}'}}"
    allowed = "groups only with groups.claim: without it nobody is known to be in any"
    fix = 'set "groups.claim" to the claim that lists a user\'s groups'
    assert faults(tmp_path, text, groups_claim=None) == [at("p.groups", '["a"]', allowed, fix)]
    assert loaded(tmp_path, f"p: {{role: '{ROLE}'}}", groups_claim=None)


CONTRADICTIONS = {
    "a group twice": (
        f"p: {{groups: [a, b], role: '{ROLE}'}}\nq: {{groups: [b], role: '{ROLE}'}}",
        at("q.groups", '["b"]', "each group once; b is in p, which comes first", "take b out of one of them"),
    ),
    "behind everybody": (
        f"p: {{role: '{ROLE}'}}\nq: {{groups: [b], role: '{ROLE}'}}",
        at("q", "more rights", "nothing after p, which is everybody's", "put it before p, or give that groups"),
    ),
    "nothing": (
        "p: {groups: [a]}",
        at("p", "nothing", "data, or a role", "add data, a mapping of names to parts of buckets"),
    ),
    "both": (
        f"p: {{role: '{ROLE}', data: {{d: {{bucket: data}}}}}}",
        at(
            "p.role",
            f'"{ROLE}"',
            "data or a role, not both",
            "remove role, or give the role these rights and remove data",
        ),
    ),
    "a role of another account": (
        f"p: {{role: '{OTHER}'}}",
        at(
            "p.role",
            f'"{OTHER}"',
            f"a role of the account {ACCOUNT}",
            "take one of that account, and let it assume the other one or use the other account's buckets",
        ),
    ),
    "a key of another region": (
        f"p: {{data: {{d: {{bucket: data, kms_key_arn: '{KEY}'}}}}}}",
        at("p.data.d.kms_key_arn", f'"{KEY}"', "a key of the region eu-central-1", "name the bucket's key"),
    ),
    "a folder in a folder": (
        "p: {data: {d: {bucket: data, prefix: users/}, e: {bucket: data, prefix: 'users/{user}/', write: true}}}",
        at(
            "p.data.e.prefix",
            '"users/{user}/"',
            "a part that p.data.d (users/) does not reach into",
            "remove one of them, or give them folders beside each other",
        ),
    ),
    "a folder in a bucket": (
        "p: {data: {d: {bucket: data, prefix: raw/}, e: {bucket: data}}}",
        at(
            "p.data.e.prefix",
            "nothing, which means all of data",
            "a part that p.data.d (raw/) does not reach into",
            "remove one of them, or give them folders beside each other",
        ),
    ),
    "a folder of each person's own": (
        "p: {data: {d: {bucket: data, prefix: '{user}/', folder: true}}}",
        at(
            "p.data.d.folder",
            "true",
            "a folder only without {user} in the prefix: volumes are made before people come",
            "remove it: programs find S3_… in the server",
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradiction_is_told_with_its_place(tmp_path: Path, text: str, expected: Problem) -> None:
    assert faults(tmp_path, text) == [expected]


def test_parts_of_two_groups_may_overlap(tmp_path: Path) -> None:
    text = "p: {groups: [a], data: {d: {bucket: data}}}\nq: {groups: [b], data: {d: {bucket: data, prefix: '{user}/'}}}"
    assert loaded(tmp_path, text)


def test_folder_needs_a_minor_that_the_driver_knows(tmp_path: Path) -> None:
    minors = {"kubernetes_version": "1.29", "kubernetes_running": "1.29"}
    allowed = "a folder only from kubernetes.version 1.30 on, as the driver knows no older one"
    text = "p: {data: {d: {bucket: data, folder: true}}}"
    assert faults(tmp_path, text, **minors) == [at("p.data.d.folder", "true", allowed, "upgrade, or remove it")]
