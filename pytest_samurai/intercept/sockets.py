"""Connections of clients that no hook sees."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.patch import Patch, outside
from pytest_samurai.intercept.state import MAY_CONNECT, STATE, open_recorders
from pytest_samurai.recorder import connected


def watch_connections() -> list[Patch]:
    """Tell the open recorders of each connection that belongs to no request that was seen.

    These are patches of `socket`, to be removed with the last recorder: an audit hook could never be taken out again,
    and tools that forbid connections come and go test by test as well. A recorder that raises keeps a client from
    connecting.
    """
    names: dict[str, str] = {}

    def connecting(original: Any, patch: Patch) -> Any:
        def connect(sock: Any, address: Any) -> Any:
            match address:
                case str(host), int(port), *_ if patch.active:
                    try:
                        _judge(names.get(host, host), host, port)
                    except RequestNotRecorded:
                        # Few clients expect anything but an OSError, and clean up after it.
                        sock.close()
                        raise
            return outside(original, sock, address)

        return connect

    def resolving(original: Any, patch: Patch) -> Any:
        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            addresses = outside(original, host, *arguments, **options)
            # Whose connection it will be is not known here: asyncio resolves names in a thread without a context.
            if patch.active and host is not None:
                # Trio passes bytes. It also resolves the address itself, which must not become a name.
                name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
                names.update((address[0], name) for *_, address in addresses if address[0] != name)
            return addresses

        return getaddrinfo

    return [
        Patch(socket, "gethostbyname", partial(_resolving_one, names)),
        Patch(socket, "gethostbyname_ex", partial(_resolving_one, names)),
        Patch(socket.socket, "connect", connecting),
        Patch(socket.socket, "connect_ex", connecting),
        Patch(socket, "getaddrinfo", resolving),
    ]


def _resolving_one(names: dict[str, str], original: Any, patch: Patch) -> Any:
    def gethostbyname(host: Any) -> Any:
        resolved = outside(original, host)
        if patch.active and isinstance(host, str):
            addresses = [resolved] if isinstance(resolved, str) else resolved[2]
            names.update((address, host) for address in addresses if address != host)
        return resolved

    return gethostbyname


def _judge(host: str, address: str, port: int) -> None:
    may_connect = MAY_CONNECT.get()
    if may_connect((host, port)) or may_connect((address, port)):
        return
    refused = None
    recorders, unmarked = open_recorders(), STATE.unmarked
    if not recorders and unmarked is not None and unmarked.replays:
        unmarked.connected(host, address, port)
    for recorder in recorders:
        try:
            connected(recorder, host, address, port)
        except RequestNotRecorded as refusal:
            refused = refusal
    if refused is not None:
        raise refused
