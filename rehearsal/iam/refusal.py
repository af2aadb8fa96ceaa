"""The answer to a call that is not allowed, in the form of the service's protocol."""

from __future__ import annotations

import warnings

from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

from rehearsal.iam.calls import Call, model_of

_CODES = {"ec2": "UnauthorizedOperation"}
_WITH_SHORT_CODE = {"query", "rest-xml"}


class RefusedError(ServiceException):
    """A call that is not allowed."""


def refusal(request: Request, call: Call | None, message: str) -> Response:
    """A refusal of a request; one that makes no call that is known is a server's failure, and not AWS's answer."""
    if call is None:
        return Response(message, 501)
    answer = _Refusal(model_of(call.service))
    answer.setup_class(request, use_raw_body=True)
    protocol = answer.protocol()
    code = _CODES.get(call.service, "AccessDenied" if protocol in _WITH_SHORT_CODE else "AccessDeniedException")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Exception.* does not match an error shape")
        _, headers, body = answer.serialized(ActionResult(RefusedError(code, message)))
    return Response(body, 403, headers)


class _Refusal(BaseResponse):
    def protocol(self) -> str:
        """The protocol that the request is in."""
        return self.determine_response_protocol(get_service_model(self.boto3_service_name))
