"""`python -m preview`, from start to Ctrl-C, in a folder with blanks in its name."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from blueprint.config import load
from preview.browser import PATIENCE, Browser
from preview.command import _client_secret
from preview.installation import HERE, Installation
from preview.people import people
from preview.ports import not_to_be_had
from tests.cli.aws import CREDENTIALS, aws, server
from tests.preview.conftest import FOLDER, RESTRICTED
from tests.processes import ran
from tests.proxies import DEAD

__all__ = ["aws", "server"]
COMMAND = [sys.executable, "-m", "preview", "--no-browser"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, installation: Installation) -> Path:
    """A directory with a context, and with the programs installed already."""
    made = tmp_path_factory.mktemp("Žofie d'Årcs Ordner")
    prepare(made, RESTRICTED)
    return made


def prepare(directory: Path, context: dict[str, Any]) -> None:
    (directory / "cdk.context.json").write_text(json.dumps(context))
    folder = directory / ".cache" / "preview"
    folder.mkdir(parents=True)
    for name in ("venv", "node"):
        (folder / name).symlink_to(FOLDER / name)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose home and folder for temporary files are watched, with proxies that answer nobody."""
    home, temporary = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temporary")
    return {**os.environ, **DEAD, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def running(directory: Path, environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A preview on a free port, and what it has said until the hub ran."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"], cwd=directory, env=environment, stderr=subprocess.PIPE, text=True
    )
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if "the pod that each stands for" in line:
            break
    yield process, said
    process.terminate()
    process.communicate(timeout=PATIENCE)


def hub_url(said: str) -> str:
    found = re.search(r"The hub runs at (\S+)", said)
    assert found, said
    return found[1]


def processes(directory: Path) -> dict[int, str]:
    """The processes of a preview that still run, by id."""
    listing = "import sys, sweep; [print(each.pid, *each.cmdline()) for each in sweep.processes(sys.argv[1])]"
    command = [str(FOLDER / "venv" / "bin" / "python"), "-c", listing, str(directory / ".cache" / "preview" / "run")]
    listed = subprocess.run(command, cwd=HERE / "hub", capture_output=True, text=True, check=True).stdout
    return {int(pid): command for pid, _, command in (line.partition(" ") for line in listed.splitlines())}


def test_screen_names_people_and_every_replaced_value(running: tuple["subprocess.Popen[str]", str]) -> None:
    _, said = running
    config = load(RESTRICTED, today=date(2026, 11, 20)).config
    keys = [line.strip() for line in said.splitlines() if line.startswith(("  hub.", "  custom."))]
    section = "hub.config.GenericOAuthenticator"
    assert keys == [
        "hub.config.JupyterHub.public_url",
        f"{section}.oauth_callback_url",
        "custom.signIn.clientSecretFile",
        "custom.sessions.keyFile",
        "hub.templatePaths",
        "hub.config.JupyterHub.tornado_settings.cookie_options.secure",
        f"{section}.client_id",
        f"{section}.authorize_url",
        f"{section}.token_url",
        f"{section}.userdata_url",
        f"{section}.logout_redirect_url",
    ]
    assert [person.name for person in people(config) if person.name not in said] == []


def refused(directory: Path, environment: dict[str, str], *words: str) -> str:
    """What a preview says that does not start."""
    done = ran([*COMMAND[1:], *words], cwd=directory, environment=environment)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr


def test_second_preview_in_a_folder_is_told_of_the_first_before_anything_else(
    running: tuple["subprocess.Popen[str]", str], directory: Path, environment: dict[str, str]
) -> None:
    _, said = running
    port = urlsplit(hub_url(said)).port
    told = refused(directory, environment, "--port", str(port))
    assert told.startswith(f"Another preview runs in this folder: {hub_url(said)}. End it with Ctrl-C")
    assert 'make preview ARGS="--port 8001"' in told


def test_port_in_use_is_named_before_anything_is_installed(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(RESTRICTED))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(tmp_path, environment, "--port", str(port))
    assert told == (
        f"Port {port} cannot be had: something else listens there. "
        'Take another, or any free one: make preview ARGS="--port 0".\n'
    )


@pytest.mark.skipif(sys.platform != "linux", reason="others let everybody have any port")
def test_port_that_is_kept_for_root_is_told_as_that() -> None:
    assert not_to_be_had(80, PermissionError(errno.EACCES, "")) == "Port 80 cannot be had: it is kept for root."


def test_folder_that_cannot_be_used_is_told_in_words(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(RESTRICTED))
    (tmp_path / ".cache").write_text("no folder")
    assert refused(tmp_path, environment, "--port", "0") == f"{tmp_path / '.cache' / 'preview'}: Not a directory\n"


