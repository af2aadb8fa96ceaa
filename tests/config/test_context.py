import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import ConfigError, Problem, read_app, read_context

NO_ASSIGNMENT = Problem("-c", "(not shown)", "an assignment", "write key=value, such as -c kubernetes.version=1.36")

OBJECT = 'write {"key": value, …} there'


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


@pytest.mark.parametrize(
    ("content", "got"), [(None, "no such file"), ("{}", "no setting"), ('{"@aws-cdk/core:x": true}', "no setting")]
)
def test_where_nobody_has_set_anything_the_file_for_it_is_named(
    home: Path, project: Path, content: str | None, got: str
) -> None:
    write(project / "cdk.json", {"app": "x", "context": {"@aws-cdk/core:y": True}})
    if content is not None:
        write(project / "cdk.context.json", content)
    with pytest.raises(ConfigError) as caught:
        read_context(project, home=home)
    (problem,) = caught.value.problems
    assert (problem.key, problem.got) == (str(project / "cdk.context.json"), got)


@pytest.mark.parametrize("content", [{}, {"context": {}}, {"context": None}])
def test_file_without_context_adds_none(home: Path, project: Path, content: Any) -> None:
    write(project / "cdk.json", content)
    assert read_context(project, ["a=1"], home=home) == {"a": "1"}


def test_byte_order_mark_is_no_fault(home: Path, project: Path) -> None:
    write(project / "cdk.context.json", '\ufeff{"a": 1}')
    assert read_context(project, home=home) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "content", "got", "allowed", "fix"),
    [
        pytest.param(
            "cdk.json",
            '{"a" 1}',
            "line 1, column 6: a colon should stand here",
            "valid JSON",
            "correct the file at that place",
            id="no JSON",
        ),
        *(
            pytest.param(
                "cdk.context.json", content, got, "valid JSON", "correct the file at that place", id=f"{content}, {got}"
            )
            for content, got in (
                ("{", "line 1, column 2: a key in double quotes should stand here"),
                ("{'a': 1}", "line 1, column 2: a key in double quotes should stand here"),
                ('{"a": True}', "line 1, column 7: a value should stand here"),
                ("// notes\n{}", "line 1, column 1: a value should stand here"),
                ("a: 1", "line 1, column 1: a value should stand here"),
                ('{"a": 1 "b": 2}', "line 1, column 9: a comma should stand here"),
                ("{}\n}", "line 2, column 1: the JSON has ended before this"),
                ('{"a": "b}', "line 1, column 7: the text that begins here does not end"),
                ('{"a": "\n"}', "line 1, column 8: a text holds a line break or another invisible character here"),
                ('{"a": "\\x"}', "line 1, column 8: this backslash begins no sign that JSON knows"),
                ('{"a": "\\u12"}', "line 1, column 9: this backslash begins no sign that JSON knows"),
            )
        ),
        *(
            pytest.param(name, content, got, "a JSON object", OBJECT, id=f"{name} of {got}")
            for name in ("cdk.json", "cdk.context.json", "../home/.cdk.json")
            for content, got in (
                ("[1]", "an array"),
                ("null", "null"),
                ("", "an empty file"),
                (" \n", "an empty file"),
                ("\ufeff", "an empty file"),
                ('"text"', "text"),
                ("1.5", "a number"),
                ("true", "true"),
            )
        ),
        *(
            pytest.param(
                name, f'{{"context": {content}}}', got, 'a JSON object as "context"', OBJECT, id=f"block, {got}"
            )
            for name in ("cdk.json", "../home/.cdk.json")
            for content, got in (('"a"', "text"), ("[1]", "an array"), ("7", "a number"), ("true", "true"))
        ),
        *(
            pytest.param(name, content, got, allowed, fix, id=f"{name} of {got}")
            for name in ("cdk.json", "cdk.context.json", "../home/.cdk.json")
            for content, got, allowed, fix in (
                (b'{"a": "\xe4"}', "no UTF-8 at byte 8", "JSON in UTF-8", "save the file as UTF-8"),
                (b"\xff\xfe{\0}\0", "no UTF-8 at byte 1", "JSON in UTF-8", "save the file as UTF-8"),
                ("[" * 10**5, "objects or arrays that are nested too deep", "a JSON object", "correct the file"),
                ('{"a": NaN}', "NaN, which JSON does not have", "a JSON object", "correct the file"),
                ("{}".encode("utf-16-le"), "a file with NUL characters", "JSON in UTF-8", "save the file as UTF-8"),
                ('{"a": 1, "b": 2, "a": 3}', 'more than once: "a"', "a JSON object", "correct the file"),
                ('{"b": {"a": 1, "a": 1}}', 'more than once: "a"', "a JSON object", "correct the file"),
            )
        ),
    ],
)
def test_unreadable_file_is_a_fault(
    home: Path, project: Path, name: str, content: str | bytes, got: str, allowed: str, fix: str
) -> None:
    file = (project / name).resolve()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        read_context(project, ["a=1"], home=home)
    assert caught.value.problems == (Problem(str(file), got, allowed, fix),)


