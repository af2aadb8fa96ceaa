"""Roles by a token of a cluster (IRSA): whom a role trusts is judged here, for such calls are signed by nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.eks.store import ClusterId, Store
from rehearsal.aws.extensions import role_exists, session
from rehearsal.iam.principals import Session

_ACTION = "sts:AssumeRoleWithWebIdentity"


class WebIdentities(Api):
    """The one operation of STS's that takes such a token."""

    service: ClassVar[str] = "sts"

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def assume_role_with_web_identity(self, wanted: Input) -> Output:
        """Credentials of a role for who shows a token of an issuer that the role trusts."""
        role = wanted["RoleArn"]
        account = role.split(":")[4]
        if not role_exists(role):
            raise _denied()
        iam = self._store.client("iam", account, self.region)
        found = iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        trust = found if isinstance(found, dict) else json.loads(found)
        for statement in trust["Statement"]:
            provider = statement.get("Principal", {}).get("Federated")
            if statement["Action"] != _ACTION or provider is None:
                continue
            known = {each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]}
            if provider not in known:
                raise ApiError("InvalidIdentityToken", "No OpenIDConnect provider found in your account")
            audiences = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"]
            said = self._claims(provider.partition(":oidc-provider/")[2], audiences, wanted["WebIdentityToken"])
            if said and _holds(statement.get("Condition", {}), said):
                given = Session(wanted["RoleSessionName"])
                made = session(role, given, self.region, int(wanted.get("DurationSeconds", 3600)))
                subject = {"SubjectFromWebIdentityToken": said["sub"], "Audience": said["aud"], "Provider": provider}
                return {**made, **subject}
        raise _denied()

    def _claims(self, issuer: str, audiences: list[str], token: str) -> Mapping[str, str] | None:
        """What a token says, by the keys of conditions too, if it is one of the cluster that is the issuer."""
        for place, cluster in self._store.everywhere():
            if cluster.facts["identity"]["oidc"]["issuer"] != f"https://{issuer}":
                continue
            id = ClusterId(*place, cluster.facts["name"])
            for audience in audiences:
                if owner := self._store.runner.owner(id, token, audience):
                    said = {"sub": owner, "aud": audience}
                    return {**said, **{f"{issuer}:{key}": value for key, value in said.items()}}
        return None


def _holds(conditions: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    """Whether all conditions hold. One that this does not know holds for nobody."""
    return all(
        operator == "StringEquals" and said.get(key) == value
        for operator, wanted in conditions.items()
        for key, value in wanted.items()
    )


def _denied() -> ApiError:
    return ApiError("AccessDenied", f"Not authorized to perform {_ACTION}")
