"""Asks a container registry for the program in an image, and checks the digest of all that it is given.

Whoever cannot be reached, or is slow, is left at once: what a registry does not give is built instead.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from threading import Event
from typing import IO, Any, Final

import requests
from requests import exceptions as faults
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError

from rehearsal.released.images import Image

_INDEX: Final = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
_CONNECT, _SILENCE = 5.0, 10.0  # seconds
_PATIENCE, _SLOWEST = 30.0, 250_000  # seconds, and bytes a second: at less, building is faster
_DOCUMENT: Final = 4 << 20
_CHUNK: Final = 1 << 16

_STATUSES: Final = {
    401: "it lets nobody in without an account",
    403: "it refuses",
    404: "it does not have the image",
    429: "it has had too many requests from here",
}


class RegistryError(Exception):
    """Why a program was not to be had, in words for the person who rehearses."""


class _CutError(RegistryError):
    """The connection broke off."""


class Pull:
    """Brings the program of one image out of its registry."""

    def __init__(
        self, image: Image, received: Callable[[int], None] = lambda count: None, stopped: Event | None = None
    ) -> None:
        self._image = image
        self._received = received
        self._stopped = stopped or Event()
        self._url = f"https://{image.registry}/v2/{image.repository.partition('/')[2]}"
        self._token = ""
        self._session = requests.Session()
        self._session.max_redirects = 5
        self._session.auth = self._authorize  # or else requests looks for somebody's password in ~/.netrc
        self._deadline = time.monotonic() + _PATIENCE + image.megabytes * 1e6 / _SLOWEST

    def program(self, architecture: str, target: Path) -> None:
        """Write the program for an architecture into a file. Raises RegistryError."""
        try:
            with self._told():
                index = self._document(self._image.digest, _INDEX)
                manifest = self._document(_platform(index, architecture), _MANIFEST)
                if not any(self._from_layer(layer, target) for layer in reversed(manifest["layers"])):
                    raise RegistryError(f"the image has no {self._image.path}")
        except RegistryError:
            target.unlink(missing_ok=True)
            raise

    def look_up(self, architecture: str) -> tuple[str, float]:
        """The digest that the tag has today, and the megabytes of all layers. Raises RegistryError."""
        with self._told():
            index = b"".join(self._get(f"{self._url}/manifests/{self._image.tag}", _INDEX, _DOCUMENT))
            manifest = self._document(_platform(json.loads(index), architecture), _MANIFEST)
            size = sum(layer["size"] for layer in manifest["layers"])
            return f"sha256:{hashlib.sha256(index).hexdigest()}", round(size / 1e6, 1)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of whatever goes wrong whose fault it is."""
        try:
            with self._session:
                yield
        except RegistryError as error:
            raise RegistryError(f"{self._image.registry}: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RegistryError(f"{self._image.registry} answers otherwise than registries do") from error

    def _from_layer(self, layer: Mapping[str, Any], target: Path) -> bool:
        with TemporaryFile(dir=target.parent) as file:
            try:
                self._layer(layer, file)
            except _CutError:  # as happens once in a while: not twice in a row
                self._layer(layer, file)
            return _unpack(file, self._image.path, target)

    def _layer(self, layer: Mapping[str, Any], file: IO[bytes]) -> None:
        file.seek(0)
        file.truncate()
        digest, size = _digest(layer["digest"]), 0
        for chunk in self._get(f"{self._url}/blobs/{layer['digest']}", "*/*", layer["size"]):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            self._received(len(chunk))
        if size < layer["size"]:
            raise _CutError("the connection broke off")
        _same(layer["digest"], digest.hexdigest())
        file.seek(0)

    def _document(self, digest: str, accept: str) -> dict[str, Any]:
        content = b"".join(self._get(f"{self._url}/manifests/{digest}", accept, _DOCUMENT))
        found = _digest(digest)
        found.update(content)
        _same(digest, found.hexdigest())
        document: dict[str, Any] = json.loads(content)
        return document

    def _get(self, url: str, accept: str, limit: int) -> Iterator[bytes]:
        response = self._ask(url, accept)
        if response.status_code == 401 and "Bearer" in response.headers.get("WWW-Authenticate", ""):
            self._token = self._new_token(response.headers["WWW-Authenticate"])
            response = self._ask(response.url, accept)
        return self._read(response, limit)

    def _ask(self, url: str, accept: str) -> requests.Response:
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "jupyterhub-eks-blueprint"}
        try:
            return self._session.get(url, headers=headers, timeout=(_CONNECT, _SILENCE), stream=True)
        except requests.RequestException as error:
            raise RegistryError(_words(error)) from error

    def _read(self, response: requests.Response, limit: int) -> Iterator[bytes]:
        """What is answered, as it was sent: no more than a limit, and no longer than it may take."""
        if response.status_code != 200:
            status = response.status_code
            raise RegistryError(f"{_STATUSES.get(status, 'it is out of order')} (status {status})")
        size = 0
        with response:
            while chunk := self._chunk(response):
                size += len(chunk)
                if size > limit:
                    raise RegistryError("it sends more than it said")
                yield chunk

    def _chunk(self, response: requests.Response) -> bytes:
        if self._stopped.is_set() or time.monotonic() > self._deadline:
            raise RegistryError("it is slower than building")
        try:
            chunk: bytes = response.raw.read1(_CHUNK)
        except ReadTimeoutError as error:
            raise RegistryError("it stopped answering") from error
        except HTTPError as error:
            raise _CutError("the connection broke off") from error
        return chunk

    def _new_token(self, challenge: str) -> str:
        """What a registry gives everybody who asks as it says: it wants that even for what is public."""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        url = requests.Request("GET", asked.pop("realm", ""), params=asked).prepare().url
        self._token = ""
        content = b"".join(self._read(self._ask(str(url), "application/json"), _DOCUMENT))
        given = json.loads(content)
        return str(given.get("token") or given["access_token"])

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _platform(index: Mapping[str, Any], architecture: str) -> str:
    for each in index["manifests"]:
        platform = each.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", architecture):
            digest: str = each["digest"]
            return digest
    raise RegistryError(f"the image is not made for linux/{architecture}")


