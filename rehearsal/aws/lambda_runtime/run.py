"""Runs a handler of a Lambda function as Lambda's Python runtime would, in a process that is for it alone."""

import importlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Files:
    """Those of one invocation: what it is told, what it answers, and what it prints."""

    event: Path
    result: Path
    log: Path


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


def begin(handler: str, files: Files, code: Path, environment: dict[str, str]) -> None:
    """Become the function's process: with its folder, its environment and its log."""
    for descriptor, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, os.open(files.log, os.O_WRONLY | os.O_CREAT))):
        os.dup2(file, descriptor)
    os.dup2(1, 2)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(code)
    sys.path[:] = [str(code), *(each for each in sys.path if each.startswith((sys.prefix, sys.base_prefix)))]
    files.result.write_text(json.dumps(_answer(handler, json.loads(files.event.read_bytes()))))


def _answer(handler: str, event: Any) -> dict[str, Any]:
    module, _, function = handler.rpartition(".")
    try:
        return {"result": getattr(importlib.import_module(module.replace("/", ".")), function)(event, _Context())}
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}
