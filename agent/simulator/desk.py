"""How one request is served: read, spoiled as the dials say, handled under the world's lock, sent or cut."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from email.utils import formatdate

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from agent.simulator import faults
from agent.simulator.call import Call
from agent.simulator.lines import Lines
from agent.simulator.replies import Ending, Reply
from agent.simulator.scenario import Target
from agent.simulator.world import World

Handler = Callable[[Call], Reply]
Aim = Callable[[World, str, str], tuple[Target, str]]
"""World, method, raw path to the target and the label under which the request is counted."""

_SLICE_S = 0.05
_MOST_LABELS = 1000


class Desk:
    """An ASGI application for one kind of request."""

    def __init__(self, world: World, lines: Lines, handler: Handler, aim: Target | Aim | None) -> None:
        """`aim` None is for `/_practice`: no faults, not counted."""
        self._world = world
        self._lines = lines
        self._handler = handler
        self._aim = aim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        with self._world.lock:
            call = self._call(request, body)
            wait_ms = faults.latency(call) if self._aim is not None else 0
        await self._pause(request, wait_ms)
        with self._world.lock:
            reply = self._handler(call) if self._aim is None else self._answer(call)
            date = formatdate(self._world.said_now() / 1000, usegmt=True)
        await self._pause(request, reply.wait_ms)
        await self._send(scope, send, reply, date)

    def _call(self, request: Request, body: bytes) -> Call:
        raw = request.scope["raw_path"].decode("ascii")
        target, label = Target.ANY, raw
        if callable(self._aim):
            target, label = self._aim(self._world, request.method, raw)
        elif self._aim is not None:
            target = self._aim
        host = request.headers.get("host", "").partition(":")[0].lower()
        if self._aim is not None:
            self._count(f"{request.method} {host} {label}")
        return Call(
            world=self._world,
            target=target,
            method=request.method,
            host=host,
            path=raw,
            query_string=request.scope["query_string"].decode("ascii"),
            headers=dict(request.headers),
            body=body,
        )

    def _count(self, label: str) -> None:
        requests = self._world.requests
        requests[label if label in requests or len(requests) < _MOST_LABELS else "other"] += 1

    def _answer(self, call: Call) -> Reply:
        early = faults.before(call)
        return early if early is not None else faults.after(call, self._handler(call))

    async def _pause(self, request: Request, ms: int) -> None:
        """Waits in slices, until the client gives up or the server stops."""
        loop = asyncio.get_running_loop()
        end = loop.time() + ms / 1000
        while (left := end - loop.time()) > 0 and not self._world.stopping:
            await asyncio.sleep(min(left, _SLICE_S))
            if left > _SLICE_S and await request.is_disconnected():
                return

    async def _send(self, scope: Scope, send: Send, reply: Reply, date: str) -> None:
        if reply.ending is Ending.RESET:
            self._break(scope, reset=True)
            return
        headers = [("content-type", reply.media), ("content-length", str(len(reply.body))), ("date", date)]
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in (*headers, *reply.headers)]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        if reply.ending is Ending.CUT:
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await asyncio.sleep(_SLICE_S)  # let the half go out first
            self._break(scope, reset=False)
            return
        await send({"type": "http.response.body", "body": reply.body})

    def _break(self, scope: Scope, *, reset: bool) -> None:
        transport = self._lines.get(tuple(scope["client"]))
        if transport is None:
            return
        if reset:  # an RST, not an orderly end
            line = transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
