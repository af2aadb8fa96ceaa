"""The file that singleuser.limits names: what may stand in it, what is said of anything else, and of contradictions."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from blueprint.config import Config, ConfigError, Problem, load
from blueprint.config.docs import limits_schema
from blueprint.config.types.limits import NAMES_ALLOWED
from tests.config.seed import SEED, TODAY

EDITOR = jsonschema.Draft202012Validator(limits_schema())
KEYS = "servers, cpu, memory, gpus, hours, gpu_hours"


def loaded(folder: Path, text: str, **changes: Any) -> Config:
    """The configuration whose limits are in a file of this text."""
    (folder / "limits.yaml").write_text(text)
    context = {"groups.claim": "groups", **{key.replace("_", "."): value for key, value in changes.items()}}
    return load({**SEED, "singleuser.limits": "limits.yaml", **context}, today=TODAY, folder=folder).config


def faults(folder: Path, text: str, **changes: Any) -> list[Problem]:
    """What is wrong with it."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, **changes)
    return list(error.value.problems)


def at(place: str, got: str, allowed: str, fix: str) -> Problem:
    """A fault at a place in the file."""
    return Problem(f"singleuser.limits: {place}", got, allowed, fix)


def test_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "limits.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    found = loaded(tmp_path, example).singleuser_limits
    assert found is not None
    assert [place for place, _ in found.shares()] == ["groups.ml-team", "groups.students", "others"]
    EDITOR.validate(yaml.safe_load(example))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("others: {hours: '10'}", id="amounts as text"),
        pytest.param("groups: {'a group/with signs': {servers: 0, gpus: 0}}", id="names as providers write them"),
        pytest.param("groups: {a: {each: }}\nothers:", id="keys without values"),
        pytest.param("zone: UTC", id="nothing but a zone"),
    ],
)
def test_file_is_valid_for_synthesis_and_editors(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text)
    EDITOR.validate(yaml.safe_load(text))


def test_all_faults_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    text = """
zone: Berlin
groups:
  students: {servers: many, memory: 4Gi, each: {hours: -1, hour: 3}}
  "a*": {cpu: 1}
  empty:
other: {}
others: 3
"""
    number = "a number from 0 to 10000000"
    memory = "an amount of memory as JupyterHub writes it: a number and M, G or T (not Gi)"
    assert faults(tmp_path, text) == [
        at(
            "zone",
            '"Berlin"',
            "a time zone of IANA's, such as Europe/Berlin",
            "Berlin is no time zone of IANA's: did you mean Europe/Berlin?",
        ),
        at("groups.students.servers", '"many"', "a whole number from 0 to 100000", 'for example "servers": 40'),
        at("groups.students.memory", '"4Gi"', memory, 'for example "memory": "320G"'),
        at("groups.students.each.hours", "-1.0", number, 'for example "hours": 2000'),
        at("groups.students.each.hour", "an unknown key", "the keys in docs/limits.md", 'did you mean "hours"?'),
        at("groups.a*", '"a*"', NAMES_ALLOWED, "rename it, in quotes if it is a number"),
        at("groups.empty", "null", f"a mapping of {KEYS}, each", "write these below it, indented"),
        at("others", "3", "a mapping", 'for example "others": {"each": {"hours": 100}}'),
        at("other", "an unknown key", "the keys in docs/limits.md", 'did you mean "others"?'),
    ]
    assert not EDITOR.is_valid(yaml.safe_load(text))


def test_number_for_a_name_is_told(tmp_path: Path) -> None:
    fault = at("groups.7", "a key that is no text, in line 1", "keys of text", 'write it in quotes: "7"')
    assert faults(tmp_path, "groups: {7: {servers: 1}}") == [fault]


def test_empty_file_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "")
    assert fault.fix == "write a mapping there: docs/limits.md has an example"


def test_group_that_no_claim_can_give_is_told(tmp_path: Path) -> None:
    allowed = "groups only with groups.claim: without it nobody is known to be in any"
    fix = 'set "groups.claim" to the claim that lists a user\'s groups, or write others in place of groups'
    text = "groups: {b: {servers: 1}, a: {servers: 1}}"
    assert faults(tmp_path, text, groups_claim=None) == [
        at("groups.a", '"a"', allowed, fix),
        at("groups.b", '"b"', allowed, fix),
    ]
    assert loaded(tmp_path, "others: {servers: 1}", groups_claim=None)


def test_limit_that_is_never_reached_is_told(tmp_path: Path) -> None:
    text = "groups: {a: {memory: 8G, hours: 10, each: {memory: 9G, hours: 11, cpu: 3}}, b: {servers: 6}}"
    together, fix = "at most what all of them may together", "lower it, or raise that"
    assert faults(tmp_path, text, singleuser_servers_max=5) == [
        at("groups.a.each.memory", '"9G"', f'{together} ("8G")', fix),
        at("groups.a.each.hours", "11.0", f"{together} (10.0)", fix),
        at("groups.b.servers", "6", "at most singleuser.servers.max (5), which is for the whole hub", fix),
    ]


def test_person_with_more_servers_than_names_is_told(tmp_path: Path) -> None:
    changes = {"singleuser_servers_person": 3, "singleuser_servers_named": 1}
    allowed = "at most 2, which is singleuser.servers.named (1) and the usual one"
    fix = "lower it, or raise singleuser.servers.named"
    assert faults(tmp_path, "zone: UTC", **changes) == [Problem("singleuser.servers.person", "3", allowed, fix)]
    assert loaded(tmp_path, "zone: UTC", **{**changes, "singleuser_servers_named": 2})
