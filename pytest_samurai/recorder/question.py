"""The question for a stream's usage, as it is sent with one request."""

from __future__ import annotations

from pytest_samurai.recorder.servers import Servers
from pytest_samurai.recorder.signatures import is_signed
from pytest_samurai.wire import RETRYABLE, Request, usage_asked


class Question:
    """A request with the question in its `body`, and the server's reaction.

    A server may refuse the question in any way. A failure that may come from the question counts as a refusal, and the
    request is sent again as the application made it. If that succeeds, the server is not asked again in this run.
    """

    def __init__(self, request: Request, body: bytes, servers: Servers) -> None:
        self.body = body
        self._request = request
        self._servers = servers

    @property
    def was_answered(self) -> bool:
        """Whether the server is known to answer the question, so that its failures have other reasons."""
        return self._servers.answers(self._request)

    def is_refused_by(self, status: int) -> bool:
        """Whether a reply with this status may be about the question."""
        return status >= 400 and not (status in RETRYABLE and self.was_answered)

    def answered(self) -> None:
        """Note that the server accepts the question."""
        self._servers.answered(self._request)

    def refused(self) -> None:
        """Note that the request succeeded without the question."""
        self._servers.refused(self._request)


def question(request: Request, servers: Servers) -> Question | None:
    """The question that may be sent with a request.

    None if the request already asks for its usage, does not stream or is signed, or if its server has refused the
    question.
    """
    if is_signed(request) or servers.refuses(request):
        return None
    body = usage_asked(request)
    return None if body is None else Question(request, body, servers)
