"""The identity provider of a rehearsal: the preview's, at the host names and paths of the context's own provider."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from blueprint.config import Config
from blueprint.hub import Provider
from preview.installation import Installation
from preview.people import people
from preview.plan import provider_settings
from rehearsal.certificates import Authority
from rehearsal.processes import Process

_PATIENCE: Final = 30.0


def hosts(endpoints: Provider) -> list[str]:
    """The host names at which the hub and its users find the provider."""
    urls = (endpoints.authorize_url, endpoints.token_url, endpoints.userdata_url, endpoints.logout_url)
    return sorted({urlsplit(url).hostname or "" for url in urls if url})


def settings(config: Config, endpoints: Provider, client_secret: str, known: Path) -> dict[str, Any]:
    """What the provider has to know to answer at the endpoints of the context."""
    authorize = urlsplit(endpoints.authorize_url)
    return {
        **provider_settings(
            config,
            issuer=f"https://{authorize.netloc}",
            hub_url=config.hub_url,
            client_id=endpoints.client_id,
            client_secret=client_secret,
            people=known,
        ),
        "routes": {
            "authorization": authorize.path,
            "token": urlsplit(endpoints.token_url).path,
            "userinfo": urlsplit(endpoints.userdata_url).path,
        },
    }


class IdentityProvider:
    """The provider as a process, on port 443 of an address of the sandbox."""

    def __init__(
        self, config: Config, endpoints: Provider, *, installation: Installation, authority: Authority, folder: Path
    ) -> None:
        self._config = config
        self._endpoints = endpoints
        self._installation = installation
        self._folder = folder
        folder.mkdir(parents=True, mode=0o700)
        self._pair = authority.issue("identity-provider", hosts=hosts(endpoints))
        self._process: Process | None = None

    def start(self, address: str, client_secret: str) -> None:
        """Begin to answer at an address; where it runs, begin anew with another client secret."""
        self.stop()
        known = self._write("people.json", [asdict(person) for person in people(self._config)])
        listen = {"address": address, "certificate": str(self._pair.certificate), "key": str(self._pair.key)}
        wanted = settings(self._config, self._endpoints, client_secret, known) | {"listen": listen}
        script = self._installation.folder / "node" / "provider.js"
        command = [self._installation.node, str(script), str(self._write("provider.json", wanted))]
        self._process = Process(command, self._folder / "provider.log")
        self._process.wait_until(lambda: _listens(address), _PATIENCE)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _write(self, name: str, content: Any) -> Path:
        file = self._folder / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(content))
        return file


def _listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, 443)) == 0
