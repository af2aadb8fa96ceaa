import json
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import ConfigError, Problem, read_context

NO_ASSIGNMENT = Problem("-c", "(not shown)", "an assignment", "write key=value, such as -c kubernetes.version=1.36")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def write(path: Path, content: Any) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_first_source_with_a_key_wins(home: Path, project: Path) -> None:
    write(home / ".cdk.json", {"context": dict.fromkeys("abcd", "user"), "e": "no context"})
    write(project / "cdk.context.json", dict.fromkeys("abc", "cached"))
    write(project / "cdk.json", {"app": "python app.py", "context": dict.fromkeys("ab", "project")})
    assert read_context(project, ["a=command=line"], home=home) == {
        "a": "command=line",
        "b": "project",
        "c": "cached",
        "d": "user",
    }


def test_nested_values_are_replaced_whole(home: Path, project: Path) -> None:
    write(project / "cdk.context.json", {"tags": {"a": "1"}})
    write(project / "cdk.json", {"context": {"tags": {"b": "2"}}})
    assert read_context(project, home=home) == {"tags": {"b": "2"}}


def test_no_file_is_no_context(home: Path, project: Path) -> None:
    assert read_context(project, home=home) == {}


@pytest.mark.parametrize("content", [{}, {"context": {}}, {"context": None}])
def test_file_without_context_adds_none(home: Path, project: Path, content: Any) -> None:
    write(project / "cdk.json", content)
    assert read_context(project, home=home) == {}


def test_byte_order_mark_is_no_fault(home: Path, project: Path) -> None:
    write(project / "cdk.context.json", '\ufeff{"a": 1}')
    assert read_context(project, home=home) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "content", "got", "allowed", "fix"),
    [
        pytest.param(
            "cdk.json",
            '{"a" 1}',
            "line 1, column 6: Expecting ':' delimiter",
            "valid JSON",
            "correct the file at that place",
            id="no JSON",
        ),
        pytest.param(
            "cdk.context.json",
            "[]",
            "list",
            "a JSON object",
            'write {"key": value, …} there',
            id="no object",
        ),
        pytest.param(
            "cdk.json",
            '{"context": "a"}',
            "str",
            'a JSON object as "context"',
            'write {"key": value, …} there',
            id="no object as context",
        ),
    ],
)
def test_unreadable_file_is_a_fault(
    home: Path, project: Path, name: str, content: str, got: str, allowed: str, fix: str
) -> None:
    write(project / name, content)
    with pytest.raises(ConfigError) as caught:
        read_context(project, home=home)
    assert caught.value.problems == (Problem(str(project / name), got, allowed, fix),)


def test_every_unreadable_source_is_reported_at_once(home: Path, project: Path) -> None:
    (home / ".cdk.json").write_bytes(b"\xff\xfe")
    write(project / "cdk.json", "{")
    (project / "cdk.context.json").mkdir()
    with pytest.raises(ConfigError) as caught:
        read_context(project, ["kubernetes.version"], home=home)
    assert len(caught.value.problems) == 4
    assert caught.value.problems[-1] == NO_ASSIGNMENT


@pytest.mark.parametrize("override", ["clientSecret:hunter2", "hunter2", "=hunter2"])
def test_override_that_assigns_nothing_is_not_shown(home: Path, project: Path, override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_context(project, [override], home=home)
    assert caught.value.problems == (NO_ASSIGNMENT,)
