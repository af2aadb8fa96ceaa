"""What moto's services lack, or do otherwise than AWS: each operation here is answered instead of moto's."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core.exceptions import ServiceException
from moto.efs.models import efs_backends
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from blueprint.config.facts.regions import WITHOUT_OPTING_IN
from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.cloud import Credentials
from rehearsal.aws.functions import Function, Functions
from rehearsal.iam.principals import SESSIONS, Session, managed_policy
from rehearsal.iam.recorder import Recorder

ACCESS_POINTS_AT_A_TIME = 100
"""EFS's own number, where nobody asks for another: https://docs.aws.amazon.com/efs/latest/ug/API_DescribeAccessPoints.html"""


class Sts(Api):
    """Roles are only assumed that exist, and in regions that their accounts have; `opted` has those opted in to."""

    service: ClassVar[str] = "sts"
    extends: ClassVar[bool] = True

    def __init__(self, opted: Collection[tuple[str, str]]) -> None:
        super().__init__()
        self._opted = opted

    def assume_role(self, wanted: Input) -> Output:
        """Credentials of a role."""
        role = wanted["RoleArn"]
        account = role.split(":")[4]
        if self.region not in WITHOUT_OPTING_IN and (account, self.region) not in self._opted:
            raise ApiError(
                "RegionDisabledException",
                f"STS is not activated in this region for account:{account}. Your account administrator can activate "
                "STS in this region using the IAM Console.",
            )
        if not role_exists(role):
            who = f"arn:aws:iam::{self.current_account}:{self.access_key}"
            raise ApiError(
                "AccessDenied", f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"
            )
        before = SESSIONS.get(self.access_key, Session(""))
        tags = {each["Key"]: each["Value"] for each in wanted.get("Tags") or ()}
        given = Session(
            wanted["RoleSessionName"],
            {**before.inherited, **tags},
            frozenset([*before.inherited, *(wanted.get("TransitiveTagKeys") or ())]),
            tuple(_session_policies(role, wanted)),
        )
        return session(role, given, self.region, int(wanted.get("DurationSeconds", 3600)))


class EcrPublic(Api):
    """Tells who asks how to log in to the public registry, where nobody has to."""

    service: ClassVar[str] = "ecr-public"

    def get_authorization_token(self, wanted: Input) -> Output:
        """A user's name and password."""
        token = base64.b64encode(b"AWS:rehearsal").decode()
        return {
            "authorizationData": {"authorizationToken": token, "expiresAt": datetime.now(UTC) + timedelta(hours=12)}
        }


class Efs(Api):
    """Whether a file system is backed up, which moto only tells; and access points by pages."""

    service: ClassVar[str] = "efs"
    extends: ClassVar[bool] = True

    def put_backup_policy(self, wanted: Input) -> Output:
        """Have backups, or none."""
        with moto_settings.LOCK:
            systems = efs_backends[self.current_account][self.region].file_systems_by_id
        if wanted["FileSystemId"] not in systems:
            raise ApiError("FileSystemNotFound", f"File system '{wanted['FileSystemId']}' does not exist.")
        systems[wanted["FileSystemId"]]._backup = wanted["BackupPolicy"]["Status"] == "ENABLED"
        return {"BackupPolicy": wanted["BackupPolicy"]}

    def create_access_point(self, wanted: Input) -> None:
        """Refuse a second one for the same token, which a driver's retry would leave behind; moto makes it."""
        with moto_settings.LOCK:
            for each in efs_backends[self.current_account][self.region].access_points.values():
                if each.client_token == wanted["ClientToken"] and each.file_system_id == wanted["FileSystemId"]:
                    raise ApiError("AccessPointAlreadyExists", f"Access Point {each.access_point_id} already exists.")

    def describe_access_points(self, wanted: Input) -> Output:
        """Some at a time, where moto tells all at once."""
        with moto_settings.LOCK:
            backend = efs_backends[self.current_account][self.region]
            if (one := wanted.get("AccessPointId")) and one not in backend.access_points:
                raise ApiError("AccessPointNotFound", f"Access Point {one} does not exist.")
            found = backend.describe_access_points(one, wanted.get("FileSystemId"))
            told = [each.info_json() for each in found]
        begin = int(wanted.get("NextToken") or 0)
        end = begin + wanted.get("MaxResults", ACCESS_POINTS_AT_A_TIME)
        return {"AccessPoints": told[begin:end]} | ({"NextToken": str(end)} if end < len(told) else {})


