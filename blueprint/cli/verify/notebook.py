"""A kernel of a server, through its websocket: code is run there, before and after a silence."""

import json
import ssl
import uuid
from contextlib import ExitStack
from typing import Any, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from blueprint.cli.checks.web import WebError

SECONDS: Final = 60.0
_MOST: Final = 16 << 20


class Kernel:
    """One kernel, at the address of its websocket; to be used as a context."""

    def __init__(self, address: str, cookies: str, trust: ssl.SSLContext | None) -> None:
        self._address = address
        self._cookies = cookies
        self._trust = trust
        self._socket: ClientConnection | None = None
        self._open = ExitStack()

    def __enter__(self) -> "Kernel":
        try:
            opening = connect(
                self._address,
                additional_headers={"Cookie": self._cookies},
                ssl=self._trust,
                open_timeout=SECONDS,
                ping_interval=None,  # so that silence is silence
                max_size=_MOST,
            )
            self._socket = self._open.enter_context(opening)
        except (OSError, WebSocketException, TimeoutError) as error:
            raise WebError(f"the kernel's websocket does not open: {error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, code: str) -> str:
        """What code prints. Raises WebError where the websocket is cut, or the code fails."""
        assert self._socket is not None
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex}
        header |= {"username": "", "version": "5.3", "date": ""}
        message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
        printed = ""
        try:
            self._socket.send(json.dumps({**message, "content": {"code": code, "silent": False}}))
            while True:
                answer = _read(self._socket.recv(timeout=SECONDS))
                if answer.get("parent_header", {}).get("msg_id") != header["msg_id"]:
                    continue
                content = answer.get("content", {})
                match answer.get("msg_type"):
                    case "stream":
                        printed += str(content.get("text", ""))
                    case "execute_reply" if content.get("status") != "ok":
                        raise WebError(f"the code failed: {content.get('ename')}")
                    case "status" if content.get("execution_state") == "idle":
                        return printed
        except TimeoutError:
            raise WebError(f"the kernel says nothing for {SECONDS:g} seconds") from None
        except (OSError, WebSocketException) as error:
            raise WebError(f"the websocket was cut: {error}") from None


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
