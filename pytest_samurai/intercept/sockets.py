"""Connections of clients that no hook sees."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.patch import Patch, outside
from pytest_samurai.intercept.state import MAY_CONNECT, STATE, open_recorders
from pytest_samurai.recorder import connected

_FAST_OPEN = getattr(socket, "MSG_FASTOPEN", 0)
"""The flag by which a packet that is sent opens a connection (RFC 7413)."""

Names = dict[str, set[str]]
"""The names that an address was looked up by: two services may share one."""


def watch_connections() -> list[Patch]:
    """Tell the open recorders of each connection that belongs to no request that was seen.

    These are patches of `socket`, to be removed with the last recorder: an audit hook could never be taken out again,
    and tools that forbid connections come and go test by test as well. A recorder that raises keeps a client from
    connecting.
    """
    names: Names = {}

    def connecting(original: Any, patch: Patch) -> Any:
        def connect(sock: Any, address: Any) -> Any:
            if patch.active:
                _judge_connection(names, sock, address)
            return outside(original, sock, address)

        return connect

    def sending(original: Any, patch: Patch) -> Any:
        def sendto(sock: Any, data: Any, *arguments: Any) -> Any:
            match arguments:
                case [*_, int(flags), tuple(address)] if patch.active and flags & _FAST_OPEN:
                    _judge_connection(names, sock, address)
            return outside(original, sock, data, *arguments)

        return sendto

    def resolving(original: Any, patch: Patch) -> Any:
        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            addresses = outside(original, host, *arguments, **options)
            # Whose connection it will be is not known here: asyncio resolves names in a thread without a context.
            if patch.active and host is not None:
                _learn(names, _text(host), [address[0] for *_, address in addresses])
            return addresses

        return getaddrinfo

    return [
        Patch(socket, "gethostbyname", partial(_resolving_one, names)),
        Patch(socket, "gethostbyname_ex", partial(_resolving_one, names)),
        Patch(socket.socket, "connect", connecting),
        Patch(socket.socket, "connect_ex", connecting),
        Patch(socket, "getaddrinfo", resolving),
        # Windows has no `sendmsg`.
        *(Patch(socket.socket, name, sending) for name in ("sendto", "sendmsg") if hasattr(socket.socket, name)),
    ]


def _text(host: str | bytes | bytearray) -> str:
    """A host as it is usually spelled. Trio passes bytes; no host is this machine, for `connect`."""
    return (host if isinstance(host, str) else host.decode("ascii", "replace")) or "localhost"


def _learn(names: Names, name: str, addresses: Iterable[str]) -> None:
    for address in addresses:
        # Trio resolves the address itself, which must not become a name.
        if address != name:
            names.setdefault(address, set()).add(name)


def _resolving_one(names: Names, original: Any, patch: Patch) -> Any:
    def gethostbyname(host: Any) -> Any:
        resolved = outside(original, host)
        if patch.active and isinstance(host, str | bytes | bytearray):
            _learn(names, _text(host), [resolved] if isinstance(resolved, str) else resolved[2])
        return resolved

    return gethostbyname


def _judge_connection(names: Names, sock: Any, address: Any) -> None:
    match address:
        case str() | bytes() | bytearray() as host, int(port), *_:
            spelled = _text(host)
            try:
                _judge([*sorted(names.get(spelled, ())), spelled], port)
            except RequestNotRecorded:
                # Few clients clean up after anything but an OSError.
                sock.close()
                raise


def _judge(hosts: Sequence[str], port: int) -> None:
    """Judge a connection to a host by all its names, of which the address is the last."""
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
