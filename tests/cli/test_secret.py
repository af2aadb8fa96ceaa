import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.aws import CREDENTIALS
from tests.cli.conftest import BLUEPRINT, ROOT, Run

VALUE = "s3cr3t-from-the-provider"


def secrets(endpoint: str) -> Any:
    return boto3.client(
        "secretsmanager",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def test_secret_is_created_and_then_updated(run: Run, aws: str) -> None:
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": aws}
    first = run(BLUEPRINT, "secret", stdin=f"{VALUE}\n", **environment)
    second = run(BLUEPRINT, "secret", stdin="another\n", **environment)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith("Created the secret jupyterhub/oauth-client-secret")
    assert second.stdout.startswith("Updated the secret jupyterhub/oauth-client-secret")
    stored = secrets(aws).get_secret_value(SecretId="jupyterhub/oauth-client-secret")
    assert stored["SecretString"] == "another"


def test_secret_is_never_printed(run: Run, aws: str) -> None:
    result = run(BLUEPRINT, "secret", stdin=f"{VALUE}\n", **CREDENTIALS, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert result.returncode == 1
    assert VALUE not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "No client secret was given"),
        (b"\n", "No client secret was given"),
        (b" \t\r\nsecond line\n", "No client secret was given"),
        (b"caf\xe9\n", "What was given as client secret is no text in UTF-8"),
        (f"{VALUE}\n".encode("utf-16"), "What was given as client secret is no text in UTF-8"),
        (f"{VALUE}\0\n".encode(), "The client secret has signs in it that nobody sees"),
        (f"{VALUE}\u200b\n".encode(), "The client secret has signs in it that nobody sees"),
        (f"{VALUE}\u00a0x\n".encode(), "The client secret has signs in it that nobody sees"),
    ],
)
def test_what_can_be_no_secret_changes_nothing(run: Run, aws: str, given: bytes, told: str) -> None:
    result = run(BLUEPRINT, "secret", stdin=given, **CREDENTIALS, AWS_ENDPOINT_URL=aws)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(told)
    assert VALUE not in result.stderr
    assert secrets(aws).list_secrets()["SecretList"] == []


def test_closed_standard_input_is_told_as_nothing_given(aws: str) -> None:
    command = ["/bin/sh", "-c", f'"{sys.executable}" "{BLUEPRINT}" secret <&-']
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(ROOT), **CREDENTIALS}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert result.stderr.decode().startswith("No client secret was given")


def test_mark_of_an_editor_is_no_part_of_the_secret(run: Run, aws: str) -> None:
    result = run(BLUEPRINT, "secret", stdin=f"\ufeff{VALUE}\r\n", **CREDENTIALS, AWS_ENDPOINT_URL=aws)
    assert result.returncode == 0, result.stderr
    stored = secrets(aws).get_secret_value(SecretId="jupyterhub/oauth-client-secret")
    assert stored["SecretString"] == VALUE


@pytest.mark.parametrize("variables", [{"AWS_ENDPOINT_URL": "nowhere"}, {"AWS_MAX_ATTEMPTS": "x"}])
def test_variable_for_aws_that_means_nothing_is_told_in_words(run: Run, variables: dict[str, str]) -> None:
    result = run(BLUEPRINT, "secret", stdin=f"{VALUE}\n", **CREDENTIALS, **variables)
    assert (result.returncode, result.stdout) == (1, "")
    told = "AWS did not store the secret jupyterhub/oauth-client-secret: one of the variables AWS_… or of the settings"
    assert result.stderr.startswith(told)


def test_plain_secret_in_context_is_refused(run: Run, tmp_path: Path) -> None:
    context = json.loads((Path(__file__).parents[2] / "cdk.context.json").read_text())
    del context["clientSecretArn"]
    (tmp_path / "cdk.context.json").write_text(json.dumps({**context, "clientSecret": VALUE}))
    result = run(BLUEPRINT, "secret", cwd=tmp_path, stdin="x\n")
    assert result.returncode == 1
    assert "set clientSecretArn" in result.stderr
    assert VALUE not in result.stdout + result.stderr


