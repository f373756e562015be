"""The connectors of aiohttp; the only room that knows aiohttp.

A session asks its connector for a connection to send each request over, also after a redirect, in one public method,
which is patched. The connection that it gets for a recorded request has a server at its other end that says what was
recorded. What comes of that is aiohttp's own work. tests/intercept/test_aiohttpconnectors.py fails when a name changes.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from types import ModuleType
from typing import Any

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.answered import answer, holder
from pytest_samurai.intercept.patch import Patch
from pytest_samurai.intercept.rawreply import RawReply
from pytest_samurai.wire import Request

_SEAM = "connect"


def patch(module: ModuleType) -> Patch:
    """Have the connectors ask the cassette first; `module` is `aiohttp.connector`."""
    return Patch(module.BaseConnector, _SEAM, partial(_answering, module))


def _answering(module: ModuleType, original: Any, patch: Patch) -> Any:
    async def connect(connector: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        reply = await _recorded(request) if patch.active else None
        if reply is None:
            return await original(connector, request, *arguments, **options)
        loop = asyncio.get_running_loop()
        protocol = sys.modules["aiohttp.client_proto"].ResponseHandler(loop)
        protocol.connection_made(_Server(protocol, reply, loop))
        # No later request may go over it.
        protocol.force_close()
        return module.Connection(connector, request.connection_key, protocol, loop)

    return connect


async def _recorded(request: Any) -> RawReply | None:
    url = str(request.url)
    recorder = holder(url)
    content = None if recorder is None else await _content(request.body)
    if recorder is None or content is None:
        return None
    headers = tuple((name.lower(), value) for name, value in request.headers.items())
    return answer(recorder, Request(request.method, url, headers, content))


async def _content(body: Any) -> bytes | None:
    """The body of a request; None if it can be read only once, and is then still to be sent."""
    if isinstance(body, bytes):
        return body
    # aiohttp has `as_bytes` since 3.12. Before that, only what is in memory can be read without being lost.
    if hasattr(body, "as_bytes"):
        content: bytes = await body.as_bytes()
        return content
    value = getattr(body, "_value", None)
    return bytes(value) if isinstance(value, bytes | bytearray) else None


class _Server(asyncio.Transport):
    """The other end of a connection: whatever it is asked, it says one recorded reply."""

    def __init__(self, protocol: Any, reply: RawReply, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._protocol = protocol
        self._reply = reply
        self._is_closing = False
        # It begins when the request waits for its reply.
        self._saying = loop.create_task(self._say())

    async def _say(self) -> None:
        try:
            async for data in self._reply:
                self._protocol.data_received(data)
        except (OSError, RequestNotRecorded) as error:
            self._protocol.connection_lost(error)

    def write(self, data: Any) -> None:
        """Take a part of the request, which was read before."""

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True
        self._reply.close()
        self._saying.cancel()

    abort = close

    def pause_reading(self) -> None:
        """Keep nothing back: all that will be said is in memory already."""

    def resume_reading(self) -> None:
        """Go on, which it does anyway."""
