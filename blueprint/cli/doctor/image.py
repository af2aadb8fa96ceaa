"""The image of users' servers is there, for the nodes' architecture, and with the hub's major version.

The registry is asked as https://distribution.github.io/distribution/spec/api/ has it, without an account.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown
from blueprint.cli.checks.web import Answer, WebError, get
from blueprint.cli.checks.world import World
from blueprint.config.facts.instances import architecture

HUB_MAJOR: Final = 5
"""Of JupyterHub in the chart (blueprint/versions.py)."""
_MANIFESTS: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
_ECR = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_HUB_TAG = re.compile(r"hub-([0-9]+)(?:\.[0-9.]+)?")


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


def image(world: World) -> Iterator[Finding]:
    """It can be pulled by the nodes, as far as anybody may look."""
    name = world.config.singleuser_image
    wanted = parsed(name)
    registry = _ECR.fullmatch(wanted.registry)
    if registry:
        manifest, digest = _of_ecr(world, registry, wanted)
    else:
        manifest, digest = _of_registry(wanted)
    if isinstance(manifest, Finding):
        yield manifest
        return
    machine = _ARCHITECTURES[architecture(world.config.nodes_user_instance_types[0])]
    has = [each["platform"]["architecture"] for each in manifest.get("manifests", []) if "platform" in each]
    if has and machine not in has:
        text = f"{name} is for {listed(sorted(set(has) - {'unknown'}))}; the user nodes are {machine}."
        yield fault(text, "Take an image for it, or other nodes.user.instance.types")
        return
    yield ok(f"{name} is there{f', for {machine}' if has else ''}.")
    yield from _version(wanted, digest)


def _of_registry(wanted: Image) -> tuple[Mapping[str, Any] | Finding, str]:
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
        return fault(text, "Correct singleuser.image"), ""
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


def _of_ecr(world: World, registry: re.Match[str], wanted: Image) -> tuple[Mapping[str, Any] | Finding, str]:
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
        return fault(text, "Correct singleuser.image"), ""
    if not answer["images"]:
        text = f"There is no image {wanted.repository} with {wanted.reference} at {wanted.registry}."
        return fault(text, "Correct singleuser.image, or push it"), ""
    found = answer["images"][0]
    return json.loads(found["imageManifest"]), found["imageId"].get("imageDigest", "")


def _version(wanted: Image, digest: str) -> Iterator[Finding]:
    """Jupyter's own images have a tag for the version of JupyterHub in them, which Quay lists by digest."""
    if wanted.registry != "quay.io" or not wanted.repository.startswith("jupyter/"):
        text = f"Which JupyterHub is in it is not told: the hub's is {HUB_MAJOR}."
        yield unknown(text, "See that it carries the same")
        return
    query = urlencode({"limit": 100, "onlyActiveTags": "true", "filter_tag_name": "like:hub-"})
    answer = get(f"https://quay.io/api/v1/repository/{wanted.repository}/tag/?{query}")
    tags: Any = answer.json().get("tags", []) if answer.status == 200 else []
    majors = {
        int(match[1])
        for each in tags
        if each.get("manifest_digest") == digest and (match := _HUB_TAG.fullmatch(each.get("name", "")))
    }
    if not majors:
        text = f"Which JupyterHub is in it is told no more: the hub's is {HUB_MAJOR}."
        yield unknown(text, "Take a newer image")
    elif HUB_MAJOR in majors:
        yield ok(f"It carries JupyterHub {HUB_MAJOR}, as the hub does.")
    else:
        text = f"It carries JupyterHub {max(majors)}; the hub is {HUB_MAJOR}, and does not work with that."
        yield fault(text, f"Take an image with JupyterHub {HUB_MAJOR}")


CHECKS = (Check("image", image, workload=False),)
