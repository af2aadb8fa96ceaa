"""A program comes out of an image's layers by its digest, or not at all: tried at a registry on loopback."""

from __future__ import annotations

import bz2
import json
import os
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from rehearsal.certificates import Authority
from rehearsal.released import Image, RegistryError
from rehearsal.released import registry as client
from rehearsal.released.registry import Pull
from tests.proxies import DEAD
from tests.rehearsal.released.loopback import DOCKER_INDEX, OCI_INDEX, PROGRAM, Handler, Registry


def _pull(image: Image, folder: Path, architecture: str = "amd64") -> bytes:
    target = folder / "program"
    Pull(image).program(architecture, target)
    return target.read_bytes()


def _refused(image: Image, folder: Path) -> str:
    """Why there is no program; nothing is left of it then."""
    before = sorted(folder.iterdir())
    with pytest.raises(RegistryError) as refused:
        Pull(image).program("amd64", folder / "program")
    assert sorted(folder.iterdir()) == before
    host, _, reason = str(refused.value).partition(": ")
    assert host == image.registry
    return reason


@pytest.mark.parametrize("index", [OCI_INDEX, DOCKER_INDEX], ids=["OCI", "Docker"])
def test_program_is_taken_out_of_the_image_and_can_be_run(registry: Registry, tmp_path: Path, index: str) -> None:
    assert _pull(registry.publish(index=index), tmp_path) == PROGRAM
    assert stat.S_IMODE((tmp_path / "program").stat().st_mode) == 0o755


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_program_is_the_one_of_the_architecture(registry: Registry, tmp_path: Path, architecture: str) -> None:
    image = replace(registry.publish(), path="platform")
    assert json.loads(_pull(image, tmp_path, architecture)) == {"os": "linux", "architecture": architecture}


