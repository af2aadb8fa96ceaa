"""A cluster's API on loopback: it keeps objects, knows who asks by EKS's tokens, and runs pods as processes here."""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rehearsal.certificates import Authority
from tests.cli.operator.kubelet import Kubelet

Object = dict[str, Any]
Answer = tuple[int, object]
_LISTS = re.compile(
    r"/(api/v1|apis/[^/]+/[^/]+)(/namespaces/[^/]+)?/"
    r"(pods|nodes|events|secrets|persistentvolumes|persistentvolumeclaims|deployments|networkpolicies)"
)


class Cluster:
    """Objects by their paths, and what tests break."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "cluster")
        self._kubelet = Kubelet()
        self.objects: dict[str, Object] = {}
        self.asked: list[str] = []
        self.pods: list[Object] = []
        """Those that were made, as they were asked for."""
        self.logs: dict[str, str] = {}
        self.reset(lambda volume: folder)
        pair = self.authority.issue("api", hosts=["127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self, places: Callable[[Object], Path]) -> None:
        """A sound cluster with nothing in it; `places` tells the folder of a persistent volume's data."""
        for each in (self.objects, self.asked, self.pods, self.logs):
            each.clear()
        self.places = places
        self.knows = True
        self.connections = 0
        self.hangs_up = False
        """Whether it closes each connection after an answer, without a word."""
        self.breaks: Callable[[str, str], Answer | str | None] = lambda method, path: None
        """What it answers in place of what it would: a status and a body, or text as it is."""

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._kubelet.close()

    def put(self, path: str, thing: Object) -> None:
        """Have an object."""
        self.objects[path] = {**thing, "metadata": {"name": path.rpartition("/")[2], **thing.get("metadata", {})}}

    def names(self, kind: str) -> list[str]:
        """The names of all objects of a kind."""
        return sorted(path.rpartition("/")[2] for path in self.objects if path.split("/")[-2] == kind)

    def answer(self, method: str, target: str, body: Object) -> Answer | str:
        """What it says."""
        self.asked.append(f"{method} {target}")
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if (broken := self.breaks(method, path)) is not None:
            return broken
        if not self.knows:
            return 401, {"message": "Unauthorized"}
        if method == "POST":
            return self._made(f"{path}/{body['metadata']['name']}", body)
        if path.endswith("/log"):
            return self.logs.get(path.removesuffix("/log"), "")
        if path in self.objects:
            return self._about(method, path, body)
        if method == "GET" and (match := _LISTS.fullmatch(path)):
            return 200, self._listed(match, query)
        return 404, {"message": f"{path} not found"}

    def _made(self, path: str, body: Object) -> Answer:
        if path in self.objects:
            return 409, {"message": "exists"}
        self.put(path, body)
        if "/pods/" in path:
            self.pods.append(body)
            self._run(path)
        if "/persistentvolumeclaims/" in path:
            self.objects[path]["status"] = {"phase": "Bound"}
        return 201, self.objects[path]

    def _about(self, method: str, path: str, body: Object) -> Answer:
        if method == "DELETE":
            self._unbound(path)
            return 200, self.objects.pop(path)
        if method == "PATCH":
            _merge(self.objects[path], body)
            self.scaled(path)
        return 200, self.objects[path]

    def _unbound(self, path: str) -> None:
        """A claim's volume goes with it, unless it is to be kept."""
        volume = f"/api/v1/persistentvolumes/{self.objects[path].get('spec', {}).get('volumeName')}"
        bound = "/persistentvolumeclaims/" in path and self.objects.get(volume)
        if bound and bound["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            del self.objects[volume]

    def scaled(self, path: str) -> None:
        """The hub's pod is there as long as its deployment wants one."""
        if path.endswith("/deployments/hub"):
            pod = "/api/v1/namespaces/jupyterhub/pods/hub-1"
            wanted = self.objects[path]["spec"].get("replicas", 1)
            self.objects.pop(pod, None)
            if wanted:
                ready = {"conditions": [{"type": "Ready", "status": "True"}]}
                self.put(pod, {"metadata": {"labels": {"component": "hub"}}, "spec": {}, "status": ready})
            self.objects[path]["status"] = {"readyReplicas": wanted}

    def _listed(self, match: re.Match[str], query: dict[str, list[str]]) -> Object:
        prefix, namespace, kind = match[1], match[2] or "", match[3]
        inside = re.compile(rf"/{re.escape(prefix)}{re.escape(namespace) or '(/namespaces/[^/]+)?'}/{kind}/[^/]+")
        labels = dict(each.split("=") for each in query.get("labelSelector", [""])[0].split(",") if each)
        found = [
            each
            for path, each in self.objects.items()
            if inside.fullmatch(path) and labels.items() <= (each["metadata"].get("labels") or {}).items()
        ]
        begin = int(query.get("continue", ["0"])[0])
        end = begin + int(query.get("limit", ["500"])[0])
        more = {"continue": str(end)} if end < len(found) else {}
        return {"kind": "List", "metadata": more, "items": found[begin:end]}

    def _run(self, path: str) -> None:
        """Run a pod's command where its volumes lie."""
        pod = self.objects[path]
        (container,) = pod["spec"]["containers"]
        claims = {each["name"]: each["persistentVolumeClaim"]["claimName"] for each in pod["spec"]["volumes"]}
        words = list(container["command"])
        for mount in container["volumeMounts"]:
            claim = self.objects[f"{path.rpartition('/pods/')[0]}/persistentvolumeclaims/{claims[mount['name']]}"]
            volume = self.objects[f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}"]
            place = self.places(volume)
            place.mkdir(parents=True, exist_ok=True)
            words[-1] = words[-1].replace(f'"{mount["mountPath"]}"', json.dumps(str(place)))
        code, self.logs[path] = self._kubelet.run(words)
        ended = {"terminated": {"exitCode": code}}
        phase = "Failed" if code else "Succeeded"
        pod["status"] = {"phase": phase, "containerStatuses": [{"state": ended}]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # so that a connection serves for more than one request
            disable_nagle_algorithm = True

            def handle(self) -> None:
                cluster.connections += 1
                super().handle()

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                told = cluster.answer(self.command, self.path, body)
                if _owner(self.headers.get("Authorization", "")) is None:
                    told = 401, {"message": "no token of EKS's"}
                status, content = told if isinstance(told, tuple) else (200, told)
                text = content if isinstance(content, str) else json.dumps(content)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())
                self.close_connection |= cluster.hangs_up

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _owner(authorization: str) -> str | None:
    """The access key that signed a token for the cluster `jupyterhub`."""
    kind, _, text = authorization.removeprefix("Bearer ").partition(".")
    if kind != "k8s-aws-v1":
        return None
    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    signed = query["X-Amz-SignedHeaders"].split(";")
    right = query["Action"] == "GetCallerIdentity" and "x-k8s-aws-id" in signed
    return query["X-Amz-Credential"].partition("/")[0] if right else None


def _merge(old: Object, new: Object) -> None:
    """As RFC 7396 has it."""
    for key, value in new.items():
        if value is None:
            old.pop(key, None)
        elif isinstance(value, dict) and isinstance(old.get(key), dict):
            _merge(old[key], value)
        else:
            old[key] = value
