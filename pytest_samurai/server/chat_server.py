"""An embedded chat-completions server, for demos, for a first try without a key, and for tests."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any

from pytest_samurai.server.handler import Handler, State

HOST = "127.0.0.1"
THREAD_NAME = "ChatServer"


class Listener(ThreadingHTTPServer):
    """The listening socket, and a thread for each connection."""

    # The queue must be large enough for a test that opens many connections at once.
    request_queue_size = 128

    def __init__(self, port: int, state: State) -> None:
        self.state = state
        self.connections: dict[threading.Thread, socket.socket] = {}
        super().__init__((HOST, port), partial(Handler, state))

    def server_bind(self) -> None:
        # HTTPServer would look up the host's name, which takes seconds on some machines, and goes beyond loopback.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """The same as in the base class, but keep what `close` needs: the threads, and the sockets they wait for."""
        self.connections = {thread: sock for thread, sock in self.connections.items() if thread.is_alive()}
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name=f"{THREAD_NAME}-connection",
            daemon=True,
        )
        self.connections[thread] = request
        thread.start()

    def close(self) -> None:
        """Close the port and every connection, and end the threads."""
        self.state.stopping.set()
        self.shutdown()
        self.server_close()
        for thread, sock in self.connections.items():
            # This wakes a thread that is waiting for the next request. A thread that is done has already closed its
            # socket.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join()


class ChatServer:
    """An embedded chat-completions server on loopback, with deterministic answers.

    `port` 0 takes a free one. With `api_key`, a request without `Authorization: Bearer <api_key>` gets status 401.
    `chunk_interval` is the time between the events of a stream, in seconds.

    Use it as a context manager, or call `start` and `stop`. A restart takes the same port.
    """

    def __init__(self, *, port: int = 0, api_key: str | None = None, chunk_interval: float = 0.0) -> None:
        self._port = port
        self._state = State(api_key, chunk_interval)
        self._running: tuple[Listener, threading.Thread] | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`. Raises RuntimeError before the first start, when the port is not known yet."""
        if not self._port:
            raise RuntimeError("start the ChatServer before asking for its URL")
        return f"http://{HOST}:{self._port}/v1"

    @property
    def requests(self) -> int:
        """How many chat requests have come in so far, including those that got an error."""
        return self._state.requests

    def start(self) -> None:
        """Start listening. Raises OSError if the port is taken, RuntimeError if it is already running."""
        if self._running:
            raise RuntimeError("this ChatServer is running already")
        self._state.stopping.clear()
        listener = Listener(self._port, self._state)
        self._port = listener.server_address[1]
        # It checks every 0.02 seconds whether it should stop.
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), name=THREAD_NAME, daemon=True)
        thread.start()
        self._running = listener, thread

    def stop(self) -> None:
        """Close the port and every connection, including streams, and end the threads. Stopping twice is fine."""
        if self._running:
            listener, thread = self._running
            self._running = None
            listener.close()
            thread.join()

    def __enter__(self) -> ChatServer:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
