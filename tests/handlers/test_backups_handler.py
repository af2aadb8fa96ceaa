"""AWS Backup is a small server of this file: moto keeps no recovery points."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from blueprint.handlers import backups
from tests.handlers.cloud import REGION, WORKLOAD, Invocation

VAULT = "hub-backups"
POINT = f"arn:aws:backup:{REGION}:{WORKLOAD}:recovery-point:"
SNAPSHOT = f"arn:aws:ec2:{REGION}::snapshot/snap-1"


class Vault:
    """Recovery points, and how many times each answers a deletion with an error before it goes."""

    def __init__(self) -> None:
        self.points: dict[str, int] = {}
        self.exists = True
        self.error = "InvalidResourceStateException"
        self.deleted: list[str] = []


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    state = Vault()

    class Backup(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not state.exists:
                return self.answer(400, {"Code": "ResourceNotFoundException"}, "ResourceNotFoundException")
            points = [{"RecoveryPointArn": arn, "Status": "COMPLETED"} for arn in state.points]
            page, rest = points[:2], points[2:]
            if "nextToken=2" in self.path:
                page, rest = points[2:], []
            return self.answer(200, {"RecoveryPoints": page, **({"NextToken": "2"} if rest else {})})

        def do_DELETE(self) -> None:
            arn = unquote(self.path.partition("/recovery-points/")[2])
            if state.points[arn]:
                state.points[arn] -= 1
                return self.answer(400, {}, state.error)
            del state.points[arn]
            state.deleted.append(arn)
            return self.answer(200, {})

        def answer(self, status: int, body: dict[str, Any], error: str = "") -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Backup)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_BACKUP", f"http://127.0.0.1:{server.server_port}")
    yield state
    server.shutdown()
    server.server_close()


def run(request: str, invocation: Invocation | None = None) -> Any:
    invocation = invocation or Invocation()
    event = {"RequestType": request, "PhysicalResourceId": VAULT, "ResourceProperties": {"BackupVaultName": VAULT}}
    return backups.handler(event, invocation, invocation.sleep)


def test_every_page_of_recovery_points_is_deleted(vault: Vault) -> None:
    vault.points = {f"{POINT}1": 0, f"{POINT}2": 0, SNAPSHOT: 0}
    assert run("Delete") == {"PhysicalResourceId": VAULT}
    assert sorted(vault.deleted) == sorted([f"{POINT}1", f"{POINT}2", SNAPSHOT])


def test_recovery_point_that_is_being_made_is_waited_for(vault: Vault) -> None:
    vault.points = {f"{POINT}1": 2}
    invocation = Invocation()
    run("Delete", invocation)
    assert (vault.points, invocation.naps) == ({}, 3)


def test_recovery_points_that_stay_are_named(vault: Vault) -> None:
    vault.points = {f"{POINT}1": 10_000}
    with pytest.raises(RuntimeError, match=f"still holds 1 recovery point.*\n- {POINT}1 \\(COMPLETED\\)"):
        run("Delete", Invocation(seconds=120))


def test_refusal_is_an_error_at_once(vault: Vault) -> None:
    vault.points, vault.error = {f"{POINT}1": 1}, "AccessDeniedException"
    with pytest.raises(Exception, match="AccessDeniedException"):
        run("Delete")


def test_vault_that_is_gone_is_success(vault: Vault) -> None:
    vault.exists = False
    assert run("Delete") == {"PhysicalResourceId": VAULT}


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_nothing_is_deleted_before_the_end(vault: Vault, request_type: str) -> None:
    vault.points = {f"{POINT}1": 0}
    assert run(request_type) == {"PhysicalResourceId": VAULT}
    assert vault.deleted == []
