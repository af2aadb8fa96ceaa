"""The options of `hub.config` and `hub.extraConfig`, put to the classes that read them."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from oauthenticator.auth0 import Auth0OAuthenticator  # type: ignore[import-untyped]
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import OAuthenticator  # type: ignore[import-untyped]

from blueprint.config import load
from blueprint.hub import SECRET_FOLDER, hub_values
from blueprint.values import chart_values
from blueprint.versions import JUPYTERHUB
from preview.installation import Installation
from preview.plan import deployed_provider
from preview.running import NO_CLUSTER
from tests.preview.conftest import RESTRICTED
from tests.preview.test_providers import COGNITO, NAMESPACED, OPEN
from tests.values.charts import rendered

CLASSES = {each.__name__: each for each in (JupyterHub, KubeSpawner, OAuthenticator)}
CLASSES |= {each.__name__: each for each in (Auth0OAuthenticator, GenericOAuthenticator)}
EVERYTHING = {**RESTRICTED, "singleuser.tokens": True, "users.allowed": ["ada"], "users.admins": ["grace"]}
CONTEXTS = {"generic": EVERYTHING, "auth0": NAMESPACED, "open": OPEN, "cognito": COGNITO}
CHART_FOLDER = "/usr/local/etc/jupyterhub"

# Initializes a hub as the chart would, makes a spawner, and prints what traitlets says of options that nobody has.
CHECK = """
import asyncio, sys
from jupyterhub.app import JupyterHub
from kubespawner import KubeSpawner
async def main():
    hub = JupyterHub.instance()
    await hub.initialize(["-f", sys.argv[1]])
    KubeSpawner(config=hub.config, parent=hub, _mock=True)
    print("authenticator:", type(hub.authenticator).__mro__[1].__name__)
asyncio.run(main())
"""


def values(context: dict[str, Any]) -> dict[str, Any]:
    config = load(context, today=date(2026, 11, 20)).config
    return chart_values(JUPYTERHUB.name, hub_values(config, deployed_provider(config)))


def options(context: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section, chosen in values(context)["hub"]["config"].items():
        for option in chosen:
            yield section, option


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_every_option_is_one_of_its_class(context: dict[str, Any]) -> None:
    unknown = [
        f"{section}.{option}"
        for section, option in options(context)
        if option not in CLASSES[section].class_traits(config=True)
    ]
    assert unknown == []


def test_signing_out_leads_to_auth0_and_back() -> None:
    chosen = values(OPEN)["hub"]["config"]["Auth0OAuthenticator"]
    assert chosen["logout_redirect_url"] == (
        "https://identity.example.com/v2/logout?client_id=jupyterhub&returnTo=https%3A%2F%2Fjupyter.hub.example.com"
    )


def test_google_is_asked_for_refresh_tokens_in_its_own_way() -> None:
    chosen = values({**RESTRICTED, "authUrl": "https://accounts.google.com/o/oauth2/v2/auth"})
    assert chosen["hub"]["config"]["GenericOAuthenticator"]["extra_authorize_params"] == {
        "access_type": "offline",
        "prompt": "consent",
    }


@pytest.mark.parametrize("context", [CONTEXTS["generic"], CONTEXTS["auth0"]], ids=["generic", "auth0"])
def test_charts_own_configuration_loads_without_a_warning(
    installation: Installation, tmp_path: Path, context: dict[str, Any]
) -> None:
    configuration = unpack(rendered(JUPYTERHUB, values(context)), tmp_path)
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.defpath,
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "HUB_SERVICE_PORT": "8081",
        "PROXY_API_SERVICE_PORT": "8001",
        "CONFIGPROXY_AUTH_TOKEN": "token",
        "POD_NAMESPACE": JUPYTERHUB.namespace,
    }
    command = [str(installation.bin / "python"), "-c", CHECK, str(configuration)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert [line for line in said.splitlines() if "not recognized" in line or "deprecated" in line] == []
    assert "authenticator: Session" in said, said


def unpack(objects: list[dict[str, Any]], folder: Path) -> Path:
    """The chart's files of the hub's pod, as they are mounted there, but below a folder."""
    (config,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == ("ConfigMap", "hub"))
    (secret,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == ("Secret", "hub"))
    (hub,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == ("Deployment", "hub"))
    kept = {name: base64.b64decode(text) for name, text in secret["data"].items()}
    kept |= {name: text.encode() for name, text in secret.get("stringData", {}).items()}
    contents = {f"config/{name}": text.encode() for name, text in config["data"].items()}
    contents |= {f"secret/{name}": content for name, content in kept.items()}
    for mount in hub["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]:
        if mount["name"] == "files":
            contents[mount["mountPath"].removeprefix(f"{CHART_FOLDER}/")] = kept[mount["subPath"]]
    contents |= {"oauth/client-secret": b"secret", "oauth/state-key": b"ab" * 32}
    contents["kubeconfig"] = json.dumps(NO_CLUSTER).encode()
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        here = content.replace(CHART_FOLDER.encode(), str(folder).encode())
        file.write_bytes(here.replace(SECRET_FOLDER.encode(), str(folder / "oauth").encode()))
    for name in ("jupyterhub_config.py", "z2jh.py"):
        (folder / name).write_text((folder / "config" / name).read_text())
    return folder / "jupyterhub_config.py"
