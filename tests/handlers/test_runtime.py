import ast
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

import blueprint.handlers
from blueprint.handlers.runtime import RESERVE, Wait, answering, listed
from tests.handlers.cloud import Invocation

FOLDER = Path(blueprint.handlers.__file__).parent


def test_waiting_looks_at_once_even_without_time() -> None:
    lambda_ = Invocation(seconds=1)
    assert len(list(Wait(lambda_, lambda_.sleep).rounds("something"))) == 1
    assert lambda_.naps == 0


def test_waiting_ends_before_lambda_does() -> None:
    lambda_ = Invocation(seconds=RESERVE + 35)
    assert len(list(Wait(lambda_, lambda_.sleep).rounds("something", every=10))) == 4
    assert lambda_.left == RESERVE + 5


def test_waiting_says_what_for(caplog: pytest.LogCaptureFixture) -> None:
    lambda_ = Invocation(seconds=RESERVE + 15)
    list(Wait(lambda_, lambda_.sleep).rounds("the rain to end"))
    assert caplog.messages == ["waiting for the rain to end, for 15 s at most"]


def test_list_names_each_thing() -> None:
    assert listed(["a", "b"]) == "- a\n- b"


def test_long_list_tells_how_many_more() -> None:
    lines = listed([str(number) for number in range(30)]).splitlines()
    assert lines[11:] == ["- 11", "- and 18 more, which the log of this function names"]


@pytest.mark.parametrize("name", ["certificate", "records", "leftovers"])
def test_handler_loads_as_on_lambda(name: str) -> None:
    """Lambda's package is `handlers`, and has nothing else of ours."""
    code = (
        f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); "
        f"from handlers.{name} import handler; assert 'blueprint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_module_needs_only_what_lambda_has(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body  # not what stands under `if TYPE_CHECKING`
    plain = [name.name for node in body if isinstance(node, ast.Import) for name in node.names]
    absolute = [node.module for node in body if isinstance(node, ast.ImportFrom) and not node.level]
    packages = {str(name).split(".")[0] for name in [*plain, *absolute]}
    assert packages - set(sys.stdlib_module_names) <= {"boto3", "botocore", "urllib3"}


class Lambda(Invocation):
    log_group_name = "/aws/lambda/ours"


class Address:
    """Where CloudFormation wants its answer, on loopback; it fails so many times first."""

    def __init__(self, failures: int = 0) -> None:
        self.said: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                nonlocal failures
                body = self.rfile.read(int(self.headers["content-length"]))
                failures -= 1
                if failures < 0:
                    address.said.append(json.loads(body))
                    address.content_types.append(self.headers["content-type"])
                self.send_response(200 if failures < 0 else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def event(self, request: str, **more: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._server.server_port}/answer?Signature=x"
        return {"RequestType": request, "ResponseURL": url, **IDS, **more}


IDS = {"StackId": "arn:stack", "RequestId": "1", "LogicalResourceId": "Ours"}


def test_what_a_handler_returns_goes_to_cloudformation() -> None:
    done = {"PhysicalResourceId": "made", "Data": {"Name": "Zürich"}}
    with Address() as address:
        answering(lambda event, context: done)(address.event("Create"), Lambda())
    assert address.said == [{**IDS, "Status": "SUCCESS", **done}]
    assert address.content_types in ([""], [None])  # the address is signed for none


def test_what_a_handler_raises_is_the_reason() -> None:
    def failing(event: Any, context: Any) -> Any:
        raise RuntimeError("There is no such thing. Make it.")

    with Address() as address:
        answering(failing)(address.event("Update", PhysicalResourceId="made"), Lambda())
    reason = "There is no such thing. Make it.\nLogs: /aws/lambda/ours"
    assert address.said == [{**IDS, "Status": "FAILED", "PhysicalResourceId": "made", "Reason": reason}]


def test_a_long_reason_fits_into_cloudformations_answer() -> None:
    def failing(event: Any, context: Any) -> Any:
        raise RuntimeError("ä" * 5000)

    with Address() as address:
        answering(failing)(address.event("Create"), Lambda())
    assert len(json.dumps(address.said[0], ensure_ascii=False).encode()) < 4096


def test_what_could_not_be_made_is_not_unmade() -> None:
    asked: list[str] = []

    def failing(event: Any, context: Any) -> Any:
        asked.append(event["RequestType"])
        raise RuntimeError("no")

    with Address() as address:
        answering(failing)(address.event("Create"), Lambda())
        made = address.said[0]["PhysicalResourceId"]
        answering(failing)(address.event("Delete", PhysicalResourceId=made), Lambda())
    assert (asked, address.said[1]["Status"]) == (["Create"], "SUCCESS")


def test_an_answer_is_put_again_where_the_address_fails() -> None:
    with Address(failures=1) as address:
        answering(lambda event, context: {})(address.event("Create"), Lambda())
    assert [each["Status"] for each in address.said] == ["SUCCESS"]
