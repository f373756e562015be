"""Connections from clients that no hook sees."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.patch import Patch, outside
from pytest_samurai.intercept.state import MAY_CONNECT, STATE, open_recorders
from pytest_samurai.recorder import connected

_FAST_OPEN = getattr(socket, "MSG_FASTOPEN", 0)
"""The flag that makes sending a packet open a connection (RFC 7413)."""


def watch_connections() -> None:
    """Tell the open recorders about each connection that belongs to no visible request.

    This patches `socket`, until `unwatch_connections`. An audit hook could never be removed, and tools that forbid
    connections also come and go with each test. A recorder that raises prevents the connection.
    """
    STATE.connections.put_in(_patches, socket.socket)


def unwatch_connections() -> None:
    """Restore the originals, and forget the names of addresses: the next test may use others."""
    STATE.connections.take_out()
    STATE.names.clear()


def _patches() -> Iterator[Patch]:
    yield Patch(socket, "gethostbyname", _resolving_one)
    yield Patch(socket, "gethostbyname_ex", _resolving_one)
    yield Patch(socket, "getaddrinfo", _resolving)
    yield Patch(socket.socket, "connect", _connecting)
    yield Patch(socket.socket, "connect_ex", _connecting)
    # Windows does not have `sendmsg`.
    for name in ("sendto", "sendmsg"):
        if hasattr(socket.socket, name):
            yield Patch(socket.socket, name, _sending)


def _connecting(original: Any, patch: Patch) -> Any:
    def connect(sock: Any, address: Any) -> Any:
        if patch.active:
            _judge_connection(sock, address)
        return outside(original, sock, address)

    return connect


def _sending(original: Any, patch: Patch) -> Any:
    def sendto(sock: Any, data: Any, *arguments: Any) -> Any:
        match arguments:
            case [*_, int(flags), tuple(address)] if patch.active and flags & _FAST_OPEN:
                _judge_connection(sock, address)
        return outside(original, sock, data, *arguments)

    return sendto


def _resolving(original: Any, patch: Patch) -> Any:
    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        addresses = outside(original, host, *arguments, **options)
        # Nobody knows yet whose connection it will be: asyncio resolves names in a thread without a context.
        if patch.active and host is not None:
            _learn(_text(host), [address[0] for *_, address in addresses])
        return addresses

    return getaddrinfo


def _text(host: str | bytes | bytearray) -> str:
    """A host in its usual spelling. Trio passes bytes; for `connect`, no host means this machine."""
    return (host if isinstance(host, str) else host.decode("ascii", "replace")) or "localhost"


def _learn(name: str, addresses: Iterable[str]) -> None:
    for address in addresses:
        # Trio resolves the address itself, and it must not become a name.
        if address != name:
            STATE.names.setdefault(address, set()).add(name)


def _resolving_one(original: Any, patch: Patch) -> Any:
    def gethostbyname(host: Any) -> Any:
        resolved = outside(original, host)
        if patch.active and isinstance(host, str | bytes | bytearray):
            _learn(_text(host), [resolved] if isinstance(resolved, str) else resolved[2])
        return resolved

    return gethostbyname


def _judge_connection(sock: Any, address: Any) -> None:
    match address:
        case str() | bytes() | bytearray() as host, int(port), *_:
            spelled = _text(host)
            try:
                _judge([*sorted(STATE.names.get(spelled, ())), spelled], port)
            except RequestNotRecorded:
                # Few clients clean up after anything except an OSError.
                sock.close()
                raise


def _judge(hosts: Sequence[str], port: int) -> None:
    """Judge a connection to a host by all its names. The last one is the address."""
    may_connect = MAY_CONNECT.get()
    if any(may_connect((host, port)) for host in hosts):
        return
    refused = None
    recorders, unmarked = open_recorders(), STATE.unmarked
    if not recorders and unmarked is not None and unmarked.replays:
        unmarked.connected(hosts, port)
    for recorder in recorders:
        try:
            connected(recorder, hosts, port)
        except RequestNotRecorded as refusal:
            refused = refusal
    if refused is not None:
        raise refused
