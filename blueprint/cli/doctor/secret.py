"""The client secret is stored where the settings say, in a form that the hub reads. Its value is never shown."""

import json
from collections.abc import Iterator

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import denied, missing
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, ok, unknown, warning
from blueprint.cli.checks.world import World

_STORE = "blueprint secret (make secret), in the account and region of the cluster"


def stored(world: World) -> Iterator[Finding]:
    """There is one, with a value, and a key that the hub may use."""
    name = world.config.client_secret_arn
    if name is None:
        return
    client = world.workload.client("secretsmanager")
    try:
        secret = client.describe_secret(SecretId=name)
    except ClientError as error:
        if not missing(error):
            raise
        yield fault(f"There is no secret {name}.", _STORE)
        return
    if "DeletedDate" in secret:
        fix = f"aws secretsmanager restore-secret --secret-id {name}{world.workload.option}"
        yield fault(f"The secret {name} is marked for deletion.", fix)
        return
    key = secret.get("KmsKeyId", "")
    named = world.config.client_secret_kms_key_arn
    if key and "alias/aws/" not in key and named is None:
        text = f"The secret {name} is encrypted with the key {key}, which the hub's role may not use."
        yield fault(text, "Set client.secret.kms.key.arn to the ARN of that key")
    elif named is not None and key.rpartition("/")[2] != named.rpartition("/")[2]:
        text = f"The secret {name} is not encrypted with the key of client.secret.kms.key.arn."
        yield fault(text, "Set it to the secret's own key, or remove it where that is aws/secretsmanager")
    yield from _value(world, name)


def _value(world: World, name: str) -> Iterator[Finding]:
    client, entry = world.workload.client("secretsmanager"), world.config.client_secret_entry
    try:
        text = client.get_secret_value(SecretId=name).get("SecretString", "")
    except ClientError as error:
        if missing(error):
            yield fault(f"The secret {name} has no value yet.", _STORE)
        elif denied(error):
            yield unknown(f"The secret {name} is there; these credentials may not read whether its value will do.")
        else:
            raise
        return
    entries = _entries(text)
    if entry and (entries is None or entry not in entries):
        yield fault(f"The secret {name} has no entry {entry}.", "Correct client.secret.entry, or store it: " + _STORE)
    elif not entry and entries is not None and len(entries) > 1:
        yield fault(f"The secret {name} has several entries.", "Say in client.secret.entry which one is the secret")
    elif not text.strip():
        yield fault(f"The secret {name} is empty.", _STORE)
    elif text != text.strip():
        yield warning(f"The value of {name} begins or ends with a blank or a line break.", "Store it anew: " + _STORE)
    else:
        yield ok(f"The secret {name} is there, and can be read.")


def _entries(text: str) -> dict[str, object] | None:
    try:
        held = json.loads(text)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


CHECKS = (Check("client secret", stored, workload=True),)
