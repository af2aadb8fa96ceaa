"""External Secrets itself, as its chart runs it, copies the hub's secrets from Secrets Manager into Kubernetes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from blueprint.versions import EXTERNAL_SECRETS, JUPYTERHUB
from preview.ports import free_port
from rehearsal.processes import Process
from tests.conftest import Synthesized
from tests.rehearsal.installed import Blueprint, identity, running
from tests.rehearsal.rehearsed import Rehearsed, built_controller, rehearsed

NAMESPACE = JUPYTERHUB.namespace
API = f"/apis/external-secrets.io/v1/namespaces/{NAMESPACE}"
CLIENT_SECRET = "jupyterhub/oauth-client-secret"
_SECONDS = 60


@pytest.fixture(scope="module")
def cluster(built: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    built_controller(EXTERNAL_SECRETS.name)
    with rehearsed(tmp_path_factory.mktemp("external-secrets"), "jupyterhub") as cluster:
        cluster.create_namespace(NAMESPACE)
        yield cluster


@pytest.fixture(scope="module")
def secrets(cluster: Rehearsed) -> dict[str, str]:
    """The ids of the two secrets in AWS, as the blueprint's ExternalSecret asks for them."""
    client, kms = cluster.cloud.client("secretsmanager"), cluster.cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    client.create_secret(Name=CLIENT_SECRET, SecretString="the client")
    state = client.create_secret(Name="state", SecretString="the state", KmsKeyId=key)["ARN"]
    return {"client": CLIENT_SECRET, "state": state, "key": key}


@pytest.fixture(scope="module")
def blueprint(secrets: dict[str, str], synthesized: Synthesized) -> Blueprint:
    meaning = {
        "${import ExportsOutputRefUserDataStateKeyA5FFEFDE6494BA2E}": secrets["state"],
        "${import ExportsOutputFnGetAttUserDataKey371B7AFEArnA7FC8CC5}": secrets["key"],
    }
    return Blueprint(synthesized("shipped"), meaning)


@pytest.fixture(scope="module")
def operator(cluster: Rehearsed, blueprint: Blueprint) -> Iterator[Process]:
    """External Secrets, with the rights of its role in the blueprint."""
    ports = [f"--{name}-addr=127.0.0.1:{free_port()}" for name in ("metrics", "live")]
    with identity(cluster, blueprint, EXTERNAL_SECRETS, "pods"):
        container = blueprint.install(cluster, EXTERNAL_SECRETS)
        with running(cluster, EXTERNAL_SECRETS, container, ports) as process:
            yield process


@pytest.fixture(scope="module")
def external(cluster: Rehearsed, operator: Process, blueprint: Blueprint) -> dict[str, Any]:
    """The blueprint's ExternalSecret, which is there, and its store."""
    objects = blueprint.assembly["Hub"].objects
    (store,) = (blueprint.filled(each) for (kind, _), each in objects.items() if kind == "SecretStore")
    (external,) = (blueprint.filled(each) for (kind, _), each in objects.items() if kind == "ExternalSecret")
    external["spec"]["refreshInterval"] = "1s"  # the blueprint's is a minute
    operator.wait_until(lambda: cluster.find(f"{API}/secretstores") is not None, _SECONDS)
    operator.wait_until(lambda: cluster.find(f"{API}/externalsecrets") is not None, _SECONDS)
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
