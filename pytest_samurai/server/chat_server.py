"""An embedded chat-completions server, for demos, for a first try without a key, and for tests."""

from __future__ import annotations

import threading

from pytest_samurai.server.http import HOST, THREAD_NAME, Listener, State


class ChatServer:
    """An embedded chat-completions server on loopback, with deterministic answers.

    `port` 0 takes a free one. With `api_key`, a request without `Authorization: Bearer <api_key>` gets status 401.
    `chunk_interval` is the time between the events of a stream, in seconds.

    A context manager; or `start` and `stop` it. It can be started again, and then has the port that it had.
    """

    def __init__(self, *, port: int = 0, api_key: str | None = None, chunk_interval: float = 0.0) -> None:
        self._port = port
        self._state = State(api_key, chunk_interval)
        self._running: tuple[Listener, threading.Thread] | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`. Raises RuntimeError as long as the port is not known, before the first start."""
        if not self._port:
            raise RuntimeError("start the ChatServer before asking for its URL")
        return f"http://{HOST}:{self._port}/v1"

    @property
    def requests(self) -> int:
        """How many chat requests have come in so far, those that got an error included."""
        return self._state.requests

    def start(self) -> None:
        """Listens from here on. Raises OSError if the port is taken, RuntimeError if it is running already."""
        if self._running:
            raise RuntimeError("this ChatServer is running already")
        self._state.stopping.clear()
        listener = Listener(self._port, self._state)
        self._port = listener.server_address[1]
        # The interval is how long a stop may take, in seconds, when nothing else is going on.
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), name=THREAD_NAME, daemon=True)
        thread.start()
        self._running = listener, thread

    def stop(self) -> None:
        """Closes the port and every connection, streams included, and ends the threads. Stopping twice is no error."""
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
