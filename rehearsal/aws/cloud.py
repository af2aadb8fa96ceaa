"""How the stand-in, and those who test with it, call the APIs of one account in one region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.iam.calls import SERVICE_HEADER

Properties = Mapping[str, Any]

_BOTOCORE = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    read_timeout=900,
    max_pool_connections=32,
    proxies={},  # it is on loopback
)


_MODELS: Loader = create_loader()
"""What botocore knows of services, which takes it a while to read."""


@dataclass(frozen=True)
class Credentials:
    """What signs requests."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False, default=None)

    def environment(self) -> dict[str, str]:
        """As variables that AWS's tools read."""
        values = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return values | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


class MisfitError(Exception):
    """A property that an API operation does not take: the stand-in refuses it rather than leave it out."""


class Cloud:
    """One account in one region, with somebody's credentials.

    `service` is the AWS service that makes the calls for them, such as `cloudformation.amazonaws.com`.
    """

    def __init__(
        self, url: str, account: str, region: str, credentials: Credentials, service: str | None = None
    ) -> None:
        self.url = url
        self.account = account
        self.region = region
        self.partition = "aws"
        self._service = service
        session = botocore.session.Session()
        session.register_component("data_loader", _MODELS)
        self._session: Any = boto3.Session(
            *(credentials.access_key, credentials.secret_key, credentials.token),
            region_name=region,
            botocore_session=session,
        )
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        with self._lock:  # to make clients is not safe in threads, to use them is
            if service not in self._clients:
                client = self._session.client(service, endpoint_url=self.url, config=_BOTOCORE)
                if self._service:
                    client.meta.events.register("before-call", self._sign_for_service)
                self._clients[service] = client
            return self._clients[service]

    def call(self, service: str, operation: str, properties: Properties, **more: Any) -> dict[str, Any]:
        """Call an operation with a template's properties, fitted to it. Raises MisfitError."""
        client = self.client(service)
        shape = client.meta.service_model.operation_model(operation).input_shape
        method = client.meta.method_to_api_mapping
        name = next(python for python, api in method.items() if api == operation)
        answer: dict[str, Any] = getattr(client, name)(**fit(shape, {**properties, **more}))
        return answer

    def assume(self, role: str, session: str) -> Cloud:
        """The same place, as a role."""
        answer = self.client("sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
        credentials = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
        return Cloud(self.url, self.account, self.region, credentials, self._service)

    def _sign_for_service(self, params: dict[str, Any], **_: object) -> None:
        params["headers"][SERVICE_HEADER] = self._service


def fit(shape: Shape | None, value: Any) -> Any:
    """A template's value as an API takes it.

    CloudFormation writes `MinSize` for what an API may call `minSize`, and takes "3" for 3 and "true" for true.
    Raises MisfitError for a property that the API does not have.
    """
    if value is None or shape is None:
        return value
    if isinstance(shape, StructureShape):
        members = {member.lower(): member for member in shape.members}
        fitted = {}
        for name, each in value.items():
            member = members.get(name.lower())
            if member is None:
                raise MisfitError(f"{shape.name} has no {name}")
            fitted[member] = fit(shape.members[member], each)
        return fitted
    if isinstance(shape, ListShape):
        return [fit(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {key: fit(shape.value, each) for key, each in value.items()}
    return _scalar(shape.type_name, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind in {"integer", "long"}:
        return int(value)
    if kind in {"float", "double"}:
        return float(value)
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
