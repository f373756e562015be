"""What becomes of a request."""

from __future__ import annotations

from typing import Any

from pytest_samurai.intercept.library import Library, headers_of
from pytest_samurai.intercept.state import PASSING, Unmarked
from pytest_samurai.intercept.twins import Awaiting, Blocking, Transport
from pytest_samurai.recorder import Played, Question, Recorder, Take, has_placeholder
from pytest_samurai.wire import COMPLETE, Beginning, Request


class Recorded(Transport):
    """Replays or records a request to one of the recorder's endpoints."""

    def __init__(self, library: Library, own: Any, recorder: Recorder, url: str) -> None:
        super().__init__(library, own)
        self.recorder = recorder
        self.url = url

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        content = await io.read(request)
        # Most replays need no headers, and there are many of them.
        played = self.recorder.replay(Request(request.method, self.url, (), content))
        exchange = played or self.recorder.handle(self.library.request(request, content))
        if exchange is None:
            return await io.send(request)
        if isinstance(exchange, Played):
            return self._replay(exchange)
        question = exchange.question
        if question is None or self.library.is_mocked(self.own):
            # What stands in for a server answers what it was told to, whatever it is asked.
            exchange.question = None
            return self._record(exchange, await io.send(request))
        response = await self._ask(question, exchange, request, io)
        if response is None:
            exchange.begin_again()
            response = await io.send(request)
        return self._record(exchange, response)

    async def _ask(self, question: Question, take: Take, request: Any, io: Blocking | Awaiting) -> Any:
        """Send a request with the question in it. Returns the response; None if the server refuses the question."""
        try:
            response = await io.send(self.library.with_body(request, question.body))
        except self.library.closed:
            if question.was_answered:
                raise
            return None
        if question.is_refused_by(response.status_code):
            await io.close(response)
            return None
        if response.status_code >= 300:
            # It is about something else.
            take.question = None
        elif await self._is_refusal(question, take, response, io):
            await io.close(response)
            return None
        return response

    async def _is_refusal(self, question: Question, take: Take, response: Any, io: Blocking | Awaiting) -> bool:
        """Whether the server refuses the question in the body of a reply with a good status."""
        content = self.library.content(response)
        if content is None:
            self.library.plain(response)
            response.stream = self.library.begun(response.stream, io)
        if question.was_answered:
            return False
        if content is not None:
            refused = Beginning().whole(content)
        else:
            try:
                refused = await response.stream.is_refusal(self.library.closed)
            except BaseException:
                # The application does not wait any longer, and this is how far its call came.
                await io.close(self._record(take, response))
                raise
        if not refused:
            question.answered()
        return refused

    def _replay(self, played: Played) -> Any:
        reply = played.reply
        if reply.chunks is None and reply.ending == COMPLETE:
            return self.library.response(reply, self.library.whole(reply.body))
        return self.library.response(reply, self.library.replay(reply, self.recorder, self.library.error))

    def _record(self, take: Take, response: Any) -> Any:
        headers = headers_of(response.headers)
        content = self.library.content(response)
        decode = self.library.decoder(headers) if content is None else None
        take.reply(response.status_code, response.reason_phrase, headers, response.http_version, decode)
        if content is None:
            response.stream = self.library.tee(take, response.stream)
            return response
        seen = take.feed(content) + take.rest()
        take.end(COMPLETE)
        return response if seen == content else self.library.with_content(response, seen)


class Passing(Transport):
    """Lets a request pass in a test that replays, and says that it was seen."""

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        token = PASSING.set(True)
        try:
            return await io.send(request)
        finally:
            PASSING.reset(token)


class Other(Transport):
    """Refuses a call of another model endpoint in a test that replays, and notes it in one that records."""

    def __init__(self, library: Library, own: Any, recorder: Recorder, endpoint: str) -> None:
        super().__init__(library, own)
        self.recorder = recorder
        self.endpoint = endpoint

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        content = await io.read(request)
        # Every model endpoint asks for a model; an application's own `/messages` does not.
        if b'"model"' in content:
            self._judge(self.recorder.redacted(self.library.request(request, content)))
        return await io.send(request)

    def _judge(self, asked: Request) -> None:
        patterns = " ".join([*self.recorder.settings.endpoints, f"*{self.endpoint}"])
        what = f"{asked.method} {asked.url} is a model endpoint that is not recorded"
        if self.recorder.replaying:
            raise self.recorder.refuse(
                f"{what}, and this test replays.\n  To record it as well: samurai_endpoints = {patterns}"
            )
        self.recorder.note(
            f"{what}: it went live, and a replay will refuse it; to record it as well: samurai_endpoints = {patterns}"
        )


class Watched(Transport):
    """Counts or blocks a chat call for which no recorder is open."""

    def __init__(self, library: Library, own: Any, unmarked: Unmarked) -> None:
        super().__init__(library, own)
        self.unmarked = unmarked

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        blocked = self.unmarked.block or has_placeholder(headers_of(request.headers))
        if blocked and not self.library.is_mocked(self.own):
            raise self.unmarked.refused(str(request.url))
        response = await io.send(request)
        if self.library.came_live(response, self.own):
            self.unmarked.went_live()
        return response
