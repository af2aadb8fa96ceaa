"""The file that singleuser.profiles names: what may stand in it, and what is said of anything else."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint.config import ConfigError, Problem, load
from blueprint.config.docs import profiles_schema
from blueprint.config.types.documents import ID_ALLOWED
from blueprint.config.types.profiles import COMPUTE, MACHINES
from blueprint.hub.profiles import profile_values
from tests.config import profiled
from tests.config.profiled import at, size
from tests.config.seed import SEED, TODAY

ALLOWED = "the name of a YAML file beside the context, of at most 64 KiB"
EDITOR = jsonschema.Draft202012Validator(profiles_schema())
IMAGE = "quay.io/jupyter/scipy-notebook:2026-07-28"
PROFILE_KEYS = "allowed_groups, allowed_users, title, description, images, own_image, startup, compute, policies, sizes"


loaded = partial(profiled.loaded, groups_claim="groups")
faults = partial(profiled.faults, groups_claim="groups")


@pytest.mark.parametrize(
    ("name", "more", "ids"),
    [
        ("profiles.yaml", {}, ["notebook", "own"]),
        (
            "profiles-machines.yaml",
            {"nodes.user.scaling": "karpenter", "nodes.gpu.max": 2},
            ["notebook", "machine", "learning", "isolated"],
        ),
    ],
)
def test_profiles_that_are_shipped_are_valid_and_tell_their_prices(
    name: str, more: dict[str, Any], ids: list[str]
) -> None:
    root = Path(__file__).parents[3]
    config = load({**SEED, "singleuser.profiles": name, **more}, today=TODAY, folder=root).config
    assert config.singleuser_profiles is not None
    assert list(config.singleuser_profiles.by_id) == ids
    EDITOR.validate(yaml.safe_load((root / name).read_text()))
    sizes = [each for offer in profile_values(config)["offers"] for each in offer["options"][1]["choices"]]
    assert [each["display_name"] for each in sizes if "an hour" not in each["display_name"]] == []


def test_example_of_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "course.sh").write_text(page.split("```sh\ntest")[1].split("```")[0])
    found = loaded(tmp_path, example).singleuser_profiles
    assert found is not None
    assert found.groups() == {"power-users", "statistics-2026"}
    EDITOR.validate(yaml.safe_load(example))


VALID = {
    "a title alone": "p: {title: P}",
    "whole as a number": size("share: 1"),
    "whole as text": size("share: '1'"),
    "amounts as text": size("cpu: '1', memory: 2G"),
    "people as text": "p: {title: P, allowed_users: 'ann, bob'}",
    "keys without values": "p: {title: P, images: , sizes: , allowed_groups: }",
    "shared parts": f"p: {{title: P, images: &i {{x: {{title: X, image: '{IMAGE}'}}}}}}\nq: {{title: Q, images: *i}}",
    "merged parts": "p: &p {title: P, description: D}\nq: {<<: *p, title: Q}",
    "a byte-order mark": b"\xef\xbb\xbfp: {title: P}",
    "signs of templates": "p: {title: 'R & D <{{ x }}>'}",
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_may_stand_there(tmp_path: Path, text: str | bytes) -> None:
    assert loaded(tmp_path, text).singleuser_profiles is not None
    EDITOR.validate(yaml.safe_load(text if isinstance(text, str) else text.decode("utf-8-sig")))


FAULTY = {
    "no title": (
        "p: {}",
        at("p.title", "nothing", "text of up to 60 characters", 'add it, for example "title": "Notebook"'),
    ),
    "no mapping": ("p: 7", at("p", "7", f"a mapping of {PROFILE_KEYS}", "write these below it, indented")),
    "nothing in it": ("p:", at("p", "null", f"a mapping of {PROFILE_KEYS}", "write these below it, indented")),
    "a title that is a number": (
        "p: {title: 3}",
        at("p.title", "3", "text of up to 60 characters", "write it as text, in quotes"),
    ),
    "a misspelt key": (
        "p: {title: P, imagse: {}}",
        at("p.imagse", "an unknown key", "the keys in docs/profiles.md", 'did you mean "images"?'),
    ),
    "an unknown key": (
        "p: {title: P, zzz: 1}",
        at("p.zzz", "an unknown key", "the keys in docs/profiles.md", f"take one of: {PROFILE_KEYS}"),
    ),
    "a name with capitals": (
        "Big One: {title: P}",
        at("Big One", '"Big One"', ID_ALLOWED, "rename it, in quotes if it is a number"),
    ),
    "a name that is a number": (
        "1: {title: P}",
        at("1", "a key that is no text, in line 1", "keys of text", 'write it in quotes: "1"'),
    ),
    **{
        f"a name that YAML takes for something else, {name}": (
            f"p: {{title: P}}\n{name}: {{title: P}}",
            at(name, "a key that is no text, in line 2", "keys of text", f'write it in quotes: "{name}"'),
        )
        for name in ("null", "~", "true", "no", "on", "2026-01-01", "1.5")
    },
    "a key that is null, further in": (
        "p: {title: P, null: x}",
        at("p.null", "a key that is no text, in line 1", "keys of text", 'write it in quotes: "null"'),
    ),
    "a name with two hyphens": (
        "a--b: {title: P}",
        at("a--b", '"a--b"', ID_ALLOWED, "rename it, in quotes if it is a number"),
    ),
    "a name that is taken": (
        f"p: {{title: P, images: {{unlisted-choice: {{title: X, image: '{IMAGE}'}}}}}}",
        at("p.images.unlisted-choice", '"unlisted-choice"', ID_ALLOWED, "rename it, in quotes if it is a number"),
    ),
    "no image in it": (
        "p: {title: P, images: {}}",
        at(
            "p.images",
            "{}",
            "a mapping of at least one name to an image",
            'for example "images": {"scipy": {"title": "Scientific Python", "image": "' + IMAGE + '"}}',
        ),
    ),
    "an image that moves": (
        "p: {title: P, images: {x: {title: X, image: 'a/b:latest'}}}",
        at(
            "p.images.x.image",
            '"a/b:latest"',
            "a container image with a fixed tag or a digest",
            "name a version instead of latest, which changes under your users' feet",
        ),
    ),
    "a pattern that is none": (
        "p: {title: P, own_image: {pattern: '(', hint: h}}",
        at(
            "p.own_image.pattern",
            '"("',
            "a regular expression of up to 300 characters, which has to match the whole of an image's name",
            "correct it: missing ), unterminated subpattern at position 0",
        ),
    ),
    "nobody": (
        "p: {title: P, allowed_groups: []}",
        at("p.allowed_groups", "[]", "a list of at least one name", 'for example "allowed_groups": ["physics"]'),
    ),
    "a pattern for people": (
        "p: {title: P, allowed_users: ['a*']}",
        at(
            "p.allowed_users",
            '"a*"',
            "a list of at least one name",
            "write each name in full; where everybody may, remove the key",
        ),
    ),
    "a share that is none": (
        size("share: 1/3"),
        at(
            "p.sizes.s.share",
            '"1/3"',
            "1, 1/2, 1/4, 1/8, 1/16 or 1/32",
            'for example "share": "1/2"',
        ),
    ),
    "a key twice": (
        "p: {title: P}\np: {title: Q}",
        at("p", "the same key again, in line 2", "each key once", "remove one, or rename it"),
    ),
    "a key twice within": (
        "p:\n  title: P\n  title: Q",
        at("p.title", "the same key again, in line 3", "each key once", "remove one, or rename it"),
    ),
    "a GPU": ("p: {title: P, gpu: 1}", at("p.gpu", "an unknown key", MACHINES, "remove it")),
    "Fargate": (size("compute: fargate"), at("p.sizes.s.compute", "an unknown key", COMPUTE, "remove it")),
    "another computer": (
        "p: {title: P, compute: lambda}",
        at("p.compute", '"lambda"', "nodes or fargate", 'for example "compute": "nodes"'),
    ),
    "a policy without an account": (
        "p: {title: P, compute: fargate, policies: [arn:aws:iam::aws:role/x]}",
        at(
            "p.policies",
            '"arn:aws:iam::aws:role/x"',
            "a list of one to ten ARNs of IAM policies",
            'for example "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]',
        ),
    ),
    "spot": ("p: {title: P, capacity: spot}", at("p.capacity", "an unknown key", MACHINES, "remove it")),
    "a machine": (
        size("instance_type: m7i.xlarge"),
        at("p.sizes.s.instance_type", "an unknown key", MACHINES, "remove it"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTY.values(), ids=FAULTY)
def test_what_may_not_stand_there_is_told_with_its_place(tmp_path: Path, text: str, expected: Problem) -> None:
    assert faults(tmp_path, text) == [expected]
    if not left_to_synth(expected):
        assert not EDITOR.is_valid(yaml.safe_load(text))


def left_to_synth(fault: Problem) -> bool:
    """What an editor does not find: a key that stands twice or is a number, a pattern that cannot be compiled."""
    return fault.got == '"("' or fault.got.startswith(("the same key", "a key that is no text"))


def test_all_faults_are_told_at_once_with_those_of_the_context(tmp_path: Path) -> None:
    text = "p: {titel: P, sizes: {s: {share: 3, cpu: x}}}\nQ: 1"
    found = [problem.key for problem in faults(tmp_path, text, network_zones=9)]
    places = ["p.title", "p.titel", "p.sizes.s.share", "p.sizes.s.cpu", "Q", "Q"]
    assert sorted(found) == sorted(["network.zones", *(f"singleuser.profiles: {place}" for place in places)])


SCRIPTS = {
    "none": (None, "put the file there, or correct the name: {folder}/start.sh is none"),
    "empty": (b" \n", "write a shell script there"),
    "a program": (b"\x7fELF\x02\0", "write a shell script there"),
    "no UTF-8": (b"echo \xff", "save the file as UTF-8"),
    "large": (b"x" * 8193, "make it smaller: let it fetch what is large, or put that into an image"),
}


@pytest.mark.parametrize(("content", "fix"), SCRIPTS.values(), ids=SCRIPTS)
def test_script_that_cannot_serve_is_told(tmp_path: Path, content: bytes | None, fix: str) -> None:
    if content is not None:
        (tmp_path / "start.sh").write_bytes(content)
    allowed = "the name of a file beside the context, of at most 8 KiB"
    expected = at("p.startup", '"start.sh"', allowed, fix.format(folder=tmp_path))
    assert faults(tmp_path, "p: {title: P, startup: start.sh}") == [expected]


def test_script_of_another_system_has_lines_as_shells_know_them(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_bytes(b"\xef\xbb\xbfecho a\r\necho b\r\n")
    found = loaded(tmp_path, "p: {title: P, startup: start.sh}").singleuser_profiles
    assert found is not None
    assert found.by_id["p"].startup is not None
    assert found.by_id["p"].startup.text == "echo a\necho b\n"


UNREADABLE = {
    "nothing": ("", "write a mapping there: docs/profiles.md has an example"),
    "a list": ("- a", "write a mapping there: docs/profiles.md has an example"),
    "text": ("profiles", "write a mapping there: docs/profiles.md has an example"),
    "bad indentation": (
        "p:\n  title: P\n sizes: 1",
        "correct the file at line 3, column 2: it cannot be read on from here; mind how lines are indented, quotes and "
        "brackets",
    ),
    "a tab": (
        "p:\n\ttitle: P",
        "correct the file at line 2, column 1: found character '\\t' that cannot start any token",
    ),
    "a tag of Python's": (
        "p: !!python/object/apply:os.system ['true']",
        "correct the file at line 1, column 4: what begins with ! is not taken here",
    ),
    "a list for a key": (
        "? [a]\n: b",
        "correct the file at line 1, column 3: a key is one text, and neither a list nor a mapping",
    ),
    "text to merge": ("<<: 1", "correct the file at line 1, column 5: a mapping should stand here"),
    "no such alias": ("p: *q", "correct the file at line 1, column 4: found undefined alias 'q'"),
    "two documents": (
        "p: {title: P}\n---\nq: {title: Q}",
        "correct the file at line 2, column 1: one document is enough: leave out what follows ---",
    ),
    "no UTF-8": (b"p: {title: \xff}", "save the file as UTF-8"),
    "a sign that YAML does not know": ("p: {title: '\x01'}", "correct the file: it is no YAML that can be read"),
    "a day that there is not": ("p: {title: 2026-02-31}", "correct the file: it is no YAML that can be read"),
    "nesting without end": ("[" * 20000, "correct the file: it is no YAML that can be read"),
    "itself": ("p: &p {title: P, sizes: *p}", "take values out of it: it holds more than 10,000, by its aliases"),
    "more than memory holds": (
        "a0: &a0 [x, x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)),
        "take values out of it: it holds more than 10,000, by its aliases",
    ),
    "a large file": ("# " + "x" * 65536, "make it smaller than 64 KiB"),
}


@pytest.mark.parametrize(("text", "fix"), UNREADABLE.values(), ids=UNREADABLE)
def test_file_that_cannot_serve_is_told(tmp_path: Path, text: str | bytes, fix: str) -> None:
    assert faults(tmp_path, text) == [Problem("singleuser.profiles", '"profiles.yaml"', ALLOWED, fix)]


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = faults(tmp_path, "p: {title: P}", singleuser_profiles="other.yaml")
    assert problem.fix == f"put the file there, or correct the name: {tmp_path}/other.yaml is none"


PIECES = st.binary(max_size=5) | st.sampled_from(
    [b"null: ", b"~", b"- ", b"{", b"'", b"&a ", b"*a", b"!!", b"? ", b"\t"]
)
FILE = (Path(__file__).parents[3] / "profiles.yaml").read_bytes()


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(st.integers(0, len(FILE)), st.integers(0, 15), PIECES)
def test_any_file_is_read_or_told_of_in_words(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, put: bytes
) -> None:
    told = ""
    try:
        loaded(tmp_path_factory.getbasetemp(), FILE[:at] + put + FILE[at + gone :])
    except ConfigError as error:
        told = str(error)
    assert not re.search(r"NoneType|\b(None|True|False)\b|Error\b|<[a-z ]+>|unhashable|constructor", told)