@pytest.mark.parametrize("name", ["cdk.json", "cdk.context.json"])
def test_folder_in_place_of_a_file_is_a_fault(home: Path, project: Path, name: str) -> None:
    (project / name).mkdir()
    with pytest.raises(ConfigError) as caught:
        read_context(project, ["a=1"], home=home)
    fix = "remove it, or give it another name"
    assert caught.value.problems == (Problem(str(project / name), "a folder", "a file", fix),)


def test_what_is_no_file_is_not_waited_for(home: Path, project: Path) -> None:
    os.mkfifo(project / "cdk.json")
    os.mkfifo(home / ".cdk.json")
    (project / "cdk.context.json").symlink_to("/dev/zero")
    with pytest.raises(ConfigError) as caught:
        read_context(project, home=home)
    assert [problem.got for problem in caught.value.problems] == ["a pipe", "a device", "a pipe"]


def test_home_that_is_no_folder_holds_no_context(project: Path) -> None:
    assert read_context(project, ["a=1"], home=Path("/dev/null")) == {"a": "1"}


def test_who_has_no_home_has_no_context_in_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as for a user of a container's, whom nobody knows
    assert read_context(project, ["a=1"]) == {"a": "1"}


def test_number_of_more_digits_than_python_takes_is_as_large_as_for_the_cdk_cli(home: Path, project: Path) -> None:
    write(project / "cdk.context.json", f'{{"a": {"9" * 5000}, "b": 12, "c": -{"9" * 5000}}}')
    assert read_context(project, home=home) == {"a": math.inf, "b": 12, "c": -math.inf}


def test_file_that_nobody_may_read_is_a_fault(home: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs tests may be root, whom no permission stops."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    write(project / "cdk.context.json", {})
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigError) as caught:
        read_context(project, ["a=1"], home=home)
    assert {problem.got for problem in caught.value.problems} == {"a file that you may not read"}


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (None, "no such file"),
        ("{}", 'nothing as "app"'),
        ('{"app": ""}', 'nothing as "app"'),
        ('{"app": " "}', 'text as "app"'),
        ('{"app": 3}', 'a number as "app"'),
        ('{"app": ["python"]}', 'an array as "app"'),
    ],
)
def test_folder_without_an_app_is_told(home: Path, project: Path, content: str | None, got: str) -> None:
    if content is not None:
        write(project / "cdk.json", content)
    with pytest.raises(ConfigError) as caught:
        read_app(project, home=home)
    (problem,) = caught.value.problems
    assert (problem.key, problem.got) == (str(project / "cdk.json"), got)


def test_app_may_be_the_person_s(home: Path, project: Path) -> None:
    write(home / ".cdk.json", {"app": "python theirs.py"})
    assert read_app(project, home=home) == "python theirs.py"


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
