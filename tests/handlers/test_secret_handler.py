from __future__ import annotations

import pytest
from moto.secretsmanager.models import SecretsManagerBackend

from blueprint.handlers import secret
from tests.handlers.cloud import Invocation, session
from tests.handlers.conftest import Refuse

NAME = "jupyterhub/oauth-client-secret"


def run(request: str, secret_id: str = NAME) -> dict[str, object]:
    event = {"RequestType": request, "ResourceProperties": {"SecretId": secret_id}}
    return secret.handler(event, Invocation())


def test_secret_that_is_there_is_fine_by_name_and_by_arn(calls: list[str]) -> None:
    arn = session.client("secretsmanager").create_secret(Name=NAME, SecretString="x")["ARN"]
    assert run("Create") == {"PhysicalResourceId": NAME}
    assert run("Update", arn) == {"PhysicalResourceId": arn}
    assert set(calls) == {"secretsmanager:DescribeSecret"}


def test_missing_secret_is_named_with_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=f"^There is no secret {NAME}. Store the client secret first"):
        run("Create")


def test_denied_access_is_told_as_a_secret_that_may_be_missing(refuse: Refuse) -> None:
    refuse(SecretsManagerBackend, "describe_secret", "AccessDeniedException")
    with pytest.raises(RuntimeError, match=rf"^There is no secret {NAME}, or its policy .* looking. Store the client"):
        run("Create")


def test_secret_without_a_value_is_an_error() -> None:
    session.client("secretsmanager").create_secret(Name=NAME)
    with pytest.raises(RuntimeError, match=f"^The secret {NAME} has no value yet"):
        run("Create")


def test_secret_marked_for_deletion_is_an_error() -> None:
    client = session.client("secretsmanager")
    client.create_secret(Name=NAME, SecretString="x")
    client.delete_secret(SecretId=NAME)
    with pytest.raises(RuntimeError, match=f"^The secret {NAME} is marked for deletion"):
        run("Create")


def test_deletion_asks_nothing(calls: list[str]) -> None:
    assert run("Delete") == {"PhysicalResourceId": NAME}
    assert calls == []
