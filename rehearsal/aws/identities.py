"""Who somebody is: the AWS role behind a token for Kubernetes, and the AWS role of a pod in Kubernetes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

from moto.iam.models import get_account_id_from, iam_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.eks.parts import CLUSTER_ADMIN
from rehearsal.aws.eks.store import Cluster, ClusterId, Store
from rehearsal.aws.extensions import role_exists, session
from rehearsal.iam.principals import Session
from rehearsal.iam.recorder import Recorder

POD_IDENTITY = "/rehearsal/pod-identity"
"""The path at which pods' processes get their credentials, as from EKS's pod identity agent."""

_AUDIENCE = "pods.eks.amazonaws.com"
_PREFIX = "k8s-aws-v1."
_VALID = timedelta(minutes=15)


def token_review(cluster: Cluster | None, review: Mapping[str, Any]) -> dict[str, Any]:
    """Kubernetes' question whom a token belongs to, answered: a token is a signed call of STS's GetCallerIdentity."""
    user = _user(cluster, review["spec"]["token"]) if cluster else None
    status = {"authenticated": True, "user": user} if user else {"authenticated": False}
    return {"apiVersion": review["apiVersion"], "kind": "TokenReview", "status": status}


def _user(cluster: Cluster, token: str) -> dict[str, Any] | None:
    """Who a token makes somebody in Kubernetes, by the cluster's access entries."""
    access_key = _access_key(token)
    role = principal(access_key) if access_key else None
    entry = cluster.parts["access-entry"].get(role) if role else None
    if role is None or entry is None:
        return None
    groups = list(entry["kubernetesGroups"])
    if any(policy.endswith(f"/{CLUSTER_ADMIN}") for policy in entry["policies"]):
        groups.append("system:masters")
    return {"username": entry.get("username") or role, "groups": groups, "extra": {"accessKeyId": [access_key]}}


def _access_key(token: str) -> str | None:
    """Who signed a token that is still valid."""
    if not token.startswith(_PREFIX):
        return None
    text = token.removeprefix(_PREFIX)
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        query = {name: values[0] for name, values in parse_qs(urlparse(url).query).items()}
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        access_key = query["X-Amz-Credential"].partition("/")[0]
    except (binascii.Error, UnicodeDecodeError, KeyError, ValueError):
        return None
    right = query.get("Action") == "GetCallerIdentity" and datetime.now(UTC) - signed < _VALID
    return access_key if right else None


def principal(access_key: str) -> str | None:
    """The ARN of the role or user that an access key is of."""
    with moto_settings.LOCK:
        account = iam_backends[get_account_id_from(access_key)]["aws"]
        key = account.access_keys.get(access_key)
        if key is None:
            return None
        if key.role_arn:
            return str(key.role_arn)
        return str(account.get_user(key.user_name).arn) if key.user_name else None


class EksAuth(Api):
    """The API that gives pods their roles' credentials."""

    service: ClassVar[str] = "eks-auth"

    def __init__(self, store: Store, recorder: Recorder) -> None:
        super().__init__()
        self._store = store
        self._recorder = recorder

    def assume_role_for_pod_identity(self, wanted: Input) -> Output:
        """Credentials for a pod, which shows the token of its service account."""
        place = (self.current_account, self.region, wanted["clusterName"])
        return pod_credentials(self._store, self._recorder, *place, wanted["token"])


def pod_credentials(
    store: Store, recorder: Recorder, account: str, region: str, name: str, token: str
) -> dict[str, Any]:
    """Credentials for a pod of a cluster. Raises ApiError."""
    cluster = store.at(account, region).get(name)
    if cluster is None:
        raise ApiError("ResourceNotFoundException", f"No cluster found for name: {name}.")
    user = store.runner.owner(ClusterId(account, region, name), token, _AUDIENCE)
    parts = (user or "").split(":")
    if parts[:2] != ["system", "serviceaccount"]:
        raise ApiError("InvalidTokenException", "The token included in the request is invalid.")
    namespace, account_name = parts[2:]
    for association in cluster.parts["podidentityassociation"].values():
        if (association["namespace"], association["serviceAccount"]) == (namespace, account_name):
            tags = _session_tags(cluster, association, token)
            return _association_session(association, recorder, region, user or "", tags)
    raise ApiError(
        "ResourceNotFoundException", f"No pod identity association found for {namespace}/{account_name} in {name}."
    )


def _session_tags(cluster: Cluster, association: Mapping[str, Any], token: str) -> Mapping[str, str]:
    """What EKS tells of a pod: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html"""
    if association.get("disableSessionTags"):
        return {}
    pod = _pod(token)
    return {
        "eks-cluster-arn": cluster.facts["arn"],
        "eks-cluster-name": cluster.facts["name"],
        "kubernetes-namespace": association["namespace"],
        "kubernetes-service-account": association["serviceAccount"],
        **({"kubernetes-pod-name": pod["name"], "kubernetes-pod-uid": pod["uid"]} if pod else {}),
    }


def _pod(token: str) -> Mapping[str, str] | None:
    """The pod that a token was made for, which the token tells; one that is not of Kubernetes tells nothing."""
    claims = token.split(".")[1:2]
    try:
        told = json.loads(base64.urlsafe_b64decode(claims[0] + "=" * (-len(claims[0]) % 4))) if claims else {}
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError):
        return None
    pod: Mapping[str, str] | None = told.get("kubernetes.io", {}).get("pod")
    return pod


def _association_session(
    association: Mapping[str, Any], recorder: Recorder, region: str, user: str, tags: Mapping[str, str]
) -> dict[str, Any]:
    """A session of the association's role, and where there is one, of the target role by way of that."""
    access_key, given = None, None
    for role in filter(None, [association["roleArn"], association.get("targetRoleArn")]):
        if not role_exists(role):
            raise ApiError(
                "AccessDeniedException", f"Unauthorized Exception! EKS does not have permissions to assume {role}"
            )
        who = {"access_key": access_key} if access_key else {"service": _AUDIENCE}
        with moto_settings.LOCK:
            recorder.assume(role, region, **who, tags=tags)
        given = session(role, Session(user.replace(":", "-")[-64:], tags, frozenset(tags)), region, 3600)
        access_key = given["Credentials"]["AccessKeyId"]
    assert given is not None
    credentials = given["Credentials"]
    return {
        "subject": {"namespace": association["namespace"], "serviceAccount": association["serviceAccount"]},
        "audience": _AUDIENCE,
        "podIdentityAssociation": {
            "associationArn": association["associationArn"],
            "associationId": association["associationId"],
        },
        "assumedRoleUser": {
            "arn": given["AssumedRoleUser"]["Arn"],
            "assumeRoleId": given["AssumedRoleUser"]["AssumedRoleId"],
        },
        "credentials": {
            "accessKeyId": credentials["AccessKeyId"],
            "secretAccessKey": credentials["SecretAccessKey"],
            "sessionToken": credentials["SessionToken"],
            "expiration": credentials["Expiration"],
        },
    }
