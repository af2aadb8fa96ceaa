from __future__ import annotations

import json

import pytest
from moto.secretsmanager.models import SecretsManagerBackend

from blueprint.handlers import prerequisites
from tests.handlers.cloud import DNS, REGION, WORKLOAD, Invocation, session
from tests.handlers.conftest import Refuse

NAME = "jupyterhub/oauth-client-secret"
STACK = f"arn:aws:cloudformation:{REGION}:{WORKLOAD}:stack/jupyterhub-Data/1"
ADMIN = f"arn:aws:iam::{WORKLOAD}:role/PlatformAdmin"


def run(request: str, secret_id: str | None = NAME, roles: list[str] | None = None) -> dict[str, object]:
    wanted = {"SecretId": secret_id} if secret_id else {}
    properties = {**wanted, **({"Roles": roles} if roles else {})}
    event = {"RequestType": request, "StackId": STACK, "ResourceProperties": properties}
    return prerequisites.handler(event, Invocation())


def make_role(name: str, path: str = "/") -> str:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = session.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
    return str(role["Role"]["Arn"])


def test_what_is_there_is_fine(calls: list[str]) -> None:
    arn = session.client("secretsmanager").create_secret(Name=NAME, SecretString="x")["ARN"]
    role = make_role("PlatformAdmin", "/team/")
    assert run("Create", roles=[role]) == {"PhysicalResourceId": "prerequisites"}
    assert run("Update", arn) == {"PhysicalResourceId": "prerequisites"}
    assert set(calls) == {"secretsmanager:DescribeSecret", "iam:GetRole"}


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


def test_missing_role_is_named_with_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=f"^There is no role {ADMIN}. Correct admin.roles"):
        run("Create", None, [ADMIN])


def test_role_under_another_path_is_told_with_the_right_one() -> None:
    right = make_role("PlatformAdmin", "/team/")
    with pytest.raises(RuntimeError, match=f"^There is no role {ADMIN}: the role of this name is {right}. Set this"):
        run("Create", None, [ADMIN])


def test_role_of_another_account_is_left_to_eks(calls: list[str]) -> None:
    assert run("Create", None, [f"arn:aws:iam::{DNS}:role/PlatformAdmin"])
    assert calls == []


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(RuntimeError) as told:
        run("Update", NAME, [ADMIN, ADMIN.replace("Platform", "Hub")])
    lines = str(told.value).splitlines()
    assert [line.partition(".")[0] for line in lines[:-1]] == [
        f"There is no secret {NAME}",
        f"There is no role {ADMIN}",
        f"There is no role {ADMIN.replace('Platform', 'Hub')}",
    ]
    assert lines[-1] == "Then deploy again."


def test_deletion_asks_nothing(calls: list[str]) -> None:
    assert run("Delete") == {"PhysicalResourceId": "prerequisites"}
    assert calls == []
