"""`make preview`: the hub on this machine, with the configuration that it would have in the cluster."""

import json
import os
import signal
import sys
import webbrowser
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blueprint.command_line import loaded, of_aws, secret_value
from blueprint.config import Config
from preview.installation import FOLDER, install
from preview.lock import OccupiedError, only_one
from preview.people import people
from preview.running import Preview, PreviewError, addresses


def run(overrides: list[str] | None, *, real: bool, port: int, browser: bool) -> None:
    """Run the hub here, ready to sign in, until Ctrl-C."""
    config = loaded(overrides).config
    if real and config.identity_provider == "cognito":
        sys.exit("Cognito's pool is made by the deployment, so there is nothing to sign in at before it.")
    console = Console(highlight=False, stderr=True, soft_wrap=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder = FOLDER.resolve()
    try:
        with only_one(folder) as lock:
            addresses(port)  # that it is to be had, before anything takes long
            secret = _client_secret(config) if real else None
            installation = install(folder, console.print)
            with Preview(config, installation, folder, port=port, real_secret=secret) as preview:
                print(preview.addresses.hub_url, end="", file=lock, flush=True)
                show(preview, console)
                if browser and _has_screen():
                    webbrowser.open(preview.addresses.hub_url)
                preview.wait()
    except KeyboardInterrupt:
        console.print("The preview has ended; homes and logs are left in", f"{FOLDER}/.")
    except (OccupiedError, PreviewError) as error:
        sys.exit(str(error))


def show(preview: Preview, console: Console) -> None:
    """Tell where the hub is, who may be tried, and what is not as it will be in the cluster."""
    addresses = preview.addresses
    console.print(f"[bold]The hub runs at {addresses.hub_url}[/] (Ctrl-C ends it)")
    if preview.real:
        console.print(f"Callback to register at the identity provider for this: [bold]{addresses.callback_url}[/]")
    else:
        console.print(Text("Example people, with what your configuration means for them:", style="bold"))
        examples = Table.grid(padding=(0, 2))
        for person in people(preview.config):
            examples.add_row(Text(f"  {person.name}"), Text(person.about))
        console.print(examples)
    console.print(Text("Not as in the cluster (value of the chart, there → here):", style="bold"))
    for replaced in preview.plan.replacements:
        console.print(Text(f"  {replaced.key}\n    {replaced.cluster}\n    → {replaced.preview}"))
    console.print(Text("  servers\n    pods of KubeSpawner, with limits, image and volumes\n    → processes; "), end="")
    console.print(Text(f"the pod that each stands for is in {preview.run / 'pods'}"))


def _client_secret(config: Config) -> str:
    """The client secret of the real provider: from the context, from Secrets Manager, or asked for."""
    if config.client_secret is not None:
        return config.client_secret.get_secret_value()
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    name, entry = str(config.client_secret_arn), config.client_secret_entry
    try:
        client = boto3.client("secretsmanager", region_name=config.workload_region)
        held = client.get_secret_value(SecretId=name).get("SecretString", "")  # it may hold bytes
    except (ClientError, BotoCoreError, ValueError) as error:
        typer.echo(f"{name} cannot be read: {of_aws(error)}. Give the client secret yourself.", err=True)
        return secret_value()
    found = _entry(held, entry) if entry else held
    if not found:
        sys.exit(f"{name} has no entry {entry} (client.secret.entry)." if entry else f"{name} holds no text.")
    return found


def _entry(held: str, entry: str) -> str:
    """What an entry of a secret with several holds, if it is text."""
    try:
        entries = json.loads(held)
    except (ValueError, RecursionError):
        return ""
    found = entries.get(entry) if isinstance(entries, dict) else None
    return found if isinstance(found, str) else ""


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _interrupt(number: int, _: object) -> NoReturn:
    raise KeyboardInterrupt
