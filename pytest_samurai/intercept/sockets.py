"""Connections of clients that no hook sees."""

from __future__ import annotations

import socket
from typing import Any

from pytest_samurai.intercept.patch import Patch
from pytest_samurai.intercept.state import PASSING, opened_here


def watch_connections() -> list[Patch]:
    """Watch over the connections that are made while a recorder is open, for those of clients that no hook sees.

    By patches, as above: an audit hook would see them too, but is called for every event there is, and never comes out.
    They come out with the last recorder, since tools that forbid connections go in and out test by test as well.
    """
    names: dict[str, str] = {}

    def connecting(original: Any, patch: Patch) -> Any:
        def connect(sock: Any, address: Any) -> Any:
            match address:
                case str(host), int(port), *_ if patch.active and not PASSING.get():
                    for opened in opened_here():
                        opened.recorder.connected(names.get(host, host), port)
            return original(sock, address)

        return connect

    def resolving(original: Any, patch: Patch) -> Any:
        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            found = original(host, *arguments, **options)
            # Here it is not known whose connection it will be: asyncio asks in a thread without a context.
            if patch.active and host is not None:
                # Trio gives bytes, and looks the address up as well, which is no name of it.
                name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
                names.update((address[0], name) for *_, address in found if address[0] != name)
            return found

        return getaddrinfo

    return [
        Patch(socket.socket, "connect", connecting),
        Patch(socket.socket, "connect_ex", connecting),
        Patch(socket, "getaddrinfo", resolving),
    ]
