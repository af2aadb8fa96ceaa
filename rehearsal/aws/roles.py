"""IAM's API, where moto does otherwise than AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.iam.models import iam_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.iam.decision import decide
from rehearsal.iam.documents import Ask
from rehearsal.iam.principals import Principal, of_role
from rehearsal.iam.reference import UnknownError


class Iam(Api):
    """Instance profiles by their paths, too, where moto tells all of them; and what a role may do."""

    service: ClassVar[str] = "iam"
    extends: ClassVar[bool] = True

    def list_instance_profiles(self, wanted: Input) -> Output:
        """Those in a folder."""
        prefix = wanted.get("PathPrefix") or "/"
        with moto_settings.LOCK:
            profiles = iam_backends[self.current_account]["aws"].get_instance_profiles()
            return {"InstanceProfiles": [each for each in profiles if each.path.startswith(prefix)]}

    def simulate_principal_policy(self, wanted: Input) -> Output:
        """What the policies of a role say of actions on resources, with the condition keys that are given alone."""
        keys = {each["ContextKeyName"].lower(): each["ContextKeyValues"] for each in wanted.get("ContextEntries") or ()}
        given = _Given(keys)
        resources = wanted.get("ResourceArns") or ["*"]
        try:
            with moto_settings.LOCK:
                who = of_role(wanted["PolicySourceArn"])
            asks = [Ask(action, each, given) for action in wanted["ActionNames"] for each in resources]
            return {"IsTruncated": False, "EvaluationResults": [_evaluated(who, each) for each in asks]}
        except UnknownError as error:
            raise ApiError("InvalidInput", str(error)) from None


@dataclass(frozen=True)
class _Given:
    """The values of condition keys, by their names in small letters."""

    by_key: Mapping[str, Sequence[str]]

    def values(self, key: str) -> Sequence[str] | None:
        """Those of one key."""
        return self.by_key.get(key)


def _evaluated(who: Principal, ask: Ask) -> dict[str, Any]:
    found = decide(who, ask, "", None)
    refused = "explicitDeny" if found.denied else "implicitDeny"
    decision = "allowed" if found.allowed else refused
    return {"EvalActionName": ask.action, "EvalResourceName": ask.resource, "EvalDecision": decision}
