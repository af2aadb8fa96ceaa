"""`secret`: the identity provider's client secret, into Secrets Manager without passing through a shell's history."""

import json
from typing import TYPE_CHECKING

import typer

from blueprint.command_line import loaded, of_aws, secret_value

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def store(overrides: list[str] | None, kms_key: str | None) -> None:
    """Create or update the secret that `clientSecretArn` names, from a prompt or from standard input."""
    config = loaded(overrides).config
    name = config.client_secret_arn
    if config.identity_provider == "cognito":
        raise _failure("Cognito's client and its secret are made by the deployment: there is nothing to store.")
    if name is None:
        raise _failure("The context holds clientSecret itself. Name a secret instead: remove it, set clientSecretArn.")
    value = secret_value()
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.client("secretsmanager", region_name=config.workload_region)
        if config.client_secret_entry:
            value = with_entry(client, name, config.client_secret_entry, value)
        created = put(client, name, value, kms_key or config.client_secret_kms_key_arn)
    except (ClientError, BotoCoreError, ValueError) as error:
        raise _failure(f"AWS did not store the secret {name}: {of_aws(error)}") from None
    typer.echo(f"{'Created' if created else 'Updated'} the secret {name}; a running hub has it within two minutes.")


def with_entry(client: "SecretsManagerClient", name: str, entry: str, value: str) -> str:
    """The JSON object that a secret holds, with one entry changed; one of that entry alone if the secret is new."""
    try:
        held = json.loads(client.get_secret_value(SecretId=name).get("SecretString", ""))  # it may hold bytes
    except client.exceptions.ResourceNotFoundException:
        held = {}
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise _failure(f"The secret {name} is no JSON object, so it has no entry {entry}: remove client.secret.entry.")
    return json.dumps({**held, entry: value})


def put(client: "SecretsManagerClient", name: str, value: str, kms_key: str | None) -> bool:
    """Store a value as the current one of a secret; true if the secret is new."""
    try:
        client.put_secret_value(SecretId=name, SecretString=value)
    except client.exceptions.ResourceNotFoundException:
        if name.startswith("arn:"):
            raise
    else:
        return False
    description = "OAuth client secret of a JupyterHub"
    if kms_key:
        client.create_secret(Name=name, SecretString=value, Description=description, KmsKeyId=kms_key)
    else:
        client.create_secret(Name=name, SecretString=value, Description=description)
    return True


def _failure(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)
