"""The built-in identity provider: a user pool whose users, groups and client are the hub's."""

import json

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.template import plain
from tests.templates.variants import COGNITO

POOL = "AWS::Cognito::UserPool"


@pytest.fixture(scope="module")
def assembly(synthesized: Synthesized) -> Assembly:
    return synthesized("Cognito")


def test_pool_and_its_users_are_kept(assembly: Assembly) -> None:
    kept = {
        resource["Type"]
        for resource in assembly["Data"].resources.values()
        if resource["Type"].startswith("AWS::Cognito") and resource.get("DeletionPolicy") == "Retain"
    }
    assert kept == {
        POOL,
        "AWS::Cognito::UserPoolGroup",
        "AWS::Cognito::UserPoolUser",
        "AWS::Cognito::UserPoolUserToGroupAttachment",
    }


def test_pool_is_destroyed_where_nothing_is_kept() -> None:
    thrown_away = made({**COGNITO, "storage.keep": False})
    pool = thrown_away["Data"].one(POOL)
    assert (pool["DeletionPolicy"], pool["Properties"]["DeletionProtection"]) == ("Delete", "INACTIVE")


def test_logical_id_of_the_pool_stays(assembly: Assembly) -> None:
    assert assembly["Data"].ids(POOL) == ["UserDataUsersPool22CD6958"]


def test_nobody_signs_themselves_up(assembly: Assembly) -> None:
    assert assembly["Data"].properties(POOL)["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_passwords_are_long_and_a_second_factor_is_required(assembly: Assembly) -> None:
    pool = assembly["Data"].properties(POOL)
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "RequireUppercase": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])


def test_first_admin_is_invited_by_mail_into_the_admins(assembly: Assembly) -> None:
    user = assembly["Data"].properties("AWS::Cognito::UserPoolUser")
    membership = assembly["Data"].properties("AWS::Cognito::UserPoolUserToGroupAttachment")
    assert (user["Username"], user["DesiredDeliveryMediums"]) == ("ada@example.com", ["EMAIL"])
    assert membership["GroupName"] == "admins"


def test_groups_of_the_configuration_are_made(assembly: Assembly) -> None:
    groups = assembly["Data"].all("AWS::Cognito::UserPoolGroup")
    assert [group["Properties"]["GroupName"] for group in groups] == ["users", "admins"]


def test_client_sends_people_back_to_the_hub_alone(assembly: Assembly) -> None:
    client = assembly["Data"].properties("AWS::Cognito::UserPoolClient")
    assert {
        name: client[name] for name in ("AllowedOAuthFlows", "AllowedOAuthScopes", "CallbackURLs", "LogoutURLs")
    } == {
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "profile", "email"],
        "CallbackURLs": ["https://jupyter.dev.example.com/hub/oauth_callback"],
        "LogoutURLs": ["https://jupyter.dev.example.com/"],
    }


def test_client_secret_goes_from_the_pool_to_secrets_manager_unseen(assembly: Assembly) -> None:
    secrets = [each["Properties"] for each in assembly["Data"].all(kinds.SECRET)]
    (given,) = [each["SecretString"] for each in secrets if "SecretString" in each]
    assert given["Fn::GetAtt"][1] == "ClientSecret"


def test_hub_signs_people_in_at_the_pool(assembly: Assembly) -> None:
    options = assembly["Hub"].values("jupyterhub")["hub"]["config"]
    provider = options["GenericOAuthenticator"]
    address = assembly["Data"].properties("AWS::Cognito::UserPoolDomain")["Domain"]
    assert address == "jupyter-dev-example-com"
    assert {name: provider[name].partition("}")[2] for name in ("authorize_url", "token_url", "userdata_url")} == {
        "authorize_url": ".auth.eu-central-1.amazoncognito.com/oauth2/authorize",
        "token_url": ".auth.eu-central-1.amazoncognito.com/oauth2/token",
        "userdata_url": ".auth.eu-central-1.amazoncognito.com/oauth2/userInfo",
    }
    assert provider["logout_redirect_url"].endswith("&logout_uri=https%3A%2F%2Fjupyter.dev.example.com%2F")
    assert (options["OAuthenticator"]["allowed_groups"], options["OAuthenticator"]["admin_groups"]) == (
        ["users"],
        ["admins"],
    )


def test_hub_gets_the_secret_of_the_pools_client(assembly: Assembly) -> None:
    external = assembly["Hub"].objects["ExternalSecret", "hub-oauth-client"]
    keys = {each["secretKey"]: plain(json.dumps(each["remoteRef"]["key"])) for each in external["spec"]["data"]}
    assert ("ClientSecret" in keys["client-secret"], "StateKey" in keys["state-key"]) == (True, True)
