"""What a request to the stand-in asks for: service, operation, parameters, and whose credentials signed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from rehearsal.iam.reference import UnknownError

SERVICE_HEADER = "X-Rehearsal-Service"
"""Names the AWS service that makes a call in turn for somebody's request, as CloudFormation does."""

_SCOPE = re.compile(r"(?P<key>[^/=]+)/\d{8}/(?P<region>[^/]*)/(?P<service>[^/]+)/aws4_request")
_SIGNED_AS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
}
"""botocore's names of services that sign their requests with another name."""
_PREFIXES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
    "stepfunctions": "states",
}
"""Policies' names of services that botocore calls otherwise."""
_UNSIGNED = {"AWSCognitoIdentityProviderService": "cognito-idp"}
_UNSIGNED_ACTIONS = {"AssumeRoleWithWebIdentity": "sts", "AssumeRoleWithSAML": "sts"}


@dataclass(frozen=True)
class Call:
    """One call of an API. `service` is policies' name of it, `by` an AWS service that makes the call in its turn."""

    service: str
    operation: str
    region: str
    input: Mapping[str, Any] = field(hash=False)
    access_key: str | None
    by: str | None = None
    free: bool = False  # AWS asks nobody who makes it
    source: str | None = None
    """The ARN of what an AWS service makes a call for."""

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


def read(request: Request) -> Call:
    """The call that a request makes. Raises UnknownError."""
    found = _SCOPE.search(request.headers.get("Authorization") or request.args.get("X-Amz-Credential", ""))
    name = _SIGNED_AS.get(found["service"], found["service"]) if found else _unsigned(request)
    model = _model(name)
    operation, labels = _operation(model, request)
    return Call(
        service=_PREFIXES.get(name, name),
        operation=operation.name,
        region=found["region"] if found else "",
        input=_input(model, operation, labels, request),
        access_key=found["key"] if found else None,
        by=request.headers.get(SERVICE_HEADER),
        free=operation.auth_type == "none",
    )


def model_of(service: str) -> str:
    """botocore's name of a service that policies name."""
    return {prefix: name for name, prefix in _PREFIXES.items()}.get(service, service)


def _unsigned(request: Request) -> str:
    target = request.headers.get("X-Amz-Target", "").partition(".")[0]
    service = _UNSIGNED.get(target) or _UNSIGNED_ACTIONS.get(request.values.get("Action", ""))
    if service is None:
        raise UnknownError(f"{request.method} {request.path} is not signed, and does not tell its service")
    return service


@cache
def _model(name: str) -> ServiceModel:
    try:
        return get_service_model(name)
    except UnknownServiceError:
        raise UnknownError(f"botocore knows no service whose requests are signed for {name}") from None


def _operation(model: ServiceModel, request: Request) -> tuple[OperationModel, Mapping[str, Any]]:
    try:
        operation, labels = get_service_router(model.service_name).match(request)
    except (NotFound, NotImplementedError, OperationNotFoundError):
        what = request.values.get("Action") or request.headers.get("X-Amz-Target") or request.path
        raise UnknownError(f"{model.service_name} has no operation for {request.method} {what}") from None
    return operation, labels


def _input(
    model: ServiceModel, operation: OperationModel, labels: Mapping[str, Any], request: Request
) -> Mapping[str, Any]:
    """The parameters. Of S3's, those of the path and query alone: its bodies are objects."""
    if model.service_name == "s3":
        return {**request.args, **labels}
    protocol = determine_request_protocol(model, request.content_type)
    parsed: Mapping[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": dict(labels),
        }
    )
    return parsed
