"""Whatever stands in context, the answer is a configuration or an error in words, and never shows the secret."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint.config import Config, ConfigError, load, read_context
from blueprint.config.settings import BY_KEY, SETTINGS
from tests.config.seed import SEED, TODAY, problems

PYTHON_NAMES = re.compile(
    r"Traceback|Error\b|Exception|NoneType|\b(None|True|False|dict|str|int|float|bool|bytes)\b"
    r"|<class|object at 0x|Errno|Extra data|Expecting|codec|\bsys\."
)
HUSH = "hush-9f8e7d6c5b4a"
KEYS = st.sampled_from(sorted(BY_KEY))
TEXTS = st.text(st.characters(), max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5
)
# Text that is nearly right reaches deeper than noise: examples of all settings, pieces of them, numbers as text.
EXAMPLES = st.sampled_from([setting.example for setting in SETTINGS if setting.example is not None])
ALMOST = st.one_of(
    EXAMPLES,
    EXAMPLES.map(lambda example: example if isinstance(example, str) else json.dumps(example)),
    st.builds(lambda text, at: f"{text}"[:at], EXAMPLES, st.integers(0, 40)),
    st.builds(lambda text, end: f"{text}{end}", EXAMPLES, TEXTS),
    st.integers(-2, 5000).map(str),
    st.lists(EXAMPLES, max_size=3),
    st.sampled_from(["<HERE>", "changeme", "", " ", "[", "{}", "null", "1e999", "0.0.0.0/0", "arn:aws:", "https://"]),
)
# Mostly valid: settings at their own examples, where such a one is valid in the seed's context.
FITTING = [each for each in SETTINGS if each.example is not None and not problems({each.key: each.example})]
VALID = st.lists(st.sampled_from(FITTING), max_size=4).map(lambda chosen: {each.key: each.example for each in chosen})
QUICK = settings(derandomize=True, deadline=None, max_examples=400, database=None)


def outcome(context: dict[str, Any]) -> Config | ConfigError:
    result: Config | ConfigError
    try:
        result = load(context, today=TODAY, account="777788889999", region="eu-west-1").config
    except ConfigError as error:
        result = error
    if isinstance(result, ConfigError):
        assert result.problems
        assert all(each.key and each.got and each.allowed and each.fix for each in result.problems)
        assert str(result).encode()
    return result


def mutated(changes: dict[str, Any], removed: set[str]) -> dict[str, Any]:
    return {key: value for key, value in {**SEED, **changes}.items() if key not in removed}


@QUICK
@given(st.dictionaries(TEXTS, VALUES, max_size=3))
def test_any_context_has_an_answer(context: dict[str, Any]) -> None:
    outcome(context)


@QUICK
@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_value_of_our_keys_has_an_answer(changes: dict[str, Any]) -> None:
    outcome(mutated(changes, set()))


@QUICK
@given(st.dictionaries(KEYS, ALMOST, max_size=8), st.sets(KEYS, max_size=3))
def test_any_near_miss_has_an_answer(changes: dict[str, Any], removed: set[str]) -> None:
    outcome(mutated(changes, removed))


@QUICK
@given(KEYS, st.integers(0, 40), TEXTS, VALUES)
def test_any_misspelt_key_has_an_answer(key: str, at: int, typo: str, value: Any) -> None:
    outcome({**SEED, f"{key[:at]}{typo}{key[at:]}": value})


@QUICK
@given(VALID | st.dictionaries(KEYS, ALMOST, max_size=3), st.integers(0, 4))
def test_block_pasted_any_number_of_times_is_the_same(changes: dict[str, Any], times: int) -> None:
    context = mutated(changes, set())
    nested: dict[str, Any] = context
    for _ in range(times):
        nested = {"context": nested}
    flat, pasted = outcome(context), outcome(nested)
    assert flat == pasted if isinstance(flat, Config) else str(flat) == str(pasted)


@QUICK
@given(VALID | st.dictionaries(KEYS, ALMOST, max_size=2))
def test_text_of_a_command_line_means_the_same_as_json(changes: dict[str, Any]) -> None:
    typed = outcome(mutated(changes, set()))
    if isinstance(typed, Config):
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in changes.items() if v is not None}
        assert outcome(mutated(texts, set())) == typed


@QUICK
@given(VALID | st.dictionaries(KEYS, ALMOST, max_size=2))
def test_configuration_is_valid_by_its_own_model(changes: dict[str, Any]) -> None:
    result = outcome(mutated(changes, set()))
    if isinstance(result, Config):
        given = {"workload.account": "777788889999", "workload.region": "eu-west-1", **mutated(changes, set())}
        again = Config.model_validate({key: v for key, v in given.items() if v is not None})
        assert again == result.model_copy(update={"notices": ()})


@QUICK
@given(
    st.dictionaries(KEYS.filter(lambda key: key != "clientSecret"), ALMOST | VALUES, max_size=4),
    st.sampled_from(["clientSecret", "clientsecret", "client.secret", "clientSecretARN", "clientSecretArn"]),
    st.sampled_from([HUSH, [HUSH], {"value": HUSH}, f"<{HUSH}>", f"{HUSH}\n", f"\x00{HUSH}"]),
)
def test_secret_is_never_shown(changes: dict[str, Any], key: str, secret: Any) -> None:
    result = outcome({**SEED, **changes, key: secret})
    shown = repr(result) if isinstance(result, Config) and key == "clientSecret" else ""
    if isinstance(result, ConfigError):
        shown = str(result) + repr(result) + repr(result.__cause__) + repr(result.__context__)
    assert HUSH not in shown


FILE = json.dumps({**SEED, "tags": {"a": "ü"}}, indent=1, ensure_ascii=False).encode()
PIECES = st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b"{", b"}", b",", b":", b"\\u", b"NaN", b"'", b"1e9"]))


@QUICK
@given(st.integers(0, len(FILE)), st.integers(0, 20), PIECES)
def test_any_file_is_read_or_told_of_in_words(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, put: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "cdk.context.json").write_bytes(FILE[:at] + put + FILE[at + gone :])
    told = ""
    try:
        read_context(folder, home=folder / "none")
    except ConfigError as error:
        told = str(error).replace(str(folder), "")
    assert not PYTHON_NAMES.search(told)
