"""A live request that asks for its stream's usage. If the server refuses, it is sent again without the question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from pytest_samurai.intercept.begun import Begun
from pytest_samurai.intercept.library import Library, headers_of
from pytest_samurai.intercept.twins import Awaiting, Blocking
from pytest_samurai.recorder import Question, Take
from pytest_samurai.wire import Beginning, is_event_stream

Send = Callable[[Any, Blocking | Awaiting], Awaitable[Any]]
Record = Callable[[Take, Any], Any]


class Asked:
    """One request with the `question` in it; `take` records the outcome."""

    def __init__(
        self,
        library: Library,
        take: Take,
        question: Question,
        request: Any,
        io: Blocking | Awaiting,
        send: Send,
        record: Record,
    ) -> None:
        self._library = library
        self._take = take
        self._question = question
        self._request = request
        self._io = io
        self._send = send
        self._record = record

    async def response(self) -> Any:
        """The response that the application gets."""
        response = await self._answer()
        return await self._again() if response is None else response

    async def _again(self) -> Any:
        self._take.begin_again()
        return await self._send(self._request, self._io)

    async def _answer(self) -> Any:
        """The response to the question; None if it is a refusal."""
        try:
            response = await self._send(self._library.with_body(self._request, self._question.body), self._io)
        except self._library.closed:
            if self._question.was_answered:
                raise
            return None
        if await self._is_refusal(response):
            await self._io.close(response)
            return None
        return response

    async def _is_refusal(self, response: Any) -> bool:
        """Whether the server refuses the question, by its reply's status or in a successful reply's body.

        A stream may begin late, and the application may have a timeout for that. So a stream is checked when the
        application begins to read it, and any other reply at once.
        """
        if response.status_code >= 300:
            # Otherwise the error is about something else, and does not answer the question either.
            self._take.question = None
            return self._question.is_refused_by(response.status_code)
        content = self._library.content(response)
        if content is not None:
            return not self._question.was_answered and self._told(Beginning().whole(content))
        may_begin_late = is_event_stream(headers_of(response.headers)) and "content-length" not in response.headers
        self._library.plain(response)
        response.stream = begun = self._library.begun(response.stream, self._io, self._library.closed)
        if self._question.was_answered:
            return False
        if may_begin_late:
            begun.instead = partial(self._instead, response, begun)
            return False
        try:
            return self._told(await begun.is_refusal())
        except BaseException:
            # The application has stopped waiting: record how far its call got.
            await self._io.close(self._record(self._take, response))
            raise

    async def _instead(self, response: Any, begun: Begun) -> Any:
        """The body of a second reply, without the question, if the first one refuses it; None if it does not."""
        if not self._told(await begun.is_refusal()):
            return None
        await self._io.close(begun)
        other = await self._again()
        self._library.plain(other)
        response.status_code, response.headers, response.extensions = other.status_code, other.headers, other.extensions
        self._take.reply(other.status_code, other.reason_phrase, headers_of(other.headers), other.http_version)
        return other.stream

    def _told(self, refused: bool) -> bool:
        if not refused:
            self._question.answered()
        return refused
