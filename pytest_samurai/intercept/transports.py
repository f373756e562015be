"""What happens to a request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pytest_samurai.intercept.asked import Asked
from pytest_samurai.intercept.library import Library, headers_of
from pytest_samurai.intercept.state import MAY_CONNECT, Unmarked, anywhere
from pytest_samurai.intercept.twins import Awaiting, Blocking, Transport
from pytest_samurai.recorder import (
    Host,
    Played,
    Recorder,
    Suspect,
    Take,
    copied,
    has_placeholder,
    held,
    is_host_of,
    judge,
    let_pass,
    suspect,
    suspect_by_body,
)
from pytest_samurai.wire import COMPLETE, Request, asks_model, calls_model


async def sent(request: Any, io: Blocking | Awaiting, may_connect: Callable[[Host], bool] = anywhere) -> Any:
    """The response to a visible request, whose connection is not an unknown client's."""
    token = MAY_CONNECT.set(may_connect)
    try:
        return await io.send(request)
    finally:
        MAY_CONNECT.reset(token)


async def passed(library: Library, own: Any, request: Any, io: Blocking | Awaiting) -> Any:
    """The response to a request that passes.

    A user's own transport may hide another client. That client may only connect to the request's host.
    """
    may_connect = anywhere if library.is_own(own) else partial(is_host_of, str(request.url))
    return await sent(request, io, may_connect)


def replayed(library: Library, played: Played, recorder: Recorder, request: Any) -> Any:
    """The recorded response."""
    reply, cut = played.reply, recorder.cut_headers
    if reply.chunks is None and reply.ending == COMPLETE:
        response = library.response(reply, library.whole(reply.body), cut)
    else:
        response = library.response(reply, library.replay(played, recorder, library.error), cut)
    note_redirect(library, recorder, request, response)
    return response


def note_redirect(library: Library, recorder: Recorder, request: Any, response: Any) -> None:
    """Remember where a call's reply leads: what is asked there is part of the call, on any host."""
    if response.status_code != 200 and (url := library.next_url(request, response)):
        recorder.hosts.lead_to(url)


class Recorded(Transport):
    """Replays or records a request to one of the recorder's endpoints."""

    def __init__(self, library: Library, own: Any, recorder: Recorder, url: str, *, is_sure: bool) -> None:
        super().__init__(library, own)
        self.recorder = recorder
        self.url = url
        self.is_sure = is_sure

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        content = await io.read(request)
        if not self.is_sure and not calls_model(self.url, content):
            return await self._beside(request, io)
        self.recorder.sent.append((request.headers, self.url))
        # Most replays need no headers, and there are many of them.
        exchange: Played | Take | None = self.recorder.replay(Request(request.method, self.url, (), content))
        if exchange is None:
            asked = self.library.request(request, content)
            exchange = self.recorder.handle(asked)
            if exchange is None:
                return await self._let_pass(asked, request, io)
        if isinstance(exchange, Played):
            return replayed(self.library, exchange, self.recorder, request)
        try:
            response = await self._live(exchange, request, io)
        except BaseException:
            exchange.lost()
            raise
        note_redirect(self.library, self.recorder, request, response)
        return self._record(exchange, response)

    async def _live(self, take: Take, request: Any, io: Blocking | Awaiting) -> Any:
        question = take.question
        if question is None or self.library.is_mocked(self.own):
            # A server's stand-in gives its prepared answer, whatever it is asked.
            take.question = None
            return await sent(request, io)
        return await Asked(self.library, take, question, request, io, sent, self._record).response()

    async def _let_pass(self, asked: Request, request: Any, io: Blocking | Awaiting) -> Any:
        if not self.library.is_mocked(self.own):
            let_pass(self.recorder, asked)
        return await passed(self.library, self.own, request, io)

    async def _beside(self, request: Any, io: Blocking | Awaiting) -> Any:
        """An application's own request to a path that a model API also has."""
        suspected = suspect(self.recorder.hosts, self.url)
        assert suspected is not None  # the paths of all APIs are known to be a model's
        return await Other(self.library, self.own, self.recorder, suspected).answer(request, io)

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


class Copied(Transport):
    """Refuses a call in a forked child, where the recorder is a copy of the test's."""

    def __init__(self, library: Library, own: Any, recorder: Recorder) -> None:
        super().__init__(library, own)
        self.recorder = recorder

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        del io
        raise copied(self.recorder, self.library.request(request, b""))


class Passing(Transport):
    """Lets a request pass whose URL has nothing to do with models, unless its body does, and says that it was seen."""

    def __init__(self, library: Library, own: Any, recorder: Recorder) -> None:
        super().__init__(library, own)
        self.recorder = recorder

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        asks = self.library.may_be_json(request) and asks_model(await io.read(request))
        if asks and not self.library.is_mocked(self.own):
            suspected = suspect_by_body(str(request.url))
            return await Other(self.library, self.own, self.recorder, suspected).answer(request, io)
        return await passed(self.library, self.own, request, io)


class Other(Transport):
    """Replays what the cassette has outside the endpoints. Refuses or notes anything else that may be a model's."""

    def __init__(self, library: Library, own: Any, recorder: Recorder, suspected: Suspect) -> None:
        super().__init__(library, own)
        self.recorder = recorder
        self.suspected = suspected

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        content = await io.read(request)
        # An application's own `/messages` names no model.
        if not self.suspected.path.is_meant(content):
            return await passed(self.library, self.own, request, io)
        asked = self.library.request(request, content)
        played = held(self.recorder, asked)
        if played is not None:
            return replayed(self.library, played, self.recorder, request)
        judge(self.recorder, asked, self.suspected)
        response = await passed(self.library, self.own, request, io)
        note_redirect(self.library, self.recorder, request, response)
        return response


class Watched(Transport):
    """Counts or blocks a model call while no recorder is open."""

    def __init__(self, library: Library, own: Any, unmarked: Unmarked, *, is_sure: bool) -> None:
        super().__init__(library, own)
        self.unmarked = unmarked
        self.is_sure = is_sure

    async def answer(self, request: Any, io: Blocking | Awaiting) -> Any:
        if not self.is_sure and not calls_model(str(request.url), await io.read(request)):
            return await io.send(request)
        blocked = self.unmarked.block or has_placeholder(headers_of(request.headers), str(request.url))
        if blocked and not self.library.is_mocked(self.own):
            raise self.unmarked.refused(str(request.url))
        response = await io.send(request)
        if self.library.came_live(response, self.own):
            self.unmarked.went_live()
        return response
