"""Where the cluster's API is, and the token by which it knows an AWS principal."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import TroubleError, aws_calls, trouble
from blueprint.cli.checks.aws import Account, code
from blueprint.cli.checks.session import identity
from blueprint.config import Config

RIGHTS: Final = "docs/status.md lists the rights that the operator's commands need"
_CLUSTER_HEADER: Final = "x-k8s-aws-id"
_VALID: Final = timedelta(minutes=14)
"""EKS takes a token for 15: https://github.com/kubernetes-sigs/aws-iam-authenticator"""


@dataclass(frozen=True)
class Endpoint:
    """The address of a cluster's API, who signs its certificate, and a token for now."""

    url: str
    authorities: str
    token: Callable[[], str]
    who: str
    """As whom it is asked."""


def workload(config: Config, profile: str | None) -> Account:
    """The workload account of a profile. Raises TroubleError."""
    return its_own(Account("workload account", config.workload_account, config.workload_region, profile))


def its_own(account: Account) -> Account:
    """An account, once it is clear that the credentials are of the one that is meant. Raises TroubleError."""
    with aws_calls(RIGHTS):
        found = identity(account, "workload.account")
    if found.level != "ok":
        raise TroubleError(found)
    if not account.region:
        raise trouble("There is no region.", "Set workload.region")
    return account


def endpoint(config: Config, account: Account, role: str | None) -> Endpoint:
    """The API of the deployment's cluster. Raises TroubleError."""
    with aws_calls(RIGHTS, last="Look at the cluster in EKS"):
        try:
            found = account.client("eks").describe_cluster(name=config.name)["cluster"]
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            raise trouble(f"There is no cluster {config.name}.", "cdk deploy Hub") from None
        if not found.get("endpoint") or found["status"] in ("CREATING", "DELETING", "FAILED"):
            raise trouble(f"The cluster is {found['status']}.", "Wait, or look at it in EKS")
        try:
            authorities = base64.b64decode(found["certificateAuthority"]["data"], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise trouble(
                "EKS tells no certificate that can be read.", "Try again; if it stays so, report it"
            ) from None
        sts = _sts(account, role)
        who = sts.get_caller_identity()["Arn"]
    return Endpoint(found["endpoint"], authorities, _Tokens(sts, config.name), who)


class _Tokens:
    """A token is a signed call by which the cluster can ask STS who somebody is; it is used until it is old."""

    def __init__(self, sts: Any, cluster: str) -> None:
        self._sts = sts
        self._token, self._ends = "", datetime.min.replace(tzinfo=UTC)
        events = sts.meta.events
        events.register("before-sign.sts.GetCallerIdentity", _named(cluster))

    def __call__(self) -> str:
        if datetime.now(UTC) >= self._ends:
            with aws_calls(RIGHTS):
                url = self._sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
            self._token = f"k8s-aws-v1.{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"
            self._ends = datetime.now(UTC) + _VALID
        return self._token


def _named(cluster: str) -> Callable[..., None]:
    """The cluster's name is a signed header: no other cluster takes the token."""

    def add(request: Any, **_: Any) -> None:
        request.headers[_CLUSTER_HEADER] = cluster

    return add


def _sts(account: Account, role: str | None) -> Any:
    """STS as the credentials, or as a role that they assume."""
    sts = account.new_client("sts")
    if role is None:
        return sts
    given = sts.assume_role(RoleArn=role, RoleSessionName="blueprint")["Credentials"]
    return boto3.client(
        "sts",
        region_name=account.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
