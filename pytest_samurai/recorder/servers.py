"""The servers that refuse to be asked for a stream's usage, as a run finds out."""

from __future__ import annotations

from urllib.parse import urlsplit

from pytest_samurai.wire import UNKNOWN, Request, dialect_of, model_asked


class Servers:
    """What a run knows about its servers: which refuse the question, and for which models they have answered it.

    A gateway passes requests on to other servers, depending on the model. So an answer for one model says nothing about
    the next. But a server that has refused is not asked again.
    """

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._answered: set[tuple[str, str | None]] = set()

    def refuses(self, request: Request) -> bool:
        """Whether the server of a request has refused the question."""
        return _server(request) in self._refused

    def answers(self, request: Request) -> bool:
        """Whether the server of a request has answered the question for the same model."""
        return (_server(request), model_asked(request)) in self._answered

    def refused(self, request: Request) -> None:
        """Note that the server refuses the question."""
        self._refused.add(_server(request))

    def answered(self, request: Request) -> None:
        """Note that the server answers the question."""
        self._answered.add((_server(request), model_asked(request)))


def _server(request: Request) -> str:
    """The host of a request. Each path of an unknown dialect counts as a separate server."""
    url = urlsplit(request.url)
    host = url.netloc.rpartition("@")[2].lower()
    return f"{host}{url.path}" if dialect_of(request.url) is UNKNOWN else host