def _digest(digest: str) -> Any:
    algorithm = digest.partition(":")[0]
    if algorithm not in ("sha256", "sha512"):
        raise RegistryError(f"the digest {digest} is of a kind that is not known here")
    return hashlib.new(algorithm)


def _same(wanted: str, found: str) -> None:
    if wanted.partition(":")[2] != found:
        raise RegistryError(f"what it sent is not {wanted}: it was refused")


def _unpack(layer: IO[bytes], path: str, target: Path) -> bool:
    """Whether the program is in a layer, and was written into the file."""
    try:
        with tarfile.open(fileobj=layer, mode="r|*") as files:
            for each in files:
                if each.isfile() and PurePosixPath("/", each.name) == PurePosixPath("/", path):
                    program = files.extractfile(each)
                    assert program is not None
                    with target.open("wb") as file:
                        while chunk := program.read(1 << 20):
                            file.write(chunk)
                    target.chmod(0o755)
                    return True
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise RegistryError("the image is packed in a way that is not known here") from error
    return False


def _words(error: requests.RequestException) -> str:
    if isinstance(getattr(error.args[0] if error.args else None, "reason", None), NameResolutionError):
        return "its name is not known here"
    for kind, words in (
        (faults.ProxyError, "the proxy does not lead there"),
        (faults.SSLError, "its certificate is not trusted here; REQUESTS_CA_BUNDLE names a file of authorities"),
        (faults.ConnectTimeout, "it does not answer"),
        (faults.ReadTimeout, "it does not answer"),
        (faults.TooManyRedirects, "it sends in circles"),
        (faults.ConnectionError, "there is no connection to it"),
    ):
        if isinstance(error, kind):
            return words
    return "it sends to an address that is none"