@pytest.fixture(scope="module")
def real(
    tmp_path_factory: pytest.TempPathFactory, installation: Installation, environment: dict[str, str]
) -> Iterator[tuple["subprocess.Popen[str]", str, Path]]:
    """A preview for a real provider, what it has said first, and its directory."""
    directory = tmp_path_factory.mktemp("directory")
    prepare(directory, {**RESTRICTED, "clientSecret": "a-secret", "clientSecretArn": None})
    process = subprocess.Popen(
        [*COMMAND, "--real", "--port", "0"], cwd=directory, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    yield process, "".join(line for line, _ in zip(process.stderr, range(2), strict=False)), directory
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("entry", "held", "found"),
    [
        (None, "a-secret", "a-secret"),
        ("client_secret", '{"client_id": "hub", "client_secret": "a-secret"}', "a-secret"),
        ("client_secret", '{"client_id": "hush"}', None),
        ("client_secret", "hush", None),
        ("client_secret", '{"client_secret": null}', None),
        ("client_secret", '{"client_secret": ["hush"]}', None),
        ("client_secret", '["hush"]', None),
        ("client_secret", b"hush", None),
    ],
)
def test_client_secret_comes_from_secrets_manager(
    aws: str, entry: str | None, held: str | bytes, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": aws, "AWS_DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(name, value)
    secrets, name = boto3.client("secretsmanager"), "jupyterhub/oauth-client-secret"
    if isinstance(held, str):
        secrets.create_secret(Name=name, SecretString=held)
    else:
        secrets.create_secret(Name=name, SecretBinary=held)
    config = load({**RESTRICTED, "client.secret.entry": entry}, today=date(2026, 11, 20)).config
    if found:
        assert _client_secret(config) == found
        return
    with pytest.raises(SystemExit) as ended:
        _client_secret(config)
    assert ended.value.code == "jupyterhub/oauth-client-secret has no entry client_secret (client.secret.entry)."


def test_secret_of_bytes_is_told_as_that(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": aws, "AWS_DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(name, value)
    boto3.client("secretsmanager").create_secret(Name="jupyterhub/oauth-client-secret", SecretBinary=b"hush")
    with pytest.raises(SystemExit, match=r"^jupyterhub/oauth-client-secret holds no text"):
        _client_secret(load(RESTRICTED, today=date(2026, 11, 20)).config)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "You must specify a region"),
        ({"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "x"}, "one of the variables AWS_…"),
    ],
)
def test_secret_that_cannot_be_read_is_asked_for(
    tmp_path: Path, environment: dict[str, str], variables: dict[str, str], said: str
) -> None:
    prepare(tmp_path, RESTRICTED)
    told = refused(tmp_path, {**environment, **CREDENTIALS, **variables}, "--real", "--port", "0")
    assert told.startswith(f"jupyterhub/oauth-client-secret cannot be read: {said}")
    assert told.splitlines()[1].startswith("No client secret was given")


def test_real_provider_gets_the_callback_told(real: tuple["subprocess.Popen[str]", str, Path]) -> None:
    _, said, _ = real
    assert f"Callback to register at the identity provider for this: {hub_url(said)}/hub/oauth_callback" in said
    assert "a-secret" not in said


def test_hub_that_was_killed_ends_the_preview_and_leaves_no_culler_behind(
    real: tuple["subprocess.Popen[str]", str, Path],
) -> None:
    process, _, directory = real
    running = processes(directory)
    (hub,) = (pid for pid, command in running.items() if " -m jupyterhub " in command)
    assert [command for command in running.values() if " -m jupyterhub_idle_culler " in command] != []
    os.kill(hub, signal.SIGKILL)
    assert process.wait(PATIENCE) == 1
    assert process.stderr is not None
    assert "The hub has ended. Its log: " in process.stderr.read()
    assert processes(directory) == {}


def test_ctrl_c_leaves_no_process_and_no_file_elsewhere(
    running: tuple["subprocess.Popen[str]", str], directory: Path, environment: dict[str, str]
) -> None:
    process, said = running
    browser = Browser(hub_url(said))
    browser.sign_in("ada")
    browser.start_server()
    browser.run("import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)")
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert processes(directory) == {}
    assert [list(Path(environment[name]).iterdir()) for name in ("HOME", "TMPDIR")] == [[], []]
    assert {file.name for file in directory.iterdir()} == {"cdk.context.json", ".cache"}
    assert {file.name for file in (directory / ".cache" / "preview").iterdir()} == {
        *("homes", "lock", "logs", "node", "node.making", "venv", "venv.making")
    }