def test_cognito_has_no_secret_to_store(run: Run, tmp_path: Path) -> None:
    context = json.loads((Path(__file__).parents[2] / "cdk.context.json").read_text())
    for key in ("clientSecretArn", "clientId", "authUrl", "tokenUrl", "userDataUrl", "scope"):
        del context[key]
    (tmp_path / "cdk.context.json").write_text(json.dumps({**context, "identity.provider": "cognito"}))
    result = run(BLUEPRINT, "secret", cwd=tmp_path, stdin="x\n")
    assert result.returncode == 1
    assert result.stderr == "Cognito's client and its secret are made by the deployment: there is nothing to store.\n"


def test_new_secret_is_encrypted_with_the_key_of_the_context(run: Run, aws: str) -> None:
    key = "arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012"
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": aws}
    result = run(BLUEPRINT, "secret", "-c", f"client.secret.kms.key.arn={key}", stdin=f"{VALUE}\n", **environment)
    assert result.returncode == 0, result.stderr
    assert secrets(aws).describe_secret(SecretId="jupyterhub/oauth-client-secret")["KmsKeyId"] == key


def test_entry_of_a_secret_is_changed_and_its_others_stay(run: Run, aws: str) -> None:
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": aws}
    entry = ("-c", "client.secret.entry=client_secret")
    first = run(BLUEPRINT, "secret", *entry, stdin="first\n", **environment)
    stored = secrets(aws).get_secret_value(SecretId="jupyterhub/oauth-client-secret")["SecretString"]
    assert (first.returncode, json.loads(stored)) == (0, {"client_secret": "first"}), first.stderr
    held = json.dumps({"client_id": "hub", "client_secret": "first"})
    secrets(aws).put_secret_value(SecretId="jupyterhub/oauth-client-secret", SecretString=held)
    assert run(BLUEPRINT, "secret", *entry, stdin=f"{VALUE}\n", **environment).returncode == 0
    stored = secrets(aws).get_secret_value(SecretId="jupyterhub/oauth-client-secret")["SecretString"]
    assert json.loads(stored) == {"client_id": "hub", "client_secret": VALUE}


def test_entry_of_a_secret_that_has_none_is_told(run: Run, aws: str) -> None:
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": aws}
    secrets(aws).create_secret(Name="jupyterhub/oauth-client-secret", SecretString=VALUE)
    result = run(BLUEPRINT, "secret", "-c", "client.secret.entry=a", stdin="x\n", **environment)
    assert result.returncode == 1
    assert result.stderr.endswith("is no JSON object, so it has no entry a: remove client.secret.entry.\n")
    assert VALUE not in result.stdout + result.stderr


def test_secret_of_bytes_has_no_entry(run: Run, aws: str) -> None:
    secrets(aws).create_secret(Name="jupyterhub/oauth-client-secret", SecretBinary=VALUE.encode())
    entry = ("-c", "client.secret.entry=a")
    result = run(BLUEPRINT, "secret", *entry, stdin="x\n", **CREDENTIALS, AWS_ENDPOINT_URL=aws)
    assert result.returncode == 1
    assert result.stderr.endswith("is no JSON object, so it has no entry a: remove client.secret.entry.\n")


def test_arn_that_does_not_exist_is_not_taken_for_a_new_name(run: Run, aws: str) -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:gone-AbCdEf"
    result = run(
        BLUEPRINT, "secret", "-c", f"clientSecretArn={arn}", stdin="x\n",
        **CREDENTIALS, AWS_ENDPOINT_URL=aws,
    )  # fmt: skip
    assert result.returncode == 1
    assert secrets(aws).list_secrets()["SecretList"] == []


def test_prompt_does_not_echo() -> None:
    parent, child = pty.openpty()
    with os.fdopen(child, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-c", "from blueprint.command_line import secret_value; print(len(secret_value()))"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        shown = os.read(parent, 1000)  # the prompt: the terminal's echo is off from here on
        os.write(parent, f"{VALUE}\n".encode())
        assert process.wait() == 0
        shown += os.read(parent, 1000)
    os.close(parent)
    assert VALUE not in shown.decode()
    assert str(len(VALUE)) in shown.decode()
