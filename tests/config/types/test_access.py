"""The file that aws.access names: what may stand in it, and what is said of anything else."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from blueprint.config import Config, ConfigError, Problem, load
from blueprint.config.docs import access_schema
from blueprint.config.problems import shown
from tests.config.seed import SEED, TODAY

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Physicists"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012"
EDITOR = jsonschema.Draft202012Validator(access_schema())
NO_STARS = "write names in full: nothing here stands for several"
PREFIX = "folders with / behind each, such as raw/ or users/{user}/: up to 128 letters, digits and _ . = + @ : -"


def loaded(folder: Path, text: str, **changes: Any) -> Config:
    """The configuration whose rights are in a file of this text, with settings by keys that have _ for a dot."""
    (folder / "access.yaml").write_text(text)
    given = {"groups.claim": "groups", "workload.account": ACCOUNT, "workload.region": "eu-central-1"}
    context = given | {key.replace("_", "."): value for key, value in changes.items()}
    return load({**SEED, "aws.access": "access.yaml", **context}, today=TODAY, folder=folder).config


def faults(folder: Path, text: str, **changes: Any) -> list[Problem]:
    """What is wrong with it."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, **changes)
    return list(error.value.problems)


def at(place: str, got: str, allowed: str, fix: str) -> Problem:
    """A fault at a place in the file."""
    return Problem(f"aws.access: {place}", got, allowed, fix)


def part(inside: str) -> str:
    """A file with one part of a bucket."""
    return f"p: {{groups: [a], data: {{d: {{{inside}}}}}}}"


VALID = {
    "a bucket": part("bucket: physics-data"),
    "a folder": part("bucket: physics-data, prefix: raw/year=2024/"),
    "a person's own folder": part("bucket: physics-data, prefix: 'users/{user}/', write: true"),
    "in a person's own folder": part("bucket: physics-data, prefix: 'users/{user}/models/'"),
    "a person's own folder alone": part("bucket: physics-data, prefix: '{user}/'"),
    "everybody": "p: {data: {d: {bucket: physics-data}}}",
    "a role": f"p: {{groups: [a], role: '{ROLE}'}}",
    "groups first, everybody last": f"p: {{groups: [a], role: '{ROLE}'}}\nq: {{data: {{d: {{bucket: open-data}}}}}}",
    "folders beside each other": "p: {data: {d: {bucket: data, prefix: a/}, e: {bucket: data, prefix: ab/}}}",
}


def test_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    access = loaded(tmp_path, example).aws_access
    assert access is not None
    assert access.groups() == {"physics", "platform"}
    EDITOR.validate(yaml.safe_load(example))


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_may_stand_there(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text).aws_access is not None
    EDITOR.validate(yaml.safe_load(text))


FAULTY = {
    "every bucket": (
        part("bucket: '*'"),
        at(
            "p.data.d.bucket",
            '"*"',
            "the name of an S3 bucket, without s3://",
            "name each bucket: nothing here stands for several",
        ),
    ),
    "a person's own bucket": (
        part("bucket: '{user}-data'"),
        at(
            "p.data.d.bucket",
            '"{user}-data"',
            "the name of an S3 bucket, without s3://",
            'for example "bucket": "physics-data"',
        ),
    ),
    **{
        f"a prefix like {prefix}": (
            part(f"bucket: physics-data, prefix: '{prefix}'"),
            at("p.data.d.prefix", shown(prefix), PREFIX, fix),
        )
        for prefix, fix in {
            "raw/*": NO_STARS,
            "ra?/": NO_STARS,
            "$aws/": NO_STARS,
            "/raw/": "begin it without /",
            "s3://physics-data/raw/": "write what follows the bucket's name, without s3://",
            "raw": "write raw/: without the / it would reach all whose names begin like that",
            "users/{user}": "write users/{user}/: without the / it would reach all whose names begin like that",
            "users/of-{user}/": "let {user} stand once, and alone between slashes: users/{user}/",
            "{user}/{user}/": "let {user} stand once, and alone between slashes: users/{user}/",
            "users/{name}/": "let {user} stand once, and alone between slashes: users/{user}/",
            "a//b/": 'for example "prefix": "raw/"',
            "../b/": 'for example "prefix": "raw/"',
            "a b/": 'for example "prefix": "raw/"',
            "a/" * 65: 'for example "prefix": "raw/"',
        }.items()
    },
    "a template's variable": (
        part("bucket: physics-data, prefix: '${aws:username}/'"),
        at("p.data.d.prefix", '"${aws:username}/"', PREFIX, "replace the placeholder in it with your own value"),
    ),
    "a role that is none": (
        "p: {role: admin}",
        at(
            "p.role",
            '"admin"',
            "the ARN of an IAM role",
            'for example "role": "arn:aws:iam::111122223333:role/Physicists"',
        ),
    ),
    "a role of AWS's": (
        f"p: {{role: 'arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/X'}}",
        at(
            "p.role",
            f'"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/X"',
            "the ARN of an IAM role",
            "take a role of your own: whom this one trusts is decided by AWS",
        ),
    ),
    "a misspelt key": (
        "p: {gruops: [a]}",
        at("p.gruops", "an unknown key", "the keys in docs/data.md", 'did you mean "groups"?'),
    ),
    "a misspelt key in a part": (
        part("bucket: physics-data, wirte: true"),
        at("p.data.d.wirte", "an unknown key", "the keys in docs/data.md", 'did you mean "write"?'),
    ),
    "no bucket": (
        part("prefix: raw/"),
        at(
            "p.data.d.bucket",
            "nothing",
            "the name of an S3 bucket, without s3://",
            'add it, for example "bucket": "physics-data"',
        ),
    ),
    "no data": (
        "p: {groups: [a], data: {}}",
        at(
            "p.data",
            "{}",
            "a mapping of 1 to 10 names to parts of buckets",
            'for example "data": {"raw": {"bucket": "physics-data", "prefix": "raw/"}}',
        ),
    ),
    "a pattern for a group": (
        f"p: {{groups: ['*'], role: '{ROLE}'}}",
        at(
            "p.groups",
            '"*"',
            "a list of at least one name",
            "write each name in full; where everybody may, remove the key",
        ),
    ),
    "a whole number": (
        "7",
        Problem(
            "aws.access",
            '"access.yaml"',
            "the name of a YAML file beside the context, of at most 64 KiB",
            "write a mapping there: docs/data.md has an example",
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTY.values(), ids=FAULTY)
def test_what_may_not_stand_there_is_told_with_its_place(tmp_path: Path, text: str, expected: Problem) -> None:
    assert faults(tmp_path, text) == [expected]
    assert not EDITOR.is_valid(yaml.safe_load(text))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = "p: {groups: [a], data: {d: {bucket: '*', prefix: raw}}}\nq: {role: x}"
    assert [each.key.partition(": ")[2] for each in faults(tmp_path, text)] == [
        "p.data.d.bucket",
        "p.data.d.prefix",
        "q.role",
    ]


def test_people_have_the_first_that_they_are_meant_by(tmp_path: Path) -> None:
    rights = "role: 'arn:aws:iam::111122223333:role/R'"
    text = f"a: {{groups: [x, y], {rights}}}\nb: {{groups: [z], {rights}}}\nc: {{{rights}}}"
    access = loaded(tmp_path, text).aws_access
    assert access is not None
    given = {"y and z": {"y", "z"}, "z": {"z"}, "another": {"w"}, "none": set[str]()}
    assert {name: access.of(groups) for name, groups in given.items()} == {
        "y and z": "a",
        "z": "b",
        "another": "c",
        "none": "c",
    }
