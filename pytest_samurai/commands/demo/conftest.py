"""Takes the network away when the demo says so."""

import os
import socket


def pytest_configure() -> None:
    if os.environ.get("DEMO_OFFLINE"):

        def refuse(*_: object) -> None:
            raise OSError("this run has no network")

        socket.socket.connect = refuse  # type: ignore[method-assign]  # the point is to break it
