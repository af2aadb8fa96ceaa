"""A websocket through a load balancer: messages go both ways until one side ends it, or neither says anything."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def tunnel(
    session: aiohttp.ClientSession, request: web.BaseRequest, url: URL, headers: CIMultiDict[str], idle: float
) -> web.StreamResponse:
    """Join a client with a target, and end when nothing was said for as many seconds as `idle`."""
    protocols = [each.strip() for each in headers.popall("Sec-WebSocket-Protocol", []) for each in each.split(",")]
    for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
        headers.popall(name, None)
    try:
        target = await session.ws_connect(
            url, headers=headers, protocols=protocols, autoping=False, autoclose=False, max_msg_size=0, ssl=False
        )
    except aiohttp.WSServerHandshakeError as refused:
        return web.Response(status=refused.status)
    except (aiohttp.ClientError, OSError):
        return web.Response(status=502, headers={"Server": "awselb/2.0"})
    async with target:
        chosen = [target.protocol] if target.protocol else []
        client = web.WebSocketResponse(
            protocols=chosen, autoping=False, autoclose=False, max_msg_size=0, compress=False
        )
        await client.prepare(request)
        try:
            async with asyncio.timeout(idle) as silence, asyncio.TaskGroup() as both:
                both.create_task(_pass_on(client, target, silence, idle))
                both.create_task(_pass_on(target, client, silence, idle))
        except TimeoutError:
            await asyncio.gather(client.close(), target.close())
        return client


async def _pass_on(source: Socket, sink: Socket, silence: asyncio.Timeout, idle: float) -> None:
    """Send what comes from one side to the other, until it ends; then end the other side, too."""
    while True:
        message = await source.receive()
        silence.reschedule(asyncio.get_running_loop().time() + idle)
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await sink.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await sink.pong(message.data)
        elif message.type is WSMsgType.CLOSE:
            await sink.close(code=message.data, message=(message.extra or "").encode())
            return
        else:  # closed without a word, or by us
            await sink.close()
            return
