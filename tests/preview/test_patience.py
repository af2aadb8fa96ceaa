"""A hub, its proxy and its servers under what a day brings: long silence, large messages, users who get no server."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from preview.browser import PATIENCE, Browser, BrowsingError
from preview.people import people
from preview.running import Preview
from tests.preview.conftest import RESTRICTED, Start

CONTEXT = {**RESTRICTED, "usernameKey": "preferred_username"}
# No server for some people, as where no node has room for them.
NO_ROOM = """
def no_room(spawner):
    if spawner.user.name.startswith("late"):
        raise TimeoutError("no node has room")

c.LocalServer.pre_spawn_hook = no_room
"""


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT, {"hub": {"extraConfig": {"90-no-room": NO_ROOM}}}) as running:
        yield running


@pytest.fixture(scope="module")
def ada(preview: Preview) -> Browser:
    """Somebody with a server."""
    browser = Browser(preview.addresses.hub_url)
    browser.sign_in("preview|ada")
    browser.start_server()
    return browser


@pytest.fixture
def kernel(ada: Browser) -> Iterator["Kernel"]:
    """The one kernel of her server."""
    kernel = Kernel(ada)
    yield kernel
    kernel.end()


class Kernel:
    """A kernel of somebody's server, and what is said to it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.base = browser.open("/user-redirect/lab").url.partition("/lab")[0]
        headers = {"X-XSRFToken": browser._xsrf(f"{self.base}/")}
        made = browser.session.post(f"{self.base}/api/kernels", headers=headers, timeout=PATIENCE)
        self._url, self._headers = f"{self.base}/api/kernels/{made.json()['id']}", headers
        self._path = f"{self._url.replace('http', 'ws', 1)}/channels"

    def end(self) -> None:
        self._browser.session.delete(self._url, headers=self._headers, timeout=PATIENCE)

    async def connect(self) -> WebSocketClientConnection:
        request = HTTPRequest(self._path, headers={"Cookie": self._browser._cookies(self._path)})
        return await websocket_connect(request, max_message_size=2**30)

    async def send(self, socket: WebSocketClientConnection, code: str, **metadata: str) -> str:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex}
        header |= {"username": "", "version": "5.3", "date": ""}
        message = {"header": header, "parent_header": {}, "metadata": metadata, "channel": "shell"}
        await socket.write_message(json.dumps({**message, "content": {"code": code, "silent": False}}))
        return header["msg_id"]

    async def until(self, socket: WebSocketClientConnection, id: str, kind: str, **content: str) -> dict[str, Any]:
        """The message of a kind that answers another one."""
        while True:
            said = await socket.read_message()
            assert said is not None, "the server has ended the connection"
            answer: dict[str, Any] = json.loads(said)
            ours = answer["parent_header"].get("msg_id") == id and answer["msg_type"] == kind
            if ours and content.items() <= answer["content"].items():
                return answer

    def last_activity(self) -> datetime:
        """What the server tells the hub; asking is no activity itself."""
        told = self._browser.open(f"{self.base}/api/status?no_track_activity=1").json()
        return datetime.fromisoformat(told["last_activity"])


def test_a_cell_that_runs_is_activity_though_it_is_silent_and_nobody_looks(kernel: Kernel) -> None:
    async def begin() -> None:
        socket = await kernel.connect()
        id = await kernel.send(socket, "import time; time.sleep(3600)")
        await kernel.until(socket, id, "status", execution_state="busy")
        socket.close()

    asyncio.run(asyncio.wait_for(begin(), PATIENCE))
    alone = datetime.now(UTC)
    assert kernel.last_activity() > alone


def test_an_idle_kernel_is_no_activity(kernel: Kernel) -> None:
    async def run() -> None:
        socket = await kernel.connect()
        id = await kernel.send(socket, "1")
        await kernel.until(socket, id, "status", execution_state="idle")
        socket.close()

    asyncio.run(asyncio.wait_for(run(), PATIENCE))
    before = kernel.last_activity()
    assert kernel.last_activity() == before


def test_a_kernel_takes_a_message_as_large_as_widgets_upload(kernel: Kernel) -> None:
    async def run() -> str:
        socket = await kernel.connect()
        upload = "x" * 20_000_000
        id = await kernel.send(socket, "print(len(get_ipython().get_parent()['metadata']['upload']))", upload=upload)
        answer = await kernel.until(socket, id, "stream")
        socket.close()
        return str(answer["content"]["text"])

    assert asyncio.run(asyncio.wait_for(run(), PATIENCE)) == "20000000\n"


def test_many_who_get_no_server_do_not_end_the_hub_of_the_others(preview: Preview) -> None:
    known = people(preview.config)
    late = [
        replace(known[0], id=f"late-{number}", claims={**known[0].claims, "preferred_username": f"late-{number}"})
        for number in range(6)
    ]
    preview.write_people([*known, *late])
    for person in late:
        browser = Browser(preview.addresses.hub_url)
        browser.sign_in(person.id)
        with pytest.raises(BrowsingError):
            browser.start_server()
    grace = Browser(preview.addresses.hub_url)
    grace.sign_in("preview|grace")
    grace.start_server()
    assert grace.run("print(6 * 7)") == "42\n"
    assert "Aborting due to" not in preview.log("hub")
