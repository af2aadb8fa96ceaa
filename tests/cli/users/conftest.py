"""The command in this process, in a folder with settings, before a pool in moto or a tenant on loopback."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import moto.cognitoidp.models
import pytest
from joserfc.jwk import RSAKey
from moto.backends import get_backend
from moto.utilities.utils import load_resource
from typer.testing import CliRunner, Result

from blueprint.cli.__main__ import app
from tests.cli.aws import CREDENTIALS, aws, server
from tests.cli.internet import Internet, internet
from tests.cli.users.front import Front
from tests.cli.users.tenant import HUB, SECRET, TENANT, Tenant

__all__ = ["aws", "internet", "server"]


@pytest.fixture(scope="session", autouse=True)
def pools_share_their_key() -> Iterator[None]:
    """Have moto read the key that all its pools sign with once: to find its primes takes a quarter of a second."""
    with pytest.MonkeyPatch.context() as patch:
        key = cache(lambda: RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json")))
        patch.setattr(
            moto.cognitoidp.models, "jwk", SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda _: key()))
        )
        yield


ACCOUNT, REGION = "123456789012", "eu-central-1"
SETTINGS: dict[str, object] = {
    "workload.account": ACCOUNT,
    "workload.region": REGION,
    "parent.dns.account": "444455556666",
    "parent.hostedzone.name": "example.com",
    "dev.subzone.name": "dev.example.com",
    "jupyterhub.subzone.name": "jupyter.dev.example.com",
}
COGNITO = {**SETTINGS, "identity.provider": "cognito"}


def at(base: str, **more: object) -> dict[str, object]:
    """The settings of a provider."""
    return {
        **SETTINGS,
        "authUrl": f"{base}/authorize",
        "tokenUrl": f"{base}/oauth/token",
        "userDataUrl": f"{base}/userinfo",
        "clientId": HUB,
        "clientSecretArn": "jupyterhub/oauth-client-secret",
        **more,
    }


AUTH0 = at(
    f"https://{TENANT}",
    **{
        "identity.provider": "auth0",
        "scope": ["openid", "profile", "email", "offline_access"],
        "groups.claim": "https://example.com/groups",
        "groups.allowed": ["jupyterhub-users"],
        "groups.admins": ["jupyterhub-admins"],
    },
)


RESOURCES = """<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>
<member><LogicalResourceId>Old</LogicalResourceId><PhysicalResourceId>eu-central-1_Old</PhysicalResourceId>
<ResourceType>AWS::Cognito::UserPool</ResourceType><ResourceStatus>DELETE_COMPLETE</ResourceStatus></member>
<member><LogicalResourceId>UserDataUsersPool</LogicalResourceId><PhysicalResourceId>{}</PhysicalResourceId>
<ResourceType>AWS::Cognito::UserPool</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>
</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>"""


class Hub:
    """A folder with settings, and the command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set(self, settings: dict[str, object]) -> None:
        """Write the settings."""
        (self.folder / "cdk.context.json").write_text(json.dumps(settings))

    def users(self, *words: str, typed: str = "") -> Result:
        """Run `blueprint users`."""
        result = CliRunner().invoke(app, ["users", *words], input=typed, prog_name="blueprint")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def told(self, *words: str, code: int = 0) -> str:
        """What it says, on one line between blanks."""
        result = self.users(*words)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        assert SECRET not in result.output
        return " ".join(result.output.split())

    def listed(self, *words: str) -> dict[str, dict[str, Any]]:
        """Everybody by address."""
        told = json.loads(self.users("list", "--json", *words).stdout)
        return {each["email"]: each for each in told["people"]}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "CDK_DEFAULT_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "AUTH0_DOMAIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Hub(tmp_path)


class Cognito:
    """The pool of a deployment, as CloudFormation made it, behind a front that can refuse."""

    def __init__(self, front: Front) -> None:
        self.front = front
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
        self.stacks: Any = boto3.client("cloudformation", endpoint_url=front.moto, **keys)  # type: ignore[call-overload]
        self.client: Any = boto3.client("cognito-idp", endpoint_url=front.moto, **keys)  # type: ignore[call-overload]

    def deploy(self) -> None:
        """A pool; moto's CloudFormation makes none, so the front tells of the stack."""
        made = self.client.create_user_pool(
            PoolName="jupyterhub",
            UsernameAttributes=["email"],
            MfaConfiguration="ON",
            Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
        )
        self.id = made["UserPool"]["Id"]
        for group in ("users", "admins"):
            self.client.create_group(UserPoolId=self.id, GroupName=group)
        self.front.answers["ListStackResources"] = (200, RESOURCES.format(self.id))

    def add(self, email: str, *groups: str) -> None:
        """Somebody."""
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        self.client.admin_create_user(UserPoolId=self.id, Username=email, UserAttributes=attributes)
        for group in groups:
            self.client.admin_add_user_to_group(UserPoolId=self.id, Username=email, GroupName=group)

    def crowd(self, count: int, group: str) -> None:
        """Many, without a call for each."""
        backend = get_backend("cognito-idp")[ACCOUNT][REGION]
        for number in range(count):
            email = f"user-{number}@example.com"
            backend.admin_create_user(self.id, email, "", "", [{"Name": "email", "Value": email}])
            backend.admin_add_user_to_group(self.id, group, email)

    def of(self, email: str) -> tuple[bool, list[str]]:
        """Whether somebody is enabled, and their groups."""
        user = self.client.admin_get_user(UserPoolId=self.id, Username=email)
        groups = self.client.admin_list_groups_for_user(UserPoolId=self.id, Username=email)["Groups"]
        return user["Enabled"], sorted(each["GroupName"] for each in groups)

    @property
    def emails(self) -> list[str]:
        """Everybody there."""
        users = self.client.list_users(UserPoolId=self.id)["Users"]
        return sorted(each["Value"] for user in users for each in user["Attributes"] if each["Name"] == "email")


@pytest.fixture(scope="session")
def front(server: str) -> Iterator[Front]:
    made = Front(server)
    yield made
    made.close()


@pytest.fixture(scope="session")
def built(front: Front) -> Cognito:
    return Cognito(front)


@pytest.fixture
def cognito(aws: str, built: Cognito, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    built.front.answers.clear()
    built.front.asked.clear()
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": built.front.url, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    hub.set(COGNITO)
    return built


@pytest.fixture
def pool(cognito: Cognito) -> Cognito:
    cognito.deploy()
    return cognito


@pytest.fixture
def tenant(internet: Internet, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    made = Tenant()
    internet.put(TENANT, made)
    for name, value in internet.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUTH0_CLIENT_ID", "operator")
    monkeypatch.setenv("AUTH0_CLIENT_SECRET", SECRET)
    hub.set(AUTH0)
    return made
