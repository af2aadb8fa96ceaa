"""Real hubs with the embedded provider, each in a folder of its own."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from blueprint.config import load
from blueprint.values import Values, file_values, merge
from blueprint.versions import JUPYTERHUB
from preview import surroundings
from preview.browser import Browser
from preview.installation import Installation, install
from preview.people import people
from preview.running import NO_CLUSTER, Preview
from tests.preview.starting import forks, guests
from tests.preview.starting.shared import shared

FOLDER = Path(__file__).parents[2] / ".cache" / "preview"
CONTEXT: dict[str, Any] = {
    "parent.dns.account": "111122223333",
    "parent.hostedzone.name": "example.com",
    "dev.subzone.name": "hub.example.com",
    "jupyterhub.subzone.name": "jupyter.hub.example.com",
    "authUrl": "https://identity.example.com/authorize",
    "tokenUrl": "https://identity.example.com/oauth/token",
    "userDataUrl": "https://identity.example.com/userinfo",
    "clientId": "jupyterhub",
    "clientSecretArn": "jupyterhub/oauth-client-secret",
}
RESTRICTED = {
    **CONTEXT,
    "groups.claim": "realm.roles",
    "groups.allowed": ["researchers"],
    "groups.admins": ["operators"],
    "logout.url": "https://identity.example.com/logout",
    "team.directories": ["researchers", "physics"],
}

FORGETFUL = {
    "hub": {"extraConfig": {"90-forgetful": "from hub.provider import Provider\nProvider.remembered = (0.5, 0.5)"}}
}
"""Values of a hub that looks again after half a second whether the provider is there."""

# JupyterHub counts whole seconds until somebody is asked for again.
HASTE = """
import time, types
from jupyterhub.handlers import base
base.time = types.SimpleNamespace(**{**vars(time), "monotonic": lambda: 10 * time.monotonic()})
"""
HASTY = {"hub": {"extraConfig": {"90-haste": HASTE}}}
"""Values of a hub whose sessions age ten times as fast."""

Start = Callable[..., AbstractContextManager[Preview]]


@pytest.fixture(scope="session")
def installation() -> Installation:
    """What `make preview` installs, and where it does."""
    return install(FOLDER, print)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run of the tests have."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def origin(installation: Installation, run_folder: Path) -> Iterator[str]:
    """The process that hubs, servers and kernels are copies of."""

    def environment(folder: Path) -> dict[str, str]:
        kubeconfig = folder / "kubeconfig.json"  # where it is, a module of Kubernetes' looks while it is read
        kubeconfig.write_text(json.dumps(NO_CLUSTER))
        return {**surroundings.inside(), "HOME": str(folder), "USER": "jovyan", "KUBECONFIG": str(kubeconfig)}

    with shared(run_folder / "origin", [str(installation.bin / "python"), forks.__file__], environment) as address:
        yield address


@pytest.fixture(scope="session")
def host(installation: Installation, run_folder: Path) -> Iterator[str]:
    """The process whose guests providers and proxies are; it is set as the chart sets the proxy's."""
    environment = {**surroundings.inside(), **file_values(JUPYTERHUB.name)["proxy"]["chp"]["extraEnv"]}
    with shared(run_folder / "host", [installation.node, str(guests.SCRIPT)], lambda _: environment) as address:
        yield address


@pytest.fixture(scope="session")
def start(installation: Installation, origin: str, host: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """A function that starts a preview, with files beside the context, and with some of the chart's values changed, or
    of the authenticator's options, or with other programs on hub's and servers' PATH.
    """

    @contextmanager
    def started(
        context: dict[str, Any],
        values: Values | None = None,
        files: Mapping[str, str] = MappingProxyType({}),
        front: str | None = None,
        programs: Path | None = None,
        **options: Any,
    ) -> Iterator[Preview]:
        folder = tmp_path_factory.mktemp("context")
        for name, text in files.items():
            (folder / name).write_text(text)
        config = load(context, today=date(2026, 11, 20), folder=folder).config
        preview = Preview(config, installation, tmp_path_factory.mktemp("preview"), front=front)
        changes = {"hub": {"config": {"OAuthenticator": options}}}
        preview.values = merge(merge(preview.values, changes), values or {})
        if programs:
            preview.hub_environment = {"PATH": f"{programs}:{installation.bin}:{os.environ['PATH']}"}
        preview.popen = guests.popen(host, forks.popen(origin))
        with preview:
            try:
                yield preview
            finally:
                forks.end(origin, str(preview.run))

    return started


@pytest.fixture
def browse(request: pytest.FixtureRequest) -> Callable[[], Browser]:
    """A function that opens a fresh browser at the module's preview."""
    return lambda: Browser(request.getfixturevalue("preview").addresses.hub_url)


@contextmanager
def changed_person(preview: Preview, id: str, **claims: Any) -> Iterator[None]:
    """Another state of affairs at the provider, for a while."""
    known = people(preview.config)
    preview.write_people(replace(each, claims={**each.claims, **claims}) if each.id == id else each for each in known)
    try:
        yield
    finally:
        preview.write_people(known)
