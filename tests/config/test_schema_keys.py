"""An editor with the JSON schema and `make synth` say the same of a key, as far as a pattern can tell resemblance."""

import re
from collections.abc import Iterator

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blueprint.config.context import is_cdk_key
from blueprint.config.docs import schema
from blueprint.config.keys import judge
from blueprint.config.settings import BY_KEY

VALIDATOR = jsonschema.Draft202012Validator(schema())


def passes(key: str) -> bool:
    """Whether `make synth` lets a key pass: as ours, as CDK's, or as somebody else's."""
    return key in BY_KEY or is_cdk_key(key) or judge(key, "value") is None


def misspelt(key: str) -> Iterator[str]:
    """A key of ours with other capitals, other signs, more behind it, or a wrong letter where it begins."""
    word, dot, rest = key.partition(".")
    yield from (key.upper(), *(key.replace(".", sign) for sign in "-_:"), key.replace(".", ""))
    yield from (
        f"{word}.nothing",
        f"{word}:x",
        f"{key}.",
        re.sub("[A-Z]", lambda capital: f".{capital[0].lower()}", key),
    )
    for at in range(len(word) if len(key) > 4 else 0):
        yield from (f"{word[:at]}{wrong}{word[at + 1 :]}{dot}{rest}" for wrong in ("", "x", f"{word[at]}x"))
        yield f"{word[:at]}{word[at : at + 2][::-1]}{word[at + 2 :]}{dot}{rest}"


@pytest.mark.parametrize("key", BY_KEY)
def test_schema_and_loader_refuse_a_misspelt_key(key: str) -> None:
    wrong = set(misspelt(key)) - BY_KEY.keys()
    assert len(wrong) >= 4
    assert {each for each in wrong if passes(each)} == set()
    assert {each for each in wrong if VALIDATOR.is_valid({each: "value"})} == set()


@pytest.mark.parametrize(
    "key",
    [
        "$schema",
        "@aws-cdk/core:flag",
        "@uthUrl",
        "acknowledged-issue-numbers",
        "acme.cost.centre",
        "apple",
        "availability-zones:account=111122223333:region=eu-central-1",
        "aws:cdk:enable-path-metadata",
        "cli-telemetry",
        "environment",
        "network:filter=x",
        "node.js.version",
        "stage",
        "tagged",
        "tree",
        "vpc-provider:account=111122223333:filter.vpc-id=vpc-0123456789abcdef0",
    ],
)
def test_schema_and_loader_let_keys_of_others_pass(key: str) -> None:
    assert passes(key)
    assert VALIDATOR.is_valid({key: {"any": ["value"]}})


WORDS = sorted({word for key in BY_KEY for word in re.findall("[A-Za-z]+", key)})
MADE_UP = st.builds(
    lambda words, sign: sign.join(words),
    st.lists(st.sampled_from([*WORDS, "x", "vpc", "my", ""]), min_size=1, max_size=3),
    st.sampled_from(".:-_ "),
)


@settings(derandomize=True, deadline=None, max_examples=600, database=None)
@given(MADE_UP, st.integers(0, 12), st.sampled_from([*"abnsxAZ.:-_=@$ \n", ""]), st.integers(0, 1))
def test_schema_refuses_no_key_that_the_loader_lets_pass(key: str, at: int, sign: str, cut: int) -> None:
    # The other way round it may: how much a key resembles one of ours only the loader can tell.
    key = f"{key[:at]}{sign}{key[at + cut :]}"
    assume(not key.endswith("\n"))  # the end of a pattern is before it in Python, and in no editor
    assert VALIDATOR.is_valid({key: None}) or not passes(key) or key in BY_KEY
