"""The question for the usage of a stream, as it goes out with one request."""

from __future__ import annotations

from pytest_samurai.recorder.servers import Servers
from pytest_samurai.recorder.signatures import is_signed
from pytest_samurai.wire import RETRYABLE, Request, usage_asked


class Question:
    """A request with the question in its `body`, and what the server makes of it.

    A server may refuse the question in any way. A failure that may be due to the question counts as a refusal, and the
    request is sent again as the application made it; if that succeeds, the server is not asked again in the run.
    """

    def __init__(self, request: Request, body: bytes, servers: Servers) -> None:
        self.body = body
        self._request = request
        self._servers = servers

    @property
    def was_answered(self) -> bool:
        """Whether the server is known to answer the question, so that its failures are about something else."""
        return self._servers.answers(self._request)

    def is_refused_by(self, status: int) -> bool:
        """Whether a reply of this status may be about the question."""
        return status >= 400 and not (status in RETRYABLE and self.was_answered)

    def answered(self) -> None:
        """Note that the server accepts the question."""
        self._servers.answered(self._request)

    def refused(self) -> None:
        """Note that the request succeeded without the question."""
        self._servers.refused(self._request)


def question(request: Request, servers: Servers) -> Question | None:
    """The question that may go out with a request.

    None if the request asks for its usage already, is not for a stream or is signed, or if its server has refused
    the question.
    """
    if is_signed(request) or servers.refuses(request):
        return None
    body = usage_asked(request)
    return None if body is None else Question(request, body, servers)
