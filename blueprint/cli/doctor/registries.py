"""Registries of images: whether an image is there, and what it is made of, as anybody may see.

They are asked as https://distribution.github.io/distribution/spec/api/ has it, without an account; ECR by AWS.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

from blueprint.cli.checks.findings import Finding, fault, unknown
from blueprint.cli.checks.web import Answer, WebError, get
from blueprint.cli.checks.world import World

_MANIFESTS: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Image(NamedTuple):
    """An image's registry, repository and tag or digest."""

    registry: str
    repository: str
    reference: str


def parsed(name: str) -> Image:
    """A name as container runtimes read it: without a registry it is Docker Hub's."""
    path, at, digest = name.partition("@")
    head, slash, rest = path.partition("/")
    registry = head if slash and ("." in head or ":" in head or head == "localhost") else "registry-1.docker.io"
    repository = rest if registry == head else path
    repository, _, tag = repository.partition(":")
    if registry == "docker.io":
        registry = "registry-1.docker.io"
    if registry == "registry-1.docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return Image(registry, repository, digest if at else tag or "latest")


def manifest(world: World, wanted: Image, key: str) -> tuple[Mapping[str, Any] | Finding, str]:
    """What an image is made of, and its digest; or why nobody knows. `key` is the setting that names it."""
    if registry := _ECR.fullmatch(wanted.registry):
        return _of_ecr(world, registry, wanted, key)
    return _of_registry(wanted, key)


def stored(world: World, wanted: Image, content: Mapping[str, Any], machine: str, key: str) -> int | None:
    """Bytes that it has at the registry for machines of a kind; None where nobody knows."""
    for each in content.get("manifests", ()):
        if each.get("platform", {}).get("architecture") == machine and "digest" in each:
            found, _ = manifest(world, wanted._replace(reference=each["digest"]), key)
            content = {} if isinstance(found, Finding) else found
    return sum(each["size"] for each in content.get("layers", ())) or None


def _of_registry(wanted: Image, key: str) -> tuple[Mapping[str, Any] | Finding, str]:
    where = f"https://{wanted.registry}/v2/{wanted.repository}/manifests/{quote(wanted.reference, safe=':')}"
    accept = {"Accept": ", ".join(_MANIFESTS)}
    answer = get(where, headers=accept)
    if answer.status == 401 and (token := _token(answer)):
        answer = get(where, headers={**accept, "Authorization": f"Bearer {token}"})
    if answer.status in (401, 403):
        text = f"{wanted.registry} shows {wanted.repository} to those only who sign in."
        return unknown(text, "Nodes pull without a password: make the image public, or keep it in ECR"), ""
    if answer.status == 404:
        text = f"There is no image {wanted.repository} with {wanted.reference} at {wanted.registry}."
        return fault(text, f"Correct {key}"), ""
    if answer.status == 429:
        return unknown(f"{wanted.registry} answers no more questions for now (429).", "Try again later"), ""
    if answer.status != 200:
        raise WebError(f"{wanted.registry} answers {answer.status}")
    return answer.json(), answer.headers.get("Docker-Content-Digest", "")


def _token(answer: Answer) -> str | None:
    """What a registry gives to everybody who asks where it says."""
    challenge = dict(_CHALLENGE.findall(answer.headers.get("WWW-Authenticate", "")))
    realm = challenge.pop("realm", "")
    if not realm.startswith("https://"):
        return None
    given = get(f"{realm}?{urlencode({key: challenge[key] for key in ('service', 'scope') if key in challenge})}")
    if given.status != 200:
        return None
    told = given.json()
    token = told.get("token") or told.get("access_token")
    return token if isinstance(token, str) else None


def _of_ecr(world: World, registry: re.Match[str], wanted: Image, key: str) -> tuple[Mapping[str, Any] | Finding, str]:
    kind = "imageDigest" if ":" in wanted.reference else "imageTag"
    client = world.workload.client("ecr", registry["region"])
    try:
        answer = client.batch_get_image(
            registryId=registry["account"],
            repositoryName=wanted.repository,
            imageIds=[{kind: wanted.reference}],
            acceptedMediaTypes=list(_MANIFESTS),
        )
    except ClientError as error:
        if "RepositoryNotFound" not in str(error):
            raise
        text = f"There is no repository {wanted.repository} at {wanted.registry}."
        return fault(text, f"Correct {key}"), ""
    if not answer["images"]:
        text = f"There is no image {wanted.repository} with {wanted.reference} at {wanted.registry}."
        return fault(text, f"Correct {key}, or push it"), ""
    found = answer["images"][0]
    return json.loads(found["imageManifest"]), found["imageId"].get("imageDigest", "")
