"""A user pool of Cognito, by its API.

Operations: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_Operations.html
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import TroubleError, aws_calls, trouble
from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.session import identity
from blueprint.cli.users.people import Person
from blueprint.config import Config
from blueprint.config.problems import plain

HOST: Final = ".amazoncognito.com"
_STATES: Final = {
    "CONFIRMED": "confirmed",
    "FORCE_CHANGE_PASSWORD": "invited, must change password",
    "RESET_REQUIRED": "must change password",
    "UNCONFIRMED": "not confirmed",
    "EXTERNAL_PROVIDER": "of another provider",
}
_FIXES: Final = {
    "CodeDeliveryFailureException": "Look at the pool's e-mail settings; then the same command with --resend",
    "LimitExceededException": "Wait, or have the pool send by SES: Cognito itself sends 50 e-mails a day",
    "UsernameExistsException": "Somebody has just added them: the same command goes on from there",
    "UserNotFoundException": "Look who is there: blueprint users list",
    "ResourceNotFoundException": "Deploy anew what is missing: cdk deploy Data",
    "UnsupportedUserStateException": "Look at the state: blueprint users list",
}
_FACTORS: Final = {"OFF": "", "OPTIONAL": "", "ON": " and set up a second factor, an authenticator app"}
_AT_ONCE: Final = 8


class Pool:
    """A user pool in an account."""

    group_word = "group"
    disabling = "disable, and revoke the tokens"

    def __init__(self, account: Account, pool_id: str) -> None:
        self._account, self._id = account, pool_id
        self.title = f"the user pool {pool_id}"

    def people(self) -> list[Person]:
        """Everybody; a second factor is told of each alone, so it takes a call for each."""
        with calls():
            listed = self._account.listed("cognito-idp", "list_users", "Users", UserPoolId=self._id)
            ids = [each["Username"] for each in listed]
            groups: dict[str, list[str]] = {each: [] for each in ids}
            for group in self.groups():
                for member in self._members(group):
                    groups.setdefault(member["Username"], []).append(group)
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                told = [*threads.map(self._told, ids)]
            return [_person(each, groups[each["Username"]]) for each in told if each is not None]

    def find(self, name: str) -> list[Person]:
        """Who has this address, or id."""
        with calls():
            told = self._told(name)
            if told is None:
                return []
            groups = self._account.listed(
                "cognito-idp", "admin_list_groups_for_user", "Groups", UserPoolId=self._id, Username=told["Username"]
            )
            return [_person(told, [each["GroupName"] for each in groups])]

    def groups(self) -> list[str]:
        """The names of all groups."""
        with calls():
            listed = self._account.listed("cognito-idp", "list_groups", "Groups", UserPoolId=self._id)
            return [each["GroupName"] for each in listed]

    def members(self, group: str) -> set[str]:
        """The ids of those in a group who can sign in."""
        with calls():
            return {each["Username"] for each in self._members(group) if each["Enabled"]}

    def invitation(self) -> str:
        """What somebody gets who is invited."""
        with calls():
            pool = self._client.describe_user_pool(UserPoolId=self._id)["UserPool"]
        days = pool.get("Policies", {}).get("PasswordPolicy", {}).get("TemporaryPasswordValidityDays", 7)
        factor = _FACTORS.get(pool.get("MfaConfiguration", "OFF"), "")
        return (
            f"Cognito sends each new one an e-mail with a temporary password, good for {days} days; "
            f"at the first sign-in they choose their own{factor}."
        )

    def invite(self, email: str) -> str:
        """Make somebody, who gets an invitation by e-mail."""
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        with calls():
            made = self._client.admin_create_user(
                UserPoolId=self._id, Username=email, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
            )
            return str(made["User"]["Username"])

    def invite_again(self, person: Person) -> None:
        """Send the invitation anew, with another password."""
        with calls():
            self._client.admin_create_user(
                UserPoolId=self._id, Username=person.name, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
            )

    def enable(self, person_id: str) -> None:
        """Let somebody sign in."""
        with calls():
            self._client.admin_enable_user(UserPoolId=self._id, Username=person_id)

    def disable(self, person_id: str) -> None:
        """Let somebody sign in no more, and revoke the tokens that they, and the hub for them, have."""
        with calls():
            self._client.admin_disable_user(UserPoolId=self._id, Username=person_id)
            self._client.admin_user_global_sign_out(UserPoolId=self._id, Username=person_id)

    def join(self, person_id: str, group: str) -> None:
        """Put somebody into a group."""
        with calls():
            self._client.admin_add_user_to_group(UserPoolId=self._id, Username=person_id, GroupName=group)

    def leave(self, person_id: str, group: str) -> None:
        """Take somebody out of a group."""
        with calls():
            self._client.admin_remove_user_from_group(UserPoolId=self._id, Username=person_id, GroupName=group)

    @property
    def _client(self) -> Any:
        return self._account.client("cognito-idp")

    def _members(self, group: str) -> list[Any]:
        return self._account.listed("cognito-idp", "list_users_in_group", "Users", UserPoolId=self._id, GroupName=group)

    def _told(self, name: str) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = self._client.admin_get_user(UserPoolId=self._id, Username=name)
        except ClientError as error:
            if code(error) != "UserNotFoundException":
                raise
            return None
        return told


def deployed_pool(config: Config, account: Account) -> Pool:
    """The pool that the deployment made, by its stack."""
    _checked(account)
    stack = f"{config.name}-Data"
    with calls():
        try:
            resources = account.listed(
                "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack
            )
        except ClientError as error:
            if code(error) != "ValidationError":
                raise
            raise trouble(f"There is no stack {stack} yet, so no user pool.", "Deploy it: cdk deploy Data") from None
        for each in resources:
            usable = each["ResourceStatus"] not in ("CREATE_FAILED", "DELETE_COMPLETE", "CREATE_IN_PROGRESS")
            if each["ResourceType"] == "AWS::Cognito::UserPool" and usable:
                return Pool(account, each["PhysicalResourceId"])
    raise trouble(f"The stack {stack} has no user pool yet.", "Deploy it: cdk deploy Data")


def pool_of(authorization_url: str, profile: str | None) -> Pool:
    """A pool that was there before, by the address of its sign-in page: `<prefix>.auth.<region>.amazoncognito.com`."""
    host = urlsplit(authorization_url).hostname or ""
    prefix, _, region = host.removesuffix(HOST).partition(".auth.")
    account = Account("the pool's account", None, region, profile)
    _checked(account)
    with calls():
        domain = account.client("cognito-idp").describe_user_pool_domain(Domain=prefix)["DomainDescription"]
        if not domain.get("UserPoolId"):
            text = f"No user pool of this account has the sign-in page {host}."
            raise trouble(text, "Use credentials of the pool's account (--profile), or correct authUrl")
        return Pool(account, domain["UserPoolId"])


def calls() -> AbstractContextManager[None]:
    """What AWS refuses, or answers as nobody documents, becomes trouble in words."""
    rights = "docs/identity.md lists the rights that users needs, under Cognito"
    return aws_calls(rights, _FIXES, "Look at the pool in the Cognito console")


def _checked(account: Account) -> None:
    with calls():
        found = identity(account, "workload.account")
    if found.level != "ok":
        raise TroubleError(found)


def _person(told: Mapping[str, Any], groups: list[str]) -> Person:
    attributes = {each["Name"]: each["Value"] for each in told.get("UserAttributes", [])}
    factors = told.get("UserMFASettingList") or told.get("MFAOptions")
    name = told["Username"]
    return Person(
        name,
        attributes.get("email", ""),
        _STATES.get(told["UserStatus"], plain(told["UserStatus"]).lower()),
        bool(told["Enabled"]),
        tuple(sorted(groups)),
        bool(factors),
        _time(told.get("UserCreateDate")),
        _time(told.get("UserLastModifiedDate")),
        # https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
        {**attributes, "username": name, "cognito:username": name},
    )


def _time(told: object) -> str:
    return told.isoformat(timespec="seconds") if isinstance(told, datetime) else ""
