"""What becomes of a request."""

from __future__ import annotations

from typing import Any

from pytest_samurai.intercept.library import Library, headers_of
from pytest_samurai.intercept.state import PASSING, Unmarked
from pytest_samurai.intercept.twins import Awaiting, Blocking, Transport
from pytest_samurai.recorder import Played, Recorder, Take, has_placeholder
from pytest_samurai.wire import COMPLETE, Request


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
        asking = exchange.asking
        response = await io.send(request if asking is None else self.library.with_body(request, asking))
        if exchange.may_be_refused_for_asking(response.status_code):
            await io.close(response)
            exchange.asking = None
            response = await io.send(request)
        return self._record(exchange, response)

    def _replay(self, played: Played) -> Any:
        reply, cut = played.reply, self.recorder.cut_headers
        if reply.chunks is None and reply.ending == COMPLETE:
            return self.library.response(reply, self.library.whole(reply.body), cut)
        return self.library.response(reply, self.library.replay(reply, self.recorder, self.library.error), cut)

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
