"""User pools, as templates make and change them, and as Cognito guards them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud, Server
from tests.rehearsal.stacks import REGION, Stacks

MAIL = "ada@example.com"


@pytest.fixture
def cognito(cloud: Cloud) -> Any:
    return cloud.client("cognito-idp")


def part(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::Cognito::UserPool{kind}", "Properties": {"UserPoolId": {"Ref": "Pool"}, **properties}}


def pool(**more: Any) -> dict[str, Any]:
    properties = {"UserPoolName": "people", "UsernameAttributes": ["email"], "UsernameConfiguration": CASE, **more}
    return {"Type": "AWS::Cognito::UserPool", "Properties": properties}


CASE = {"CaseSensitive": False}
OPTIONAL = {"MfaConfiguration": "OPTIONAL", "EnabledMfas": ["SOFTWARE_TOKEN_MFA"]}
MEMBER = {
    "Group": part("Group", GroupName="admins"),
    "User": part("User", Username=MAIL, UserAttributes=[{"Name": "email", "Value": MAIL}]),
    "Member": part("UserToGroupAttachment", GroupName={"Ref": "Group"}, Username={"Ref": "User"}),
}


def groups_of(cognito: Any, pool: str) -> list[str]:
    found = cognito.admin_list_groups_for_user(UserPoolId=pool, Username=MAIL)["Groups"]
    return [group["GroupName"] for group in found]


def test_a_pool_has_the_settings_of_its_template(stacks: Stacks, cognito: Any) -> None:
    stacks.create({"Pool": pool(DeletionProtection="INACTIVE", **OPTIONAL)})
    id = stacks.refs()["Pool"]
    found = cognito.describe_user_pool(UserPoolId=id)["UserPool"]
    factor = cognito.get_user_pool_mfa_config(UserPoolId=id)
    assert (found["Name"], found["UsernameConfiguration"], factor["MfaConfiguration"]) == ("people", CASE, "OPTIONAL")
    assert factor["SoftwareTokenMfaConfiguration"] == {"Enabled": True}


def test_a_changed_pool_keeps_its_users_and_how_they_are_named(stacks: Stacks, cognito: Any) -> None:
    stacks.create({"Pool": pool(EmailVerificationSubject="old"), **MEMBER})
    before = stacks.refs()
    changed = pool(EmailVerificationMessage="{####}", UserPoolName="persons", MfaConfiguration="OFF")
    status = stacks.update({"Pool": changed, **MEMBER})
    found = cognito.describe_user_pool(UserPoolId=before["Pool"])["UserPool"]
    assert (status, stacks.refs(), groups_of(cognito, before["Pool"])) == ("UPDATE_COMPLETE", before, ["admins"])
    assert (found["Name"], found["EmailVerificationSubject"]) == ("persons", "Your verification code")


def test_how_users_are_named_cannot_be_changed(stacks: Stacks) -> None:
    stacks.create({"Pool": pool()})
    stacks.update({"Pool": pool(UsernameAttributes=["phone_number"])})
    assert stacks.reasons("UPDATE_FAILED") == [
        "The stand-in cannot change UsernameAttributes of AWS::Cognito::UserPool in place."
    ]


def test_a_client_has_a_secret_that_a_change_leaves(stacks: Stacks, cognito: Any) -> None:
    output: Any = {"Outputs": {"Secret": {"Value": {"Fn::GetAtt": ["Client", "ClientSecret"]}}}}
    first = part(
        "Client", GenerateSecret=True, CallbackURLs=["https://a.example/"], PreventUserExistenceErrors="ENABLED"
    )
    stacks.create({"Pool": pool(), "Client": first}, **output)
    before = (stacks.refs(), stacks.outputs())
    stacks.update(
        {"Pool": pool(), "Client": part("Client", GenerateSecret=True, CallbackURLs=["https://b.example/"])}, **output
    )
    refs = stacks.refs()
    found = cognito.describe_user_pool_client(UserPoolId=refs["Pool"], ClientId=refs["Client"])["UserPoolClient"]
    assert ((refs, stacks.outputs()), found["ClientSecret"]) == (before, before[1]["Secret"])
    assert (found["CallbackURLs"], "PreventUserExistenceErrors" in found) == (["https://b.example/"], False)


def test_a_user_leaves_a_group_and_the_pool(stacks: Stacks, cognito: Any) -> None:
    stacks.create({"Pool": pool(), **MEMBER})
    id = stacks.refs()["Pool"]
    stacks.update({"Pool": pool(), **{name: MEMBER[name] for name in ("Group", "User")}})
    groups = groups_of(cognito, id)
    stacks.update({"Pool": pool()})
    users = cognito.list_users(UserPoolId=id)["Users"]
    assert (groups, users, cognito.list_groups(UserPoolId=id)["Groups"]) == ([], [], [])


def test_a_protected_pool_is_not_deleted(stacks: Stacks, cognito: Any) -> None:
    stacks.create({"Pool": pool(DeletionProtection="ACTIVE")})
    status = stacks.delete()
    first = (status, "deletion protection is activated" in stacks.described()["StackStatusReason"])
    cognito.update_user_pool(UserPoolId=stacks.refs()["Pool"], DeletionProtection="INACTIVE")
    assert (first, stacks.delete()) == (("DELETE_FAILED", True), "DELETE_COMPLETE")


def test_a_pool_with_a_sign_in_page_is_not_deleted(stacks: Stacks, cognito: Any) -> None:
    stacks.create({"Pool": pool(), "Page": part("Domain", Domain=stacks.name)})
    with pytest.raises(ClientError, match="has a domain configured that should be deleted first"):
        cognito.delete_user_pool(UserPoolId=stacks.refs()["Pool"])
    assert stacks.delete() == "DELETE_COMPLETE"


def test_an_address_is_of_one_pool_in_all_accounts(stacks: Stacks, server: Server) -> None:
    stacks.create({"Pool": pool(), "Page": part("Domain", Domain=stacks.name)})
    other = Stacks(server.cloud("432143214321", REGION), stacks.name, server.wait)
    assert (other.create({"Pool": pool(), "Page": part("Domain", Domain=stacks.name)})) == "ROLLBACK_COMPLETE"
    assert "Domain already associated with another user pool" in other.reasons("CREATE_FAILED")[0]
