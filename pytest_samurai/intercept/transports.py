"""What becomes of a request."""

from __future__ import annotations

from typing import Any

from pytest_samurai.intercept.library import Library, headers_of
from pytest_samurai.intercept.state import PASSING, Unmarked
from pytest_samurai.intercept.twins import Awaiting, Blocking, Transport
from pytest_samurai.recorder import Played, Recorder, Take, has_placeholder
from pytest_samurai.wire import COMPLETE, Request


class Recorded(Transport):
    """Replays or records the request for whose URL it was chosen."""

    def __init__(self, library: Library, real: Any, recorder: Recorder, url: str) -> None:
        super().__init__(library, real)
        self.recorder = recorder
        self.url = url

    async def answer(self, request: Any, real: Blocking | Awaiting) -> Any:
        content = await real.read(request)
        # Its headers are many, and most replays need none.
        played = self.recorder.replay(Request(request.method, self.url, (), content))
        exchange = played or self.recorder.handle(self.library.request(request, content))
        if exchange is None:
            return await real.send(request)
        if isinstance(exchange, Played):
            return self._replay(exchange)
        asking = exchange.asking
        response = await real.send(request if asking is None else self.library.with_body(request, asking))
        if exchange.may_be_refused_for_asking(response.status_code):
            await real.close(response)
            exchange.asking = None
            response = await real.send(request)
        return self._record(exchange, response)

    def _replay(self, played: Played) -> Any:
        reply = played.reply
        if reply.chunks is None and reply.ending == COMPLETE:
            return self.library.response(reply, self.library.module.ByteStream(reply.body))
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
    """A request that goes its way, in a test that replays: seen, and so no connection to wonder about."""

    async def answer(self, request: Any, real: Blocking | Awaiting) -> Any:
        token = PASSING.set(True)
        try:
            return await real.send(request)
        finally:
            PASSING.reset(token)


class Other(Transport):
    """Another model endpoint: refused while a test replays, named while it records."""

    def __init__(self, library: Library, real: Any, recorder: Recorder, endpoint: str) -> None:
        super().__init__(library, real)
        self.recorder = recorder
        self.endpoint = endpoint

    async def answer(self, request: Any, real: Blocking | Awaiting) -> Any:
        body = await real.read(request)
        # Every model endpoint asks for a model; an application's own `/messages` does not.
        if b'"model"' in body:
            self._judge(self.recorder.redacted(self.library.request(request, body)))
        return await real.send(request)

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
    """A chat call without a recorder."""

    def __init__(self, library: Library, real: Any, unmarked: Unmarked) -> None:
        super().__init__(library, real)
        self.unmarked = unmarked

    async def answer(self, request: Any, real: Blocking | Awaiting) -> Any:
        refused = self.unmarked.block or has_placeholder(headers_of(request.headers))
        if refused and not self.library.is_mocked(self.real):
            raise self.unmarked.refused(str(request.url))
        response = await real.send(request)
        # Only a reply that came over a connection has one; those of mocks, and of other recorders, do not.
        if not self.library.is_network(self.real) or "network_stream" in response.extensions:
            self.unmarked.went_live()
        return response
