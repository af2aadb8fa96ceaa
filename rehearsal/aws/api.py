"""What the AWS APIs have in common that the stand-in answers itself: requests parsed, answers put in AWS's form."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from werkzeug.wrappers import Response

from rehearsal.aws import moto_settings

Input = Mapping[str, Any]
Output = Mapping[str, Any]


class ApiError(ServiceException):
    """An error as AWS answers it: its code, and a message."""


class Api(BaseResponse):
    """One request to an API. The operation `CreateCluster` is the method `create_cluster`, from input to output.

    Input and output are as boto3 has them. `self.current_account`, `self.region` and `self.access_key` say whose it
    is. Of an API that `extends` moto's, moto answers what has no method here, or one without an output; elsewhere
    that is an error.
    """

    service: ClassVar[str]
    extends: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(service_name=self.service)
        self.automated_parameter_parsing = True

    def answer(self, request: Request) -> Response | None:
        """Do what a request asks for; None if that is moto's."""
        with moto_settings.LOCK:
            self.setup_class(request)
        operation = self._get_action()
        method = getattr(self, xform_name(operation or ""), None)
        if method is None and self.extends:
            return None
        try:
            if method is None:
                raise ApiError("InvalidAction", f"The stand-in of {self.service} does not know {operation}.")
            result: object = method(self.params)
        except ServiceException as error:
            result = error
        except ClientError as error:  # of a call that we made in turn
            result = ApiError(error.response["Error"]["Code"], error.response["Error"]["Message"])
        if result is None:
            return None
        with warnings.catch_warnings():
            # AWS's models do not list all errors, `AccessDenied` for one.
            warnings.filterwarnings("ignore", "Exception.* does not match an error shape")
            status, headers, body = self.serialized(ActionResult(result))
        # Of what its models do not list, moto makes bad requests.
        return Response(
            body, 403 if isinstance(result, ApiError) and result.code == "AccessDenied" else status, headers
        )
