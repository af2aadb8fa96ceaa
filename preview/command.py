"""`make preview`: the hub on this machine, with the configuration that it would have in the cluster."""

import json
import os
import signal
import sys
import webbrowser
from subprocess import CalledProcessError
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blueprint.command_line import loaded, secret_value
from blueprint.config import Config
from preview.installation import FOLDER, install
from preview.people import people
from preview.running import Preview, PreviewError


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
        secret = _client_secret(config) if real else None
        installation = install(folder, console.print)
        with Preview(config, installation, folder, port=port, real_secret=secret) as preview:
            show(preview, console)
            if browser and (sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                webbrowser.open(preview.addresses.hub_url)
            preview.wait()
    except KeyboardInterrupt:
        console.print("The preview has ended; homes and logs are left in", f"{FOLDER}/.")
    except PreviewError as error:
        sys.exit(str(error))
    except CalledProcessError as error:
        sys.exit(f"Installing what the preview needs failed: {' '.join(map(str, error.cmd[:4]))} …")


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

    client = boto3.client("secretsmanager", region_name=config.workload_region)
    try:
        held = str(client.get_secret_value(SecretId=str(config.client_secret_arn))["SecretString"])
        return str(json.loads(held)[config.client_secret_entry]) if config.client_secret_entry else held
    except (ValueError, LookupError, TypeError):
        sys.exit(f"{config.client_secret_arn} has no entry {config.client_secret_entry} (client.secret.entry).")
    except (ClientError, BotoCoreError) as error:
        typer.echo(f"{config.client_secret_arn} cannot be read ({error}). Give the client secret yourself.", err=True)
    return secret_value()


def _interrupt(number: int, _: object) -> NoReturn:
    raise KeyboardInterrupt
