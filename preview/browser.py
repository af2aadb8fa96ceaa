"""A browser without a screen: cookies, redirects and forms over plain HTTP, and kernels over WebSocket."""

import asyncio
import json
import re
import ssl
import time
import uuid
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import requests
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PATIENCE = 180
"""Seconds until a page that does not come counts as failed."""


class BrowsingError(Exception):
    """A page that is not what it should be; the text is what a person reads on it."""


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds. Raises BrowsingError when it does not for too long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise BrowsingError("What should have come to hold never did.")
        time.sleep(0.1)


def words(page: requests.Response) -> str:
    """What a person reads on a page."""
    body = re.sub("(?s).*<body[^>]*>|<script.*?</script>|<[^>]+>", " ", page.text)
    return f"{page.status_code} {page.url} {' '.join(unescape(body).split())}"


def _told(answer: requests.Response) -> dict[str, Any]:
    """What the hub's API tells. Raises BrowsingError where it refuses, with its words."""
    if not answer.ok:
        raise BrowsingError(words(answer))
    told: dict[str, Any] = answer.json()
    return told


class Browser:
    """One person's browser, at a hub; `ca` is a file of the authorities that it trusts instead of the usual ones."""

    def __init__(self, hub_url: str, *, ca: Path | None = None) -> None:
        self.hub = hub_url
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, and no variable with other authorities, which would count for more
        self.cookies: dict[str, set[str]] = {}
        """Every cookie that the hub or a server has set: what is said of it, in small letters."""
        self.session.hooks["response"].append(self._note_cookies)
        self._ca = ca
        if ca is not None:
            self.session.verify = str(ca)

    def open(self, path: str) -> requests.Response:
        """A page of the hub, or wherever it leads."""
        return self.session.get(urljoin(self.hub, path), timeout=PATIENCE)

    def to_provider(self, path: str = "/hub/home") -> requests.Response:
        """The provider's page, by way of the hub's login button."""
        login = self.open(path)
        button = re.search(r"href='([^']*/oauth_login[^']*)'", login.text)
        if button is None:
            raise BrowsingError(words(login))
        return self.open(button[1].replace("&amp;", "&"))

    def sign_in(self, person: str, path: str = "/hub/home") -> requests.Response:
        """Where someone ends who opens a page of the hub and picks a person at the provider."""
        page = self.to_provider(path)
        form = re.search(r'action="(/interaction/[^"]+)"', page.text)
        if form is None:
            raise BrowsingError(words(page))
        return self.session.post(urljoin(page.url, form[1]), data={"person": person}, timeout=PATIENCE)

    def sign_out(self) -> requests.Response:
        """Sign out of the hub, and of the provider where the hub leads there."""
        page = self.open("/hub/logout")
        form = re.search(r'action="([^"]+/session/end/confirm)"', page.text)
        if form is None:
            return page
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
        return self.session.post(form[1], data={**hidden, "logout": "yes"}, timeout=PATIENCE)

    @property
    def user(self) -> dict[str, Any]:
        """Whom the hub takes us for."""
        return _told(self._api("user"))

    def start_server(self, **form: str) -> None:
        """Start our server, as a form says where there is one, and wait until the hub says that it is ready.

        With nothing said, what the form proposes.
        """
        page = self.open("/hub/spawn")
        if 'id="spawn_form"' in page.text:
            self.session.post(page.url, data={**form, "_xsrf": self._xsrf(page.url)}, timeout=PATIENCE)
        name = quote(self.user["name"], safe="")
        with self._api(f"users/{name}/server/progress", stream=True) as events:
            for line in events.iter_lines():
                event = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
                if event.get("ready"):
                    return
                if event.get("failed"):
                    raise BrowsingError(f"The server did not start: {event}")
        raise BrowsingError("The hub stopped telling of the server before it was ready.")

    def stop_server(self, name: str = "") -> None:
        """Stop our server, or the one of a name, and wait until it is gone."""
        self._change("DELETE", f"servers/{name}" if name else "server")
        until(lambda: name not in self.user["servers"])

    def make_token(self, note: str) -> str:
        """A token for the hub's API with all our rights, as the hub's page for tokens makes it."""
        return str(_told(self._change("POST", "tokens", {"note": note}))["token"])

    def _change(self, method: str, what: str, wanted: dict[str, str] | None = None) -> requests.Response:
        """Have the hub change something of ours."""
        return self.change(method, f"users/{quote(self.user['name'], safe='')}/{what}", wanted)

    def change(self, method: str, path: str, wanted: object = None) -> requests.Response:
        """Have the hub change something, through its API."""
        headers = {"Referer": f"{self.hub}/hub/home", "X-XSRFToken": self._xsrf(f"{self.hub}/hub/")}
        return self.session.request(
            method, f"{self.hub}/hub/api/{path}", json=wanted, headers=headers, timeout=PATIENCE
        )

    def run(self, code: str) -> str:
        """What code prints in a new kernel of our server."""
        lab = self.open("/user-redirect/lab")
        if not lab.ok:
            raise BrowsingError(words(lab))
        base = lab.url.partition("/lab")[0]
        headers = {"X-XSRFToken": self._xsrf(lab.url)}
        kernel = self.session.post(f"{base}/api/kernels", headers=headers, timeout=PATIENCE)
        if not kernel.ok:
            raise BrowsingError(words(kernel))
        address = f"{base.replace('http', 'ws', 1)}/api/kernels/{kernel.json()['id']}/channels"
        return asyncio.run(asyncio.wait_for(self._execute(address, code), PATIENCE))

    async def _execute(self, address: str, code: str) -> str:
        trust = ssl.create_default_context(cafile=self._ca) if address.startswith("wss:") else None
        request = HTTPRequest(address, headers={"Cookie": self._cookies(address)}, ssl_options=trust)
        socket = await websocket_connect(request)
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex}
        header |= {"username": "", "version": "5.3", "date": ""}
        message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
        await socket.write_message(json.dumps({**message, "content": {"code": code, "silent": False}}))
        printed = ""
        while True:
            answer = json.loads(await socket.read_message() or "")
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            elif answer["msg_type"] == "execute_reply":
                if answer["content"]["status"] != "ok":
                    raise BrowsingError(f"The code failed: {answer['content']}")
            elif answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                socket.close()
                return printed

    def _note_cookies(self, answer: requests.Response, **how: object) -> None:
        if answer.url.startswith(f"{self.hub}/"):
            for line in answer.raw.headers.getlist("Set-Cookie"):
                cookie, *attributes = line.split(";")
                name, _, value = cookie.partition("=")
                if value not in ("", '""'):  # or it is taken away
                    said = {each.partition("=")[0].strip().lower() for each in attributes}
                    # Of what is set several times, only what is said each time.
                    self.cookies[name] = self.cookies.get(name, said) & said

    def _api(self, path: str, *, stream: bool = False) -> requests.Response:
        headers = {"Referer": f"{self.hub}/hub/home", "X-XSRFToken": self._xsrf(f"{self.hub}/hub/")}
        return self.session.get(f"{self.hub}/hub/api/{path}", headers=headers, stream=stream, timeout=PATIENCE)

    def _cookies(self, address: str) -> str:
        prepared = self.session.prepare_request(requests.Request("GET", address.replace("ws", "http", 1)))
        return str(prepared.headers.get("Cookie", ""))

    def _xsrf(self, address: str) -> str:
        found = re.search("_xsrf=([^;]+)", self._cookies(address))
        return found[1] if found else ""
