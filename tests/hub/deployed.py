"""The hub's configuration as the chart's values carry it, put to the classes that run in the hub."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from oauthenticator.oauth2 import _serialize_state  # type: ignore[import-untyped]
from traitlets.config import Config as Traits

from blueprint.hub import hub_values, named_provider
from blueprint.values import chart_values
from blueprint.versions import JUPYTERHUB
from tests.config.seed import config

Person = dict[str, Any]


def hub_config(changes: dict[str, Any], folder: Path) -> Traits:
    """What the chart makes of `hub.config` and `hub.extraConfig`, with the secret's files in a folder."""
    settings = config(changes)
    values = chart_values(JUPYTERHUB.name, hub_values(settings, named_provider(settings)))
    custom = json.loads(json.dumps(values["custom"]).replace("/etc/jupyterhub-oauth-client", str(folder)))
    c = Traits()
    for section, options in values["hub"]["config"].items():
        c[section].update(options)
    c.KubeSpawner.volumes = list(values["singleuser"]["storage"]["extraVolumes"].values())
    c.KubeSpawner.volume_mounts = list(values["singleuser"]["storage"]["extraVolumeMounts"].values())
    c.KubeSpawner.image = ":".join(values["singleuser"]["image"].values())
    c.KubeSpawner.start_timeout = values["singleuser"]["startTimeout"]
    c.KubeSpawner.consecutive_failure_limit = values["hub"]["consecutiveFailureLimit"]
    resources = values["singleuser"]["extraResource"]
    c.KubeSpawner.extra_resource_guarantees = resources["guarantees"]
    c.KubeSpawner.extra_resource_limits = resources["limits"]
    c.KubeSpawner.uid, c.KubeSpawner.fs_gid = values["singleuser"]["uid"], values["singleuser"]["fsGid"]

    def get_config(path: str) -> Any:
        return reduce(lambda found, key: found[key], path.removeprefix("custom.").split("."), custom)

    for _, code in sorted(values["hub"]["extraConfig"].items()):
        exec(code, {"c": c, "get_config": get_config})
    return c


def authenticator(changes: dict[str, Any], folder: Path, provider: "Provider") -> Any:
    """The authenticator of the hub, with the provider's addresses for those of the context."""
    (folder / "client-secret").write_text("first-secret\n")
    (folder / "state-key").write_text("ab" * 32)
    c = hub_config({**changes, "clientSecret": None, "clientSecretArn": "oauth"}, folder)
    for section in ("GenericOAuthenticator", "Auth0OAuthenticator"):
        c[section].authorize_url = f"{provider.url}/authorize"
        c[section].token_url = f"{provider.url}/token"
        c[section].userdata_url = f"{provider.url}/userinfo"
    return c.JupyterHub.authenticator_class(config=c)


class Returning:
    """A browser that comes back from the provider, as far as authenticators look at it."""

    def get_argument(self, name: str, default: object = None) -> str:
        """The code that the provider sent along."""
        return "a-code"

    def get_state_cookie(self) -> str:
        """What the hub gave the browser when it left."""
        return str(_serialize_state({"code_verifier": "v" * 43}))

    def find_user(self, name: str) -> None:
        """The hub has not seen anybody yet."""


class Provider:
    """An identity provider on loopback that signs in one person, and notes what the hub sent."""

    def __init__(self, url: str, person: Person) -> None:
        self.url = url
        self.person = person
        self.secrets: list[str] = []


@contextmanager
def provider(person: Person) -> Iterator[Provider]:
    """Run a provider."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            running.secrets += form["client_secret"]
            self._answer({"access_token": "token", "token_type": "Bearer", "scope": "openid"})

        def do_GET(self) -> None:
            self._answer(running.person)

        def _answer(self, body: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    running = Provider(f"http://127.0.0.1:{server.server_port}", person)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
