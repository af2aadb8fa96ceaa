"""Runs a handler of a Lambda function as Lambda's Python runtime would: `run.py HANDLER RESULT < EVENT`."""

import importlib
import json
import os
import sys
import time
from pathlib import Path


class _Context:
    """The part of Lambda's context that handlers read."""

    def __init__(self) -> None:
        self._end = time.time() + float(os.environ["REHEARSAL_TIMEOUT"])
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.invoked_function_arn = os.environ["REHEARSAL_FUNCTION_ARN"]
        self.aws_request_id = os.environ["REHEARSAL_REQUEST"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.time()) * 1000)


def _main(handler: str, result: str) -> None:
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, function = handler.rpartition(".")
    event = json.load(sys.stdin)
    try:
        answer = {"result": getattr(importlib.import_module(module.replace("/", ".")), function)(event, _Context())}
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        answer = {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}
    Path(result).write_text(json.dumps(answer))


if __name__ == "__main__":
    _main(*sys.argv[1:])
