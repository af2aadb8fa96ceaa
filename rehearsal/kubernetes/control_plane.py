"""Starts and stops a control plane: etcd, API server, controllers and scheduler, on loopback, with certificates."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from preview import surroundings
from preview.ports import free_ports
from rehearsal.certificates import Authority, Pair, signing_key
from rehearsal.processes import Process

SERVICES: Final = "10.100.0.0/16"
"""The addresses of Services, as EKS chooses them in a VPC that does not use 10.0.0.0/8 for itself."""
CLUSTER_DNS: Final = "10.100.0.10"
"""Where EKS has CoreDNS in that range."""

ISSUER: Final = "https://kubernetes.default.svc"
_READY = 90.0
_GRACE = 2.0  # the API server, which stops listening at once, would wait for its watchers for a minute
_FAST: Final = {"GOGC": "400"}  # memory for time: of theirs, Go's garbage collector takes a seventh


class ControlPlane:
    """One cluster. Its state lies in a folder, so that it can be stopped and started again, by a newer release too.

    `token_webhook` is the address that is asked whom a bearer token belongs to, when it is none of Kubernetes' own.
    """

    def __init__(self, folder: Path, *, token_webhook: str | None = None) -> None:
        self._folder = folder
        self._token_webhook = token_webhook
        self._processes: list[Process] = []
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._authority = Authority(folder / "certificates", "kubernetes")
        # Its own, so that nobody whom Kubernetes knows can go round it.
        self._etcd_authority = Authority(folder / "certificates-of-etcd", "etcd")
        self._signer = signing_key(folder / "certificates", "service-accounts")
        self._port, self._etcd_port, self._peer_port = free_ports(3)
        self.url = f"https://127.0.0.1:{self._port}"
        self.ca = self._authority.certificate
        self.admin = self._authority.issue("admin", groups=["system:masters"])
        self.kubeconfig = self._kubeconfig("admin", self.admin)
        self.kubelet = self._authority.issue("kubelet", hosts=["localhost"])
        """What kubelets show who asks them."""

    def start(self, program: Path) -> None:
        """Run it with a release until it is ready: a folder of programs, or one that is all of them.

        Raises processes.ProcessError.
        """
        try:
            self._run(program, "etcd", self._etcd_flags())
            api = self._run(program, "kube-apiserver", self._api_flags())
            # Then, and not in the meantime: on a busy machine the controllers give up before the API server knows their
            # rights, and nothing of the cluster would ever be made again.
            api.wait_until(lambda: self.get("/readyz") == b"ok", _READY)
            self._run_client(program, "kube-controller-manager", self._controller_flags())
            self._run(program, "kube-scheduler", {"config": self._scheduler_config(), "secure-port": "0"})
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End its processes, the last one first; its state stays."""
        while self._processes:
            self._processes.pop().stop(_GRACE)

    def get(self, path: str) -> bytes | None:
        """What the API server answers to the admin, or None while it does not."""
        return self._ask(path, None)

    def post(self, path: str, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the API server answers to the admin who gives it a thing, or None while it does not."""
        answer = self._ask(path, json.dumps(thing).encode())
        return json.loads(answer) if answer else None

    def token_owner(self, token: str, audience: str) -> str | None:
        """The user that a token belongs to, if it was made for an audience."""
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        }
        answer = self.post("/apis/authentication.k8s.io/v1/tokenreviews", review)
        status = answer["status"] if answer else {}
        return status["user"]["username"] if status.get("authenticated") else None

    def _ask(self, path: str, body: bytes | None) -> bytes | None:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.admin.certificate, self.admin.key)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with opener.open(request, timeout=10) as response:
                answer: bytes = response.read()
                return answer
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def _run(self, program: Path, name: str, flags: Mapping[str, str | Path]) -> Process:
        words = [program / name] if program.is_dir() else [program, name]
        command: list[str | Path] = [*words, *(f"--{flag}={value}" for flag, value in flags.items())]
        process = Process(command, self._folder / f"{name}.log", {**surroundings.inside(), **_FAST})
        self._processes.append(process)
        return process

    def _run_client(self, program: Path, name: str, flags: Mapping[str, str | Path]) -> None:
        kubeconfig = self._kubeconfig(name, self._authority.issue(f"system:{name}"))
        self._run(program, name, {"kubeconfig": kubeconfig, "secure-port": "0", **flags})

    def _etcd_flags(self) -> dict[str, str | Path]:
        pair = self._etcd_authority.issue("server", hosts=["127.0.0.1"])
        clients, peers = f"https://127.0.0.1:{self._etcd_port}", f"https://127.0.0.1:{self._peer_port}"
        ca = self._etcd_authority.certificate
        return {
            "data-dir": self._folder / "etcd",
            "unsafe-no-fsync": "true",
            "listen-client-urls": clients,
            "advertise-client-urls": clients,
            "client-cert-auth": "true",
            "cert-file": pair.certificate,
            "key-file": pair.key,
            "trusted-ca-file": ca,
            "listen-peer-urls": peers,
            "initial-advertise-peer-urls": peers,
            "initial-cluster": f"default={peers}",
            "peer-client-cert-auth": "true",
            "peer-cert-file": pair.certificate,
            "peer-key-file": pair.key,
            "peer-trusted-ca-file": ca,
        }

    def _api_flags(self) -> dict[str, str | Path]:
        hosts = ["127.0.0.1", "localhost", "kubernetes.default.svc", "kubernetes.default", "10.100.0.1"]
        serving = self._authority.issue("kube-apiserver", hosts=hosts)
        etcd = self._etcd_authority.issue("kube-apiserver")
        flags: dict[str, str | Path] = {
            "etcd-servers": f"https://127.0.0.1:{self._etcd_port}",
            "etcd-cafile": self._etcd_authority.certificate,
            "etcd-certfile": etcd.certificate,
            "etcd-keyfile": etcd.key,
            "bind-address": "127.0.0.1",
            "secure-port": str(self._port),
            # A Service may not lead to loopback: the Service `kubernetes` leads nowhere, and processes that run as
            # pods are given the address of the API server.
            "advertise-address": "192.0.2.1",
            "endpoint-reconciler-type": "none",
            "tls-cert-file": serving.certificate,
            "tls-private-key-file": serving.key,
            "client-ca-file": self.ca,
            "kubelet-client-certificate": self.admin.certificate,
            "kubelet-client-key": self.admin.key,
            "kubelet-preferred-address-types": "InternalIP",
            "service-cluster-ip-range": SERVICES,
            "service-account-issuer": ISSUER,
            "service-account-key-file": self._signer.certificate,
            "service-account-signing-key-file": self._signer.key,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": "true",
        }
        if self._token_webhook:
            flags["authentication-token-webhook-config-file"] = self._webhook_config(self._token_webhook)
            flags["authentication-token-webhook-version"] = "v1"
            flags["authentication-token-webhook-cache-ttl"] = "0s"  # a removed access entry counts at once
        return flags

    def _controller_flags(self) -> dict[str, str | Path]:
        return {
            "service-account-private-key-file": self._signer.key,
            "root-ca-file": self.ca,
            "use-service-account-credentials": "true",
            "leader-elect": "false",
            # What waits for a second look, of a node or a claim, does not wait for long.
            "node-monitor-period": "1s",
            "pvclaimbinder-sync-period": "1s",
            # Nor do many claims at once: of twenty requests a second each takes several.
            "kube-api-qps": "500",
            "kube-api-burst": "1000",
        }

    def _scheduler_config(self) -> Path:
        kubeconfig = self._kubeconfig("kube-scheduler", self._authority.issue("system:kube-scheduler"))
        config = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "leaderElection": {"leaderElect": False},
            # A pod that waits for a node or a volume is looked at again at once.
            "podInitialBackoffSeconds": 1,
            "podMaxBackoffSeconds": 1,
        }
        return self._write("kube-scheduler.json", config)

    def _kubeconfig(self, user: str, pair: Pair) -> Path:
        server = {"server": self.url, "certificate-authority": str(self.ca)}
        credentials = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        return self._config_file(f"{user}.kubeconfig", server, user, credentials)

    def _webhook_config(self, url: str) -> Path:
        return self._config_file("token-webhook.kubeconfig", {"server": url}, "kube-apiserver", {})

    def _config_file(self, name: str, server: Mapping[str, str], user: str, credentials: Mapping[str, str]) -> Path:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rehearsal", "cluster": server}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": user}}],
            "current-context": "rehearsal",
        }
        return self._write(name, config)

    def _write(self, name: str, config: Mapping[str, Any]) -> Path:
        file = self._folder / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(config, indent=2))
        return file
