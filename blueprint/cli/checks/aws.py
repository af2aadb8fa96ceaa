"""An AWS account as the checks see it: clients that answer within seconds, and what stopped a call, in words."""

import threading
from typing import Any

import boto3
from botocore import exceptions
from botocore.config import Config as CallConfig

from blueprint.cli.checks.findings import Finding, unknown
from blueprint.command_line import of_aws
from blueprint.config.problems import plain

_CALLS = CallConfig(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
_ENDED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_INVALID = {
    *("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch"),
    *("InvalidAccessKeyId", "IncompleteSignature", "InvalidSignatureException"),
}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthorizationError"}
_SLOWED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
_SIGN_IN = (
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
)
_NOT_REACHED = (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.EndpointConnectionError)


class Account:
    """One account with its credentials: those of a profile, or those that the shell has."""

    def __init__(self, name: str, expected: str | None, region: str | None, profile: str | None = None) -> None:
        self.name = name
        self.expected = expected
        self.profile = profile
        self._chosen = region
        self._lock = threading.Lock()
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, str | None], Any] = {}

    @property
    def region(self) -> str | None:
        """That of the settings, or else of the credentials."""
        with self._lock:
            return self._chosen or self._made().region_name

    @property
    def option(self) -> str:
        """What a command line needs to use the same credentials."""
        return f" --profile {self.profile}" if self.profile else ""

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service. The first call for each loads a model: clients are made once, one after another."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new(service, region)
            return self._clients[service, region]

    def new_client(self, service: str) -> Any:
        """One more client of a service, for what is to happen with its calls alone; nobody signs in anew for it."""
        with self._lock:
            return self._new(service, None)

    def listed(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
        """Everything that an operation lists, of all its pages."""
        pages = self.client(service).get_paginator(operation).paginate(**arguments)
        return [each for page in pages for each in page[key]]

    def _new(self, service: str, region: str | None) -> Any:
        session = self._made()
        where = region or self._chosen or session.region_name
        make: Any = session.client  # typed by literal names, of the services alone whose stubs are installed
        return make(service, region_name=where, config=_CALLS)

    def _made(self) -> boto3.Session:
        if self._session is None:
            self._session = boto3.Session(profile_name=self.profile)
        return self._session


def code(error: Exception) -> str:
    """AWS's word for what went wrong; empty where it is not AWS that says so."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, exceptions.ClientError) else ""


def denied(error: Exception) -> bool:
    """Whether these credentials may not make the call."""
    return code(error) in _DENIED


def missing(error: Exception) -> bool:
    """Whether what was asked for is not there."""
    return code(error) in {"404", "NoSuchEntity", "NoSuchHostedZone", "ParameterNotFound"} or "NotFound" in code(error)


def stopped(error: Exception) -> Finding:
    """What kept a call from being answered, with what to do."""
    match error:
        case exceptions.ProfileNotFound():
            return unknown(f"There is no profile {error.kwargs['profile']}.", "aws configure sso --profile …")
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return unknown("There are no credentials.", "Name a profile with --profile, or sign in: aws sso login")
        case exceptions.NoRegionError():
            return unknown("There is no region.", "Set workload.region")
        case exceptions.ClientError():
            return _refused(error)
    if isinstance(error, _SIGN_IN):
        return unknown("The sign-in at AWS has ended.", "aws sso login, with the same --profile")
    if isinstance(error, _NOT_REACHED):
        return unknown(f"AWS is not reached: {_first(str(error))}", "Look at network and proxy, then try again")
    return unknown(f"AWS was not asked: {_first(of_aws(error))}.", "Look at the variables AWS_… and ~/.aws/config")


def _refused(error: exceptions.ClientError) -> Finding:
    name, action = code(error), error.operation_name
    if name in _ENDED:
        return unknown("The credentials have ended.", "Sign in again: aws sso login")
    if name in _INVALID:
        return unknown(f"AWS does not know these credentials ({name}).", "Sign in again, or correct the access keys")
    if name in _DENIED:
        return unknown(f"These credentials may not call {action}.", "docs/doctor.md lists the rights that doctor needs")
    if name in _SLOWED:
        return unknown(f"AWS answers too many calls at this time ({action}).", "Try again in a minute")
    why = _first(str(error.response["Error"].get("Message", ""))).rstrip(".")
    return unknown(f"AWS does not answer {action}: {name}{f' ({why})' if why else ''}.")


def _first(message: str) -> str:
    """The first line of a message, on which nothing invisible stands."""
    return plain(message.partition("\n")[0])[:200]
