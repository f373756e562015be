"""A server that streams what a test says, in pieces that do not end where the events do.

Its calls are recorded, and replayed after it is gone.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pytest_samurai import use_cassette
from pytest_samurai.recorder import Recorder
from tests.intercept.wires import EVENT_STREAM, Wire

Json = Any
T = TypeVar("T")


def wire(pieces: Iterable[bytes], kind: str = EVENT_STREAM) -> Wire:
    """A reply in which every third piece comes in two."""
    cut: list[bytes] = []
    for number, piece in enumerate(pieces):
        half = len(piece) // 2 if number % 3 == 0 else 0
        cut += [piece[:half], piece[half:]] if half else [piece]
    return Wire(cut, type=kind)


def plain(reply: Json) -> Wire:
    return Wire([json.dumps(reply).encode()], type="application/json", framing="length")


def sse(*events: Json, named: bool = False, done: bool = False) -> Iterator[bytes]:
    """Events. `named` ones give their type next to the data as well, like OpenAI's and Anthropic's."""
    for event in events:
        head = f"event: {event['type']}\n" if named else ""
        yield f"{head}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
    if done:
        yield b"data: [DONE]\n\n"


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        path, _, _ = self.rfile.readline().split()[1].decode().partition("?")
        length = 0
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        self.wfile.write(self.server.replies[path].sent())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    replies: Mapping[str, Wire]


@contextmanager
def peer(replies: Mapping[str, Wire]) -> Iterator[str]:
    """The URL of a server that has a reply for each path."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.replies = replies
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Taken(Generic[T]):
    """What an application saw of its calls, while recording and in replay, and the recorders."""

    live: T
    replayed: T
    recorded: Recorder
    replay: Recorder


def take(path: Path, replies: Mapping[str, Wire], ask: Callable[[str], T]) -> Taken[T]:
    """Record what `ask` does with a server's URL, and do it again from the cassette without the server."""
    with peer(replies) as url:
        with use_cassette(path) as recorded:
            live = ask(url)
    with use_cassette(path, mode="none") as replay:
        replayed = ask(url)
    return Taken(live, replayed, recorded, replay)


def members(union: Any) -> list[Any]:
    """The types in a union, however it is annotated."""
    if get_origin(union) is None:
        return [union]
    inner = get_args(union)[:1] if hasattr(union, "__metadata__") else get_args(union)
    return [kind for part in inner for kind in members(part)]


def types_of(union: Any) -> set[str]:
    """The `type` values of a union's members."""
    return {get_args(kind.model_fields["type"].annotation)[0] for kind in members(union)}


def without(value: Json, *keys: str) -> Json:
    """A JSON value without some keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(inner, *keys) for key, inner in value.items() if key not in keys}
    return [without(inner, *keys) for inner in value] if isinstance(value, list) else value
