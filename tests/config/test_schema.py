"""An editor with the JSON schema and `make synth` say the same of a setting's value."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint.config.docs import schema
from blueprint.config.loading import parse
from blueprint.config.settings import BY_KEY, SETTINGS
from tests.config.values import POOL, TEXTS

SCHEMA = schema()
# Of one key each, or else the hundred others are looked for in each context.
VALIDATORS = {
    key: jsonschema.Draft202012Validator({**SCHEMA, "properties": {key: described}})
    for key, described in SCHEMA["properties"].items()
}
LISTS = {setting.key for setting in SETTINGS if isinstance(setting.example, list)}
OBJECTS = {setting.key for setting in SETTINGS if isinstance(setting.example, dict)}


def accepted(key: str, value: object) -> bool:
    """What `make synth` says."""
    return (value is None and not BY_KEY[key].required) or (value is not None and not parse(BY_KEY[key], value)[1])


def left_to_synth(key: str, value: object) -> str:
    """Why the schema accepts more than `make synth` does; empty where it must not."""
    if key in LISTS and isinstance(value, str) and value.strip().startswith("[") and "\\" in value:
        return "behind an escape in JSON text may be any character"
    if key in OBJECTS and isinstance(value, str):
        return "the JSON text of an object is for command lines: a pattern can neither count names nor find them twice"
    files = {"hub.logo", "identity.ca", "singleuser.profiles", "singleuser.limits", "singleuser.startup", "aws.access"}
    if key in files:
        return "an editor does not look which files are there, and what they hold"
    if key == "nodes.user.warm":
        return "an editor knows neither the time zones, nor which hour comes first"
    if key == "tags" and not json.dumps(value, ensure_ascii=False).isascii():
        return r"which signs of all scripts are letters, \p{L} would say, which Python's patterns do not know"
    return ""


def disagreement(key: str, value: object) -> str:
    synth, editor = accepted(key, value), VALIDATORS[key].is_valid({key: value})
    if synth == editor or (editor and left_to_synth(key, value)):
        return ""
    return f"{key} = {value!r}: make synth {'accepts' if synth else 'refuses'} it, the schema does not agree"


@pytest.mark.parametrize("key", BY_KEY)
def test_schema_and_loader_agree(key: str) -> None:
    assert [found for value in POOL if (found := disagreement(key, value))] == []


SIGNS = st.sampled_from(
    [*"aZ09 -_.,:/@=+*<>{}[]$\"'\\#?&%|;\n\t\r\x00\x7fé€", "\u00a0", "\u2028", "\ufeff", "\ud800", "\U0001f600"]
)
WRITTEN = st.sampled_from([each if isinstance(each, str) else json.dumps(each) for each in POOL])


@st.composite
def near_misses(draw: st.DrawFn) -> Any:
    """A text of the pool with some signs put in, taken out or exchanged, written in one form or another."""
    text = draw(WRITTEN)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, min(len(text), 60)))
        text = text[:at] + draw(SIGNS | st.just("")) + text[at + draw(st.integers(0, 2)) :]
    text = draw(st.sampled_from([text, text.upper(), text.lower()]))
    other = draw(WRITTEN)
    separator = draw(st.sampled_from([",", ", ", " ", "\n", ";"]))
    forms = [
        text,
        f" {text}\n",
        [text],
        [text, other],
        json.dumps([text, other], ensure_ascii=False),
        {"a": text},
        {text: "b"},
    ]
    return draw(st.sampled_from([*forms, f"{text}{separator}{other}", f'["{text}" , "{other}"]']))


NUMBERS = st.integers(-10, 10**13) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | NUMBERS.map(str) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


@settings(derandomize=True, deadline=None, max_examples=2000, database=None)
@given(st.sampled_from(sorted(BY_KEY)), near_misses() | ANYTHING)
def test_schema_and_loader_agree_on_anything(key: str, value: Any) -> None:
    assert disagreement(key, value) == ""


def patterns(node: Any) -> Iterator[str]:
    """All regular expressions of a schema."""
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        yield from node.get("patternProperties", {})
        for each in node.values():
            yield from patterns(each)
    elif isinstance(node, list):
        for each in node:
            yield from patterns(each)


def test_patterns_mean_the_same_to_editors() -> None:
    script = """
      const [patterns, texts] = JSON.parse(require('fs').readFileSync(0, 'utf8'))
      console.log(JSON.stringify(patterns.map(pattern => texts.map(text => new RegExp(pattern, 'u').test(text)))))
    """
    expressions, texts = sorted(set(patterns(SCHEMA))), [text for text in TEXTS if len(text) < 600]
    node = subprocess.run(
        [Path(sys.executable).with_name("node"), "-e", script],
        input=json.dumps([expressions, texts]),
        capture_output=True,
        text=True,
        check=True,
    )
    ecma = json.loads(node.stdout)
    differing = [
        (pattern, text)
        for pattern, answers in zip(expressions, ecma, strict=True)
        for text, answer in zip(texts, answers, strict=True)
        if answer != bool(re.search(pattern, text))
    ]
    assert differing == []