def test_layers_below_the_program_s_are_not_fetched(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    _pull(image, tmp_path)
    assert [path for path in registry.paths() if "/blobs/" in path] == [registry.layers["amd64"][1]]


def test_program_is_found_below_layers_without_it(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish(layers=[{"./bin/tool": PROGRAM}, {"etc/passwd": b""}, {"etc/group": b""}])
    assert _pull(image, tmp_path) == PROGRAM


@pytest.mark.parametrize("pack", [bytes, bz2.compress], ids=["not at all", "by another program"])
def test_layers_may_be_packed_otherwise(registry: Registry, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert _pull(registry.publish(pack=pack), tmp_path) == PROGRAM


@pytest.mark.parametrize("key", ["token", "access_token"])
def test_token_is_asked_for_where_the_registry_wants_one(registry: Registry, tmp_path: Path, key: str) -> None:
    image = registry.publish()
    registry.locked, registry.token_key = True, key
    assert _pull(image, tmp_path) == PROGRAM
    assert [path for path in registry.paths() if path.startswith("/token")] == [
        "/token?service=loopback&scope=repository%3Ateam%2Ftool%3Apull"
    ]


def test_token_is_not_carried_to_where_the_registry_sends(
    authority: Authority, registry: Registry, tmp_path: Path
) -> None:
    image = registry.publish()
    registry.locked = True
    path = registry.layers["amd64"][1]
    with Registry(authority) as storage:
        storage.contents["/signed"] = registry.contents[path]
        registry.redirects[path] = f"{storage.url}/signed?key=secret"
        assert _pull(image, tmp_path) == PROGRAM
        assert storage.asked == [("/signed?key=secret", "")]


def test_token_is_asked_for_where_the_registry_sends(authority: Authority, registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    with Registry(authority) as backend:
        backend.contents |= registry.contents
        backend.locked = True
        registry.redirects = {path: f"{backend.url}{path}" for path in registry.contents}
        assert _pull(image, tmp_path) == PROGRAM


def test_nobody_s_password_is_sent(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    image = registry.publish()
    registry.locked = True
    assert _pull(image, tmp_path) == PROGRAM
    assert not [token for _, token in registry.asked if token.startswith("Basic")]


@pytest.mark.parametrize("what", ["the index", "the manifest", "the layer"])
def test_what_has_another_digest_is_refused(registry: Registry, tmp_path: Path, what: str) -> None:
    image = registry.publish()
    index = f"/v2/team/tool/manifests/{image.digest}"
    amd64 = json.loads(registry.contents[index])["manifests"][1]["digest"]
    path = {
        "the index": index,
        "the manifest": f"/v2/team/tool/manifests/{amd64}",
        "the layer": registry.layers["amd64"][1],
    }[what]
    registry.contents[path] = registry.contents[path][:-1] + b"!"
    assert _refused(image, tmp_path) == f"what it sent is not {path.rpartition('/')[2]}: it was refused"


def _status(number: int) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(number, b'{"errors": []}', "application/json")


def _page(handler: Handler) -> None:
    handler.answer(200, b"<html>Welcome to the hotel's network</html>", "text/html")


def _cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(b"x" * 10)
    handler.close_connection = True


def _in_pieces(handler: Handler) -> None:
    """Says what it sends, but ends early: without a length, nobody could tell but by the image's description."""
    handler.protocol_version = "HTTP/1.0"
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"x" * 10)
    handler.close_connection = True


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (401, "it lets nobody in without an account (status 401)"),
        (403, "it refuses (status 403)"),
        (404, "it does not have the image (status 404)"),
        (429, "it has had too many requests from here (status 429)"),
        (500, "it is out of order (status 500)"),
    ],
)
@pytest.mark.parametrize("what", ["manifests", "blobs", "token"])
def test_what_a_registry_says_is_told(registry: Registry, tmp_path: Path, number: int, reason: str, what: str) -> None:
    image = registry.publish()
    registry.locked = what == "token"
    for path in ("/token",) if what == "token" else tuple(registry.contents):
        if what in path:
            registry.faults[path] = _status(number)
    assert _refused(image, tmp_path) == reason


def test_page_in_place_of_the_image_is_refused(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    registry.faults = dict.fromkeys(registry.contents, _page)
    assert _refused(image, tmp_path) == f"what it sent is not {image.digest}: it was refused"


def test_page_in_place_of_the_token_is_refused(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    registry.locked = True
    registry.faults["/token"] = _page
    with pytest.raises(RegistryError, match=r"^localhost:\d+ answers otherwise than registries do$"):
        Pull(image).program("amd64", tmp_path / "program")


@pytest.mark.parametrize("fault", [_cut, _in_pieces], ids=["before its length", "without a length"])
def test_connection_may_break_off_once(registry: Registry, tmp_path: Path, fault: Callable[[Handler], None]) -> None:
    image = registry.publish()
    path = registry.layers["amd64"][1]

    def once(handler: Handler) -> None:
        del registry.faults[path]
        fault(handler)

    registry.faults[path] = once
    assert _pull(image, tmp_path) == PROGRAM


@pytest.mark.parametrize("fault", [_cut, _in_pieces], ids=["before its length", "without a length"])
def test_connection_that_breaks_off_again_is_given_up(
    registry: Registry, tmp_path: Path, fault: Callable[[Handler], None]
) -> None:
    image = registry.publish()
    path = registry.layers["amd64"][1]
    registry.faults[path] = fault
    assert _refused(image, tmp_path) == "the connection broke off"
    assert registry.paths().count(path) == 2


def test_registry_that_breaks_off_at_once_is_given_up(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    registry.faults[f"/v2/team/tool/manifests/{image.digest}"] = _cut
    assert _refused(image, tmp_path) == "the connection broke off"


def test_more_than_was_said_is_not_read(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    path = registry.layers["amd64"][1]
    registry.contents[path] += b"more"
    assert _refused(image, tmp_path) == "it sends more than it said"


@pytest.mark.parametrize("what", ["manifests", "blobs"])
def test_silence_ends_it(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(client, "_SILENCE", 0.2)
    image = registry.publish()
    over = Event()

    def silent(handler: Handler) -> None:
        over.wait()

    try:
        for path in registry.contents:
            if what in path:
                registry.faults[path] = silent
        assert _refused(image, tmp_path) == "it does not answer"
    finally:
        over.set()


def test_silence_in_the_middle_ends_it(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_SILENCE", 0.2)
    image = registry.publish()
    path, over = registry.layers["amd64"][1], Event()

    def half(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(registry.contents[path])))
        handler.end_headers()
        handler.wfile.write(registry.contents[path][:100])
        over.wait()

    registry.faults[path] = half
    try:
        assert _refused(image, tmp_path) == "it stopped answering"
    finally:
        over.set()


def test_whoever_is_slower_than_building_is_left(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then keeps a connection alive, but fetches nothing."""
    image = registry.publish()
    path, clock, over = registry.layers["amd64"][1], [0.0], Event()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def drips(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(registry.contents[path])))
        handler.end_headers()
        handler.wfile.write(b"x")
        clock[0] += 35
        over.wait()

    registry.faults[path] = drips
    try:
        assert _refused(image, tmp_path) == "it is slower than building"
    finally:
        over.set()


def test_fetching_is_broken_off_by_whoever_wants_no_more(registry: Registry, tmp_path: Path) -> None:
    image, stopped = registry.publish(), Event()
    stopped.set()
    with pytest.raises(RegistryError):
        Pull(image, stopped=stopped).program("amd64", tmp_path / "program")
    assert not (tmp_path / "program").exists()


def test_name_that_nobody_knows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    image = Image("registry.invalid/tool", "v1", f"sha256:{'0' * 64}", "tool", 1, "this test")
    assert _refused(image, tmp_path) == "its name is not known here"


def test_nobody_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        image = Image(f"localhost:{nobody.getsockname()[1]}/tool", "v1", f"sha256:{'0' * 64}", "tool", 1, "this test")
        assert _refused(image, tmp_path) == "there is no connection to it"


def test_certificate_of_a_stranger_is_told(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Authority(tmp_path / "stranger", "stranger")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.certificate))
    reason = _refused(registry.publish(), tmp_path)
    assert reason == "its certificate is not trusted here; REQUESTS_CA_BUNDLE names a file of authorities"


class _Forbidding(BaseHTTPRequestHandler):
    def do_CONNECT(self) -> None:
        self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("alive", [False, True], ids=["dead", "forbids"])
def test_proxy_that_does_not_lead_there_is_told(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alive: bool
) -> None:
    with HTTPServer(("127.0.0.1", 0), _Forbidding) as proxy:
        for name, value in DEAD.items():
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}" if alive and value else value)
        thread = Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            assert _refused(registry.publish(), tmp_path) == "the proxy does not lead there"
        finally:
            proxy.shutdown()
            thread.join()
    assert registry.asked == []


def test_circle_is_told(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    path = f"/v2/team/tool/manifests/{image.digest}"
    registry.redirects[path] = f"{registry.url}{path}"
    assert _refused(image, tmp_path) == "it sends in circles"


def test_address_that_is_none_is_told(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    registry.redirects[f"/v2/team/tool/manifests/{image.digest}"] = "gopher://localhost/"
    assert _refused(image, tmp_path) == "it sends to an address that is none"


def test_image_without_the_architecture_is_told(registry: Registry, tmp_path: Path) -> None:
    assert _refused(registry.publish(architectures=["s390x"]), tmp_path) == "the image is not made for linux/amd64"


def test_image_without_the_program_is_told(registry: Registry, tmp_path: Path) -> None:
    assert _refused(registry.publish(layers=[{"etc/passwd": b""}]), tmp_path) == "the image has no bin/tool"


def test_layer_that_cannot_be_unpacked_is_told(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish(pack=lambda plain: b"zstandard" + plain[:100])
    assert _refused(image, tmp_path) == "the image is packed in a way that is not known here"


def test_broken_layer_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    """Its digest is right: it was published like that."""
    image = registry.publish(layers=[{"bin/tool": os.urandom(200_000)}], pack=lambda plain: plain[:100_000])
    assert _refused(image, tmp_path) == "the image is packed in a way that is not known here"


def test_digest_of_another_kind_is_told(registry: Registry, tmp_path: Path) -> None:
    image = registry.publish()
    other = replace(image, digest=image.digest.replace("sha256", "md5"))
    registry.contents[f"/v2/team/tool/manifests/{other.digest}"] = b"{}"
    assert _refused(other, tmp_path) == f"the digest {other.digest} is of a kind that is not known here"


@pytest.mark.parametrize("document", [b"[]", b'{"manifests": [{}]}', b'{"layers": []}', b"null"])
def test_description_that_is_none_is_told(registry: Registry, tmp_path: Path, document: bytes) -> None:
    image = replace(registry.publish(), digest=registry._put("team/tool", "manifests", document))
    with pytest.raises(RegistryError, match=r"answers otherwise than registries do|not made for"):
        Pull(image).program("amd64", tmp_path / "program")
