"""A real Chromium, driven through its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import asyncio
import base64
import json
import os
import platform
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

from preview.browser import PATIENCE
from preview.installation import Installation, digest, install_node_packages, once

LOCKED = Path(__file__).parent / "browser"
FOLDER = Path(__file__).parents[2] / ".cache" / "chromium"
LIBRARIES = FOLDER / "al2023" / "lib"
UNPACK = """
import { inflate } from "@sparticuz/chromium";
for (const name of ["chromium.br", "al2023.tar.br"]) await inflate(`node_modules/@sparticuz/chromium/bin/${name}`);
"""


def installed() -> str | None:
    """The one that is pinned, installed when it is first asked for; where it cannot run, one that is on PATH."""
    if (platform.libc_ver()[0], platform.machine()) == ("glibc", "x86_64"):
        once(FOLDER, digest(*sorted(LOCKED.glob("*"))), _install)
        return str(FOLDER / "chromium")
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _install() -> None:
    FOLDER.mkdir(parents=True)
    with TemporaryDirectory(dir=FOLDER) as folder:
        packages = Path(folder) / "node"
        install_node_packages(LOCKED, packages, cache=Path(folder) / "cache")
        # The package unpacks into the folder for temporary files.
        unpack = [Installation(FOLDER).node, "--input-type=module", "--eval", UNPACK]
        subprocess.run(unpack, check=True, cwd=packages, env={**os.environ, "TMPDIR": str(FOLDER)})


class Page:
    """The only tab."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self._call("Page.navigate", url=url)

    async def find(self, what: str) -> Any:
        """Wait until a JavaScript expression is neither false, null nor undefined."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := await self.value(what)):
                    await asyncio.sleep(0.05)
                return found
        except TimeoutError:
            shown = await self.value("`${location.href}\n${document.body.innerText}`")
            raise AssertionError(f"This never came to hold: {what}\nThe page showed {shown}") from None

    async def click(self, element: str) -> None:
        """Click an element, given as a JavaScript expression, as soon as it is there."""
        await self.find(f"({element}) && (({element}).click(), true)")

    async def look(self, *, width: int = 1200, height: int = 760, dark: bool = False) -> None:
        """See pages in a window of this size, in light or in dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self._call("Emulation.setDeviceMetricsOverride", **metrics)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        features += [{"name": "prefers-reduced-motion", "value": "reduce"}]  # or colours would be between the two
        await self._call("Emulation.setEmulatedMedia", features=features)

    async def forget(self) -> None:
        """Lose all cookies: ports of one host share them."""
        await self._call("Network.clearBrowserCookies")

    async def picture(self) -> bytes:
        """What the window shows, as PNG."""
        taken = await self._call("Page.captureScreenshot", format="png")
        return base64.b64decode(taken["data"])

    async def heard(self) -> list[tuple[str, str]]:
        """What somebody hears who does not see the page: role and name of all that has a name."""
        tree = await self._call("Accessibility.getFullAXTree")
        return [
            (node["role"]["value"], name)
            for node in tree["nodes"]
            if not node.get("ignored") and (name := node.get("name", {}).get("value", "").strip())
        ]

    async def write(self, text: str) -> None:
        """Type text where the cursor is."""
        await self._call("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key."""
        code, text = {"Enter": (13, "\r")}[key]
        for kind in ("keyDown", "keyUp"):
            await self._call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                text="" if shift else text,  # which is what presses a button
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
            )

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to, now; a promise, what it promises."""
        answer = await self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer.get("result", {}).get("value")

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        id = next(self._ids)
        await self._socket.write_message(json.dumps({"id": id, "method": method, "params": params}))
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self._socket.read_message()
                assert message is not None, "Chromium has ended."
                answer = json.loads(message)
                if answer.get("id") == id:
                    result: dict[str, Any] = answer.get("result", {})
                    return result


@asynccontextmanager
async def chromium(binary: str, folder: Path) -> AsyncIterator[Page]:
    """Start it without a screen, with a profile of its own in a folder."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += ["--no-proxy-server", "--window-size=1400,1000"]
    options += ["--remote-debugging-port=0", f"--user-data-dir={folder}"]
    with (folder / "chromium.log").open("wb") as log:
        environment = {**os.environ, "LD_LIBRARY_PATH": f"{LIBRARIES}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
        process = subprocess.Popen([binary, *options, "about:blank"], stdout=log, stderr=log, env=environment)
    try:
        port = await _port(folder, process)
        listed = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/json/list")
        (address,) = (tab["webSocketDebuggerUrl"] for tab in json.loads(listed.body) if tab["type"] == "page")
        socket = await websocket_connect(address)
        yield Page(socket)
        socket.close()
    finally:
        process.terminate()
        process.wait()


async def _port(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    file = folder / "DevToolsActivePort"
    async with asyncio.timeout(PATIENCE):
        while not (file.exists() and "\n" in file.read_text()):
            assert process.poll() is None, (folder / "chromium.log").read_text()
            await asyncio.sleep(0.05)
    return file.read_text().split("\n")[0]
