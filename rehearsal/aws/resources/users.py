"""Cognito: a pool of users, its groups, its sign-in page and its clients."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, UnsupportedError, kind
from rehearsal.aws.resources.properties import allow_changes, only, without

_FACTORS = {"SOFTWARE_TOKEN_MFA": "SoftwareTokenMfaConfiguration"}


@kind("AWS::Cognito::UserPool")
class UserPool(Kind):
    """A pool of users. How its users are named can never be changed."""

    _FIXED = ("AliasAttributes", "Schema", "UsernameAttributes", "UsernameConfiguration")
    _SECOND_FACTOR = ("EnabledMfas", "MfaConfiguration")

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"PoolName": wanted.get("UserPoolName") or place.name(128), **without(wanted, "UserPoolName")}
        pool = place.cloud.call("cognito-idp", "CreateUserPool", without(named, *self._SECOND_FACTOR))["UserPool"]
        self._ask_for_second_factor(place, pool["Id"], wanted)
        provider = f"cognito-idp.{place.cloud.region}.amazonaws.com/{pool['Id']}"
        attributes = {"ProviderName": provider, "ProviderURL": f"https://{provider}"}
        return Made(pool["Id"], {"Arn": pool["Arn"], "UserPoolId": pool["Id"], **attributes})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, only(old, *self._FIXED), only(new, *self._FIXED))
        settings = without(new, "UserPoolName", *self._SECOND_FACTOR, *self._FIXED)
        more = {"PoolName": new["UserPoolName"]} if "UserPoolName" in new else {}
        place.cloud.call("cognito-idp", "UpdateUserPool", settings, UserPoolId=made.ref, **more)
        self._ask_for_second_factor(place, made.ref, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("cognito-idp").delete_user_pool(UserPoolId=made.ref)

    def _ask_for_second_factor(self, place: Place, id: str, wanted: Properties) -> None:
        factors = wanted.get("EnabledMfas", [])
        if unknown := set(factors) - _FACTORS.keys():
            raise UnsupportedError(f"The stand-in asks for no {', '.join(sorted(unknown))}.")
        configured: dict[str, Any] = {_FACTORS[factor]: {"Enabled": True} for factor in factors}
        place.cloud.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=id, MfaConfiguration=wanted.get("MfaConfiguration", "OFF"), **configured
        )


@kind("AWS::Cognito::UserPoolDomain")
class UserPoolDomain(Kind):
    """The address of a pool's sign-in page."""

    def create(self, place: Place, wanted: Properties) -> Made:
        place.cloud.call("cognito-idp", "CreateUserPoolDomain", wanted)
        described = place.cloud.client("cognito-idp").describe_user_pool_domain(Domain=wanted["Domain"])
        return Made(wanted["Domain"], only(described["DomainDescription"], "CloudFrontDistribution"))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.call("cognito-idp", "DeleteUserPoolDomain", only(properties, "Domain", "UserPoolId"))


@kind("AWS::Cognito::UserPoolClient")
class UserPoolClient(Kind):
    """A program that signs a pool's users in."""

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"ClientName": place.name(128), **wanted}
        client = place.cloud.call("cognito-idp", "CreateUserPoolClient", named)["UserPoolClient"]
        return self._made(client)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        named = {"ClientName": made.attributes["Name"], **without(new, "GenerateSecret")}
        client = place.cloud.call("cognito-idp", "UpdateUserPoolClient", named, ClientId=made.ref)["UserPoolClient"]
        return self._made(client)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pool = only(properties, "UserPoolId")
        place.cloud.call("cognito-idp", "DeleteUserPoolClient", pool, ClientId=made.ref)

    def _made(self, client: Properties) -> Made:
        attributes = {"ClientId": client["ClientId"], "Name": client["ClientName"]}
        return Made(client["ClientId"], {**attributes, **only(client, "ClientSecret")})


@kind("AWS::Cognito::UserPoolGroup")
class UserPoolGroup(Kind):
    """A group of a pool's users."""

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"GroupName": place.name(128), **wanted}
        place.cloud.call("cognito-idp", "CreateGroup", named)
        return Made(named["GroupName"])

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        place.cloud.call("cognito-idp", "UpdateGroup", new, GroupName=made.ref)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pool = only(properties, "UserPoolId")
        place.cloud.call("cognito-idp", "DeleteGroup", pool, GroupName=made.ref)


@kind("AWS::Cognito::UserPoolUser")
class UserPoolUser(Kind):
    """A user, whom Cognito invites. Every change makes another one."""

    def create(self, place: Place, wanted: Properties) -> Made:
        user = place.cloud.call("cognito-idp", "AdminCreateUser", wanted)["User"]
        return Made(wanted.get("Username") or user["Username"])

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pool = only(properties, "UserPoolId")
        place.cloud.call("cognito-idp", "AdminDeleteUser", pool, Username=made.ref)


@kind("AWS::Cognito::UserPoolUserToGroupAttachment")
class UserPoolUserToGroupAttachment(Kind):
    """That a user is in a group."""

    def create(self, place: Place, wanted: Properties) -> Made:
        place.cloud.call("cognito-idp", "AdminAddUserToGroup", wanted)
        return Made("|".join(wanted[name] for name in ("UserPoolId", "GroupName", "Username")))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.call("cognito-idp", "AdminRemoveUserFromGroup", properties)
