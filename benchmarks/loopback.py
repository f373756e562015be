"""A chat server that costs almost nothing. With the demo's server, the benchmarks would measure that server instead.

    python -m benchmarks.loopback

Prints its port, and serves until its input ends. The first part of the path says how a request is answered: `plain`,
with the completion of its question; `stream-C-I`, C chunks, each after I milliseconds; `bulk-M`, M megabytes of events.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.environments import ROOT
from benchmarks.workload import EVENTS, JSON, REPLY_HEADERS, compact, completion, stream_chunks

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_NUMBER = re.compile(rb"Question (\d{6})")
EVENT = (
    b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"' + b"x" * 911 + b'"}}]}\n\n'
)
"""What a bulk reply repeats: 1 kB."""


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()
        self._drained.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._drained.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            told = _LENGTH.search(head)
            length = int(told[1]) if told else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1].decode().split("/")[1].split("-"), body)

    def _answer(self, how: list[str], body: bytes) -> None:
        numbered = _NUMBER.search(body)
        number = int(numbered[1]) if numbered else 0
        if how[0] == "plain":
            reply = compact(completion(number))
            self._transport.write(_head(JSON, f"content-length: {len(reply)}") + reply)
            return
        sending = self._stream(number, int(how[1]), int(how[2])) if how[0] == "stream" else self._bulk(int(how[1]))
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stream(self, number: int, chunks: int, milliseconds: int) -> None:
        self._transport.write(_head(EVENTS, "transfer-encoding: chunked"))
        for chunk in stream_chunks(number, chunks):
            await asyncio.sleep(milliseconds / 1000)
            self._transport.write(_chunk(chunk))
        self._transport.write(_chunk(b""))

    async def _bulk(self, megabytes: int) -> None:
        self._transport.write(_head(EVENTS, "transfer-encoding: chunked"))
        for _ in range(megabytes * 1000):
            await self._drained.wait()
            self._transport.write(_chunk(EVENT))
        self._transport.write(_chunk(b"data: [DONE]\n\n"))
        self._transport.write(_chunk(b""))


def _head(content_type: str, framing: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in REPLY_HEADERS.items()]
    return "\r\n".join(["HTTP/1.1 200 OK", f"content-type: {content_type}", *lines, framing, "\r\n"]).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def serving() -> Iterator[str]:
    """The server in a separate process. Yields `http://127.0.0.1:PORT`."""
    command = [sys.executable, "-m", "benchmarks.loopback"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve())
