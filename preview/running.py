"""A running preview: provider, proxy and hub as processes on loopback, in a folder of their own."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from blueprint.config import Config
from blueprint.hub import SECRET_KEY, STATE_KEY
from preview import surroundings
from preview.installation import HERE, Installation
from preview.people import Person, people
from preview.plan import FILES, Addresses, plan, provider_settings
from preview.ports import free_ports, not_to_be_had

_NOTHING: Mapping[str, str] = MappingProxyType({})
PATIENCE = 120
"""Seconds until a process that does not answer counts as failed."""
_OTHERS = 'Take another, or any free one: make preview ARGS="--port 0".'

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# KubeSpawner wants a cluster; it must not find one of yours.
NO_CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {}}],
}


class PreviewError(Exception):
    """A process of the preview did not start; the text says which, and where its log is."""


class Preview:
    """The processes of one preview in a folder: `with` it, and nothing is left afterwards but homes and logs."""

    def __init__(
        self,
        config: Config,
        installation: Installation,
        folder: Path,
        *,
        port: int = 0,
        front: str | None = None,
        real_secret: str | None = None,
    ) -> None:
        self.folder, self.run, self.logs = folder, folder / "run", folder / "logs"
        self.addresses = addresses(port, front)
        self.people_file = self.run / "people.json"
        self.secret_file = self.run / SECRET_KEY
        self.state_key_file = self.run / STATE_KEY
        self.client_secret = real_secret or secrets.token_urlsafe(32)
        self.cookie_secret = secrets.token_bytes(32)
        self.real = real_secret is not None
        self.config = config
        self.spawner = "local_server.LocalServer"
        self.popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
        self.hub_environment = _NOTHING
        self.plan = plan(config, self.addresses, run=self.run, real=self.real)
        self.values = self.plan.values
        self._installation = installation
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **(surroundings.outside() if self.real else surroundings.inside()),
            "PREVIEW_RUN": str(self.run),
            "PATH": os.pathsep.join([str(installation.bin), os.environ.get("PATH", os.defpath)]),
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(32),
            "JPY_COOKIE_SECRET": self.cookie_secret.hex(),
            "KUBECONFIG": str(self.run / "kubeconfig.json"),
        }

    def __enter__(self) -> Self:
        if self.run.exists():  # a preview that was killed has left it, and its processes
            self._sweep().wait()
            shutil.rmtree(self.run, ignore_errors=True)
        for folder in (self.run, self.logs):
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        self._write(SECRET_KEY, self.client_secret)
        self._write(STATE_KEY, secrets.token_hex(32))
        self.write_people(people(self.config))
        self._write("kubeconfig.json", json.dumps(NO_CLUSTER))
        with ExitStack() as stack:
            stack.callback(self._end)
            if not self.real:
                self.start_provider(wait=False)
            self.start_proxy(wait=False)
            self.start_hub(wait=False)
            for name in self._processes:
                self._answers(name)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def write_people(self, known: Iterable[Person]) -> None:
        """Let the embedded provider know these people, from now on."""
        self._write("people.json", json.dumps([asdict(person) for person in known]))

    def start_provider(self, *, wait: bool = True, **changes: Any) -> None:
        """Start the embedded provider, with some of its settings changed."""
        settings = provider_settings(
            self.config,
            issuer=self.addresses.issuer,
            hub_url=self.addresses.hub_url,
            client_secret=self.client_secret,
            people=self.people_file,
        )
        file = self._write("provider.json", json.dumps({**settings, **changes}))
        script = self._installation.folder / "node" / "provider.js"
        self._start("provider", [self._installation.node, str(script), str(file)], wait=wait)

    def start_proxy(self, *, wait: bool = True) -> None:
        """Start the proxy in front of hub and servers."""
        hub = f"http://127.0.0.1:{self.addresses.hub}"
        script = self._installation.modules / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
        command = [self._installation.node, str(script), "--ip=127.0.0.1", f"--port={self.addresses.public}"]
        command += ["--api-ip=127.0.0.1", f"--api-port={self.addresses.proxy_api}"]
        command += [f"--default-target={hub}", f"--error-target={hub}/hub/error"]
        chosen = self.values["proxy"]["chp"]
        self._start("proxy", [*command, *chosen["extraCommandLineFlags"]], wait=wait, environment=chosen["extraEnv"])

    def start_hub(self, *, wait: bool = True) -> None:
        """Start JupyterHub; servers that still run are found again."""
        settings = {
            "values": self.values,
            "folder": str(self.folder),
            "code": str(HERE / "hub"),
            "files": str(self.run / FILES),
            "spawner": self.spawner,
            "hubUrl": f"http://127.0.0.1:{self.addresses.public}",
            "hubBindUrl": f"http://127.0.0.1:{self.addresses.hub}",
            "proxyApiUrl": f"http://127.0.0.1:{self.addresses.proxy_api}",
        }
        self._write("hub.json", json.dumps(settings))
        configuration = HERE / "hub" / "jupyterhub_config.py"
        command = [str(self._installation.bin / "python"), "-m", "jupyterhub", "-f", str(configuration)]
        self._start("hub", command, wait=wait, environment=self.hub_environment)

    def wait(self) -> None:
        """Wait for ever.

        Raises:
            PreviewError: when one of the processes ends by itself.
        """
        while True:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise PreviewError(f"The {name} has ended. Its log: {self.logs / name}.log")
            time.sleep(0.5)

    def log(self, name: str) -> str:
        """What one of the processes has said."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def process(self, name: str) -> int:
        """The number of one of the processes."""
        return self._processes[name].pid

    def stop(self, name: str) -> None:
        """End one of the processes, as a failure in the cluster would."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def _start(
        self, name: str, command: Sequence[str], *, wait: bool, environment: Mapping[str, str] = _NOTHING
    ) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = self.popen(
                command,
                cwd=self.run,
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us to pass on
            )
        if wait:
            self._answers(name)

    def _answers(self, name: str) -> None:
        """Wait until a process answers.

        Raises:
            PreviewError: if it ends instead, or takes too long.
        """
        url = {
            "provider": f"{self.addresses.issuer}/.well-known/openid-configuration",
            "proxy": f"http://127.0.0.1:{self.addresses.public}/_chp_healthz",
            "hub": f"http://127.0.0.1:{self.addresses.public}/hub/health",
        }[name]
        deadline = time.monotonic() + PATIENCE
        while self._processes[name].poll() is None and time.monotonic() < deadline:
            if _is_ok(url):
                return
            time.sleep(0.05)
        raise PreviewError(f"The {name} did not start. Its log: {self.logs / name}.log")

    def _write(self, name: str, text: str) -> Path:
        """A file that nobody else may read, in one go: a process may be reading it."""
        draft, file = self.run / f"{name}.draft", self.run / name
        draft.touch(mode=0o600)
        draft.write_text(text)
        return draft.replace(file)

    def _end(self) -> None:
        for name in [*self._processes]:
            self.stop(name)  # what they would save goes with the folder
        self._sweep().wait()
        shutil.rmtree(self.run, ignore_errors=True)

    def _sweep(self) -> subprocess.Popen[bytes]:
        command = [str(self._installation.bin / "python"), str(HERE / "hub" / "sweep.py"), str(self.run)]
        return subprocess.Popen(command, env=surroundings.inside())


def addresses(port: int, front: str | None = None) -> Addresses:
    """Free ports on loopback; the public one is as asked for, unless that is 0."""
    others = [each for each in free_ports(4) if each != port]
    if port:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as error:
                raise PreviewError(f"{not_to_be_had(port, error)} {_OTHERS}") from None
    public = port or others.pop()
    hub, proxy_api, provider = others[:3]
    return Addresses(public, hub, proxy_api, provider, front)


def _is_ok(url: str) -> bool:
    try:
        with _DIRECTLY.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
