"""External Secrets itself, as its chart runs it, copies the hub's secrets from Secrets Manager into Kubernetes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from conftest import Synthesized

from blueprint.rehearsal.processes import Process, free_port
from blueprint.versions import EXTERNAL_SECRETS, JUPYTERHUB

from .installed import install, running
from .rehearsed import Rehearsed, built_controller, rehearsed

NAMESPACE = JUPYTERHUB.namespace
API = f"/apis/external-secrets.io/v1/namespaces/{NAMESPACE}"
_SECONDS = 60


@pytest.fixture(scope="module")
def cluster(built: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    built_controller(EXTERNAL_SECRETS.name)
    with rehearsed(tmp_path_factory.mktemp("external-secrets"), "secret") as cluster:
        cluster.create_namespace(NAMESPACE)
        cluster.give_role(EXTERNAL_SECRETS.namespace, EXTERNAL_SECRETS.name)
        yield cluster


@pytest.fixture(scope="module")
def operator(cluster: Rehearsed) -> Iterator[Process]:
    container = install(cluster, EXTERNAL_SECRETS, {})
    ports = [f"--{name}-addr=127.0.0.1:{free_port()}" for name in ("metrics", "live")]
    with running(cluster, EXTERNAL_SECRETS, container, ports) as process:
        yield process


@pytest.fixture(scope="module")
def secrets(cluster: Rehearsed) -> dict[str, str]:
    """The ARNs of two secrets in AWS."""
    client = cluster.cloud.client("secretsmanager")
    return {name: client.create_secret(Name=name, SecretString=f"the {name}")["ARN"] for name in ("client", "state")}


@pytest.fixture(scope="module")
def external(
    cluster: Rehearsed, operator: Process, secrets: dict[str, str], synthesized: Synthesized
) -> dict[str, Any]:
    """The blueprint's ExternalSecret of the two, which is there, and its store."""
    objects = deepcopy(synthesized("shipped")["Hub"].objects)
    (store,) = (each for (kind, _), each in objects.items() if kind == "SecretStore")
    (external,) = (each for (kind, _), each in objects.items() if kind == "ExternalSecret")
    store["spec"]["provider"]["aws"]["region"] = cluster.cloud.region
    for each, arn in zip(external["spec"]["data"], secrets.values(), strict=True):
        each["remoteRef"]["key"] = arn
    external["spec"]["refreshInterval"] = "1s"  # the blueprint's is a minute
    cluster.create(f"{API}/secretstores", store)
    return cluster.create(f"{API}/externalsecrets", external)


def _copied(cluster: Rehearsed, external: dict[str, Any]) -> list[str]:
    secret = cluster.find(f"/api/v1/namespaces/{NAMESPACE}/secrets/{external['spec']['target']['name']}")
    data = (secret or {}).get("data", {})
    return [base64.b64decode(data[each["secretKey"]]).decode() for each in external["spec"]["data"] if data]


def test_secrets_are_copied(cluster: Rehearsed, operator: Process, external: dict[str, Any]) -> None:
    operator.wait_until(lambda: bool(_copied(cluster, external)), _SECONDS)
    assert _copied(cluster, external) == ["the client", "the state"]


def test_rotated_secret_follows(
    cluster: Rehearsed, operator: Process, external: dict[str, Any], secrets: dict[str, str]
) -> None:
    operator.wait_until(lambda: bool(_copied(cluster, external)), _SECONDS)
    cluster.cloud.client("secretsmanager").put_secret_value(SecretId=secrets["client"], SecretString="rotated")
    operator.wait_until(lambda: _copied(cluster, external) == ["rotated", "the state"], _SECONDS)