class Lambda(Api):
    """Functions run, as processes."""

    service: ClassVar[str] = "lambda"
    extends: ClassVar[bool] = True

    def __init__(self, functions: Functions, recorder: Recorder) -> None:
        super().__init__()
        self._functions = functions
        self._recorder = recorder

    def get_account_settings(self, wanted: Input) -> Output:
        """How much an account may run at a time, by AWS's defaults."""
        sizes = {"TotalCodeSize": 75 << 30, "CodeSizeUnzipped": 250 << 20, "CodeSizeZipped": 50 << 20}
        limits = dict.fromkeys(("ConcurrentExecutions", "UnreservedConcurrentExecutions"), 1000)
        return {"AccountLimit": {**sizes, **limits}}

    def invoke(self, wanted: Input) -> Output:
        """Run one and wait for it, or go on at once if asked so."""
        with moto_settings.LOCK:
            role = self._lambda(wanted["FunctionName"]).role
            function = self._function(wanted["FunctionName"])
            self._recorder.assume(role, self.region, service="lambda.amazonaws.com")
        payload = wanted.get("Payload") or b"{}"
        event = payload if isinstance(payload, bytes) else payload.encode()
        given = session(role, Session(function.name[:64]), self.region, 3600)["Credentials"]
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        if wanted.get("InvocationType", "RequestResponse") != "RequestResponse":
            raise ApiError("InvalidParameterValueException", "The stand-in invokes functions synchronously only.")
        ended = self._functions.invoke(function, event, credentials)
        return {
            "StatusCode": 200,
            "Payload": ended.payload,
            "ExecutedVersion": "$LATEST",
            **({"FunctionError": "Unhandled"} if ended.failed else {}),
        }

    def _lambda(self, name: str) -> LambdaFunction:
        return lambda_backends[self.current_account][self.region].get_function(name)

    def _function(self, name: str) -> Function:
        found = self._lambda(name)
        backend = lambda_backends[self.current_account][self.region]
        layers = [backend.layers_versions_by_arn(layer["Arn"]) for layer in found.layers]
        return Function(
            name=found.function_name,
            arn=found.function_arn,
            region=found.region,
            handler=str(found.handler),
            runtime=str(found.run_time),
            timeout=float(found.timeout),
            environment=found.environment_vars,
            code=found.code_bytes,
            layers=[layer.code_bytes for layer in layers if layer is not None],
        )


def role_exists(arn: str) -> bool:
    """Whether there is such a role."""
    account = arn.split(":")[4]
    try:
        with moto_settings.LOCK:
            iam_backends[account]["aws"].get_role_by_arn(arn)
    except ServiceException:
        return False
    return True


def _session_policies(role: str, wanted: Input) -> Iterator[str]:
    """The documents that limit a session further."""
    if wanted.get("Policy"):
        yield wanted["Policy"]
    for each in wanted.get("PolicyArns") or ():
        with moto_settings.LOCK:
            yield managed_policy(role.split(":")[4], each["arn"])


def session(role: str, given: Session, region: str, seconds: int) -> Mapping[str, Any]:
    """A session of a role, as STS gives it."""
    account = role.split(":")[4]
    with moto_settings.LOCK:
        assumed = sts_backends[account]["aws"].assume_role(
            region_name=region, role_session_name=given.name, role_arn=role, policy="", duration=seconds, external_id=""
        )
        SESSIONS[assumed.access_key_id] = given
        return {
            "Credentials": {
                "AccessKeyId": assumed.access_key_id,
                "SecretAccessKey": assumed.secret_access_key,
                "SessionToken": assumed.session_token,
                "Expiration": assumed.expiration,
            },
            "AssumedRoleUser": {"Arn": assumed.arn, "AssumedRoleId": assumed.user_id},
        }
