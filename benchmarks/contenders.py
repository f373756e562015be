"""The contenders: how each one writes, replays and records a cassette, with its best setting for that.

A contender runs in a process of its environment. What it needs is imported on first use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.workload import JSON, REPLY_HEADERS, URL, Exchange


class Refused(Exception):
    """A contender cannot do the job; the text says why."""


class Contender:
    """The base of all contenders. One that does not define a job cannot do it."""

    name: str
    environment: str
    setting: str
    """Its setting for replay, in words for the results."""
    writes = True
    """Whether it has cassettes."""

    def client_options(self, module: Any) -> dict[str, Any]:
        """Keywords for an httpx or httpx2 client."""
        return {}

    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> AbstractContextManager[object]:
        """Replay from a cassette that holds `recorded`. `played` is the part that will be asked for, in this order.

        `module` is the library of the client: "httpx", "httpx2" or "openai" (whose version 3 uses httpx2).
        """
        raise Refused("has no replay")

    def loader(self) -> Callable[[Path], object]:
        """The function that reads a cassette from its file."""
        raise Refused("has no cassettes")

    def touch(self, loaded: Any) -> list[tuple[bytes, bytes]]:
        """Every body of a loaded cassette, as (request, reply)."""
        raise Refused("has no cassettes")

    def saver(self, exchanges: Sequence[Exchange]) -> Callable[[Path], None]:
        """A function that writes a cassette with these interactions, which are already in the contender's own form."""
        raise Refused("has no cassettes")

    def recording(self, path: Path) -> AbstractContextManager[object]:
        """Record to a new cassette, written when the block ends."""
        raise Refused("records nothing")


class Floor(Contender):
    """httpx's own MockTransport: the next answer, whatever is asked, without cassette or matching.

    It answers with the headers that this project keeps. They exist before the call, so it only has to make the
    response.
    """

    name = "floor"
    environment = "samurai"
    writes = False
    setting = "httpx.MockTransport (of httpx2 where the client is): the next answer, nothing matched"

    def __init__(self) -> None:
        self._answers: Iterator[tuple[dict[str, str], Any]] = iter(())

    def client_options(self, module: Any) -> dict[str, Any]:
        def answer(_: Any) -> Any:
            headers, content = next(self._answers)
            return module.Response(200, headers=headers, content=content)

        return {"transport": module.MockTransport(answer)}

    @contextmanager
    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> Iterator[None]:
        self._answers = iter([_prepared(exchange) for exchange in played])
        yield

    @contextmanager
    def recording(self, path: Path) -> Iterator[None]:
        """Live: nothing is recorded."""
        yield


class Samurai(Contender):
    """This project."""

    name = "samurai"
    environment = "samurai"
    setting = 'use_cassette(path, mode="none", unused="ignore"); of a file seen before, the same one again'

    def __init__(self) -> None:
        self._used: dict[Path, AbstractContextManager[object]] = {}

    def saver(self, exchanges: Sequence[Exchange]) -> Callable[[Path], None]:
        from pytest_samurai import cassette, wire
        from pytest_samurai.redaction import REQUEST_HEADERS, RESPONSE_HEADERS

        def interaction(number: int, exchange: Exchange) -> wire.Interaction:
            streamed = exchange.content_type != JSON
            chunks = tuple(wire.Chunk(len(piece), at / 100) for at, piece in enumerate(exchange.chunks))
            return wire.Interaction(
                wire.Request("POST", URL, _kept(exchange.request_headers, REQUEST_HEADERS), exchange.request),
                wire.Reply(
                    200,
                    "OK",
                    _kept(exchange.headers, RESPONSE_HEADERS),
                    exchange.reply,
                    chunks if streamed else None,
                    duration=0.2,
                ),
                f"2026-11-24T08:00:00.{number:06d}Z",
                # The same as in every recording. Without it, the price would be looked up, which takes as long as many
                # tests.
                price=price,
            )

        price = wire.Price(source="genai-prices", input_mtok=Decimal("0.15"), output_mtok=Decimal("0.6"))

        items = [interaction(number, exchange) for number, exchange in enumerate(exchanges)]
        return lambda path: cassette.save(path, items)

    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> AbstractContextManager[object]:
        # A pytest run keeps what it has read for all of its tests. Outside of pytest, the object does.
        if path not in self._used:
            from pytest_samurai import use_cassette

            # Another job: the previous one has deleted its files. Not each time, because that would be most of the
            # measurement.
            if self._used and next(reversed(self._used)).parent != path.parent:
                self._used = {seen: used for seen, used in self._used.items() if seen.exists()}
            self._used[path] = use_cassette(path, mode="none", unused="ignore")
        return self._used[path]

    def recording(self, path: Path) -> AbstractContextManager[object]:
        from pytest_samurai import use_cassette

        return use_cassette(path, mode="once")

    def loader(self) -> Callable[[Path], object]:
        from pytest_samurai.cassette import Shelf

        # One for all cassettes, as in a run.
        shelf = Shelf()
        return lambda path: shelf.load(path).recordings

    def touch(self, loaded: Any) -> list[tuple[bytes, bytes]]:
        return [(recording.request.body, recording.reply.body) for recording in loaded]


def _prepared(exchange: Exchange) -> tuple[dict[str, str], Any]:
    return _kept_of(exchange.content_type), exchange.reply if len(exchange.chunks) == 1 else iter(exchange.chunks)


@lru_cache
def _kept_of(content_type: str) -> dict[str, str]:
    from pytest_samurai.redaction import RESPONSE_HEADERS

    return dict(_kept({**REPLY_HEADERS, "content-type": content_type}, RESPONSE_HEADERS))


def _kept(headers: Mapping[str, str], names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The headers that its recorder keeps."""
    return tuple(
        (name, value) for name, value in headers.items() if any(fnmatchcase(name, pattern) for pattern in names)
    )


class Vcrpy(Contender):
    """vcrpy, matching the body (as JSON, by its content type)."""

    name = "vcrpy"
    environment = "vcrpy"
    setting = 'VCR(record_mode="none", match_on=["method", "uri", "body"])'
    match_on: Sequence[str] | None = ("method", "uri", "body")

    def _using(self, path: Path, mode: str) -> AbstractContextManager[object]:
        import vcr

        matching = {} if self.match_on is None else {"match_on": self.match_on}
        used: AbstractContextManager[object] = vcr.VCR(record_mode=mode, **matching).use_cassette(str(path))
        return used

    def saver(self, exchanges: Sequence[Exchange]) -> Callable[[Path], None]:
        from vcr.persisters.filesystem import FilesystemPersister
        from vcr.request import Request
        from vcr.serializers import yamlserializer

        data = {
            "requests": [
                Request("POST", URL, exchange.request.decode(), exchange.request_headers) for exchange in exchanges
            ],
            "responses": [
                {
                    "status": {"code": 200, "message": "OK"},
                    "headers": _listed(exchange.headers),
                    "body": {"string": exchange.reply},
                }
                for exchange in exchanges
            ],
        }
        return lambda path: FilesystemPersister.save_cassette(path, data, yamlserializer)

    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> AbstractContextManager[object]:
        return self._using(path, "none")

    def recording(self, path: Path) -> AbstractContextManager[object]:
        return self._using(path, "all")

    def loader(self) -> Callable[[Path], object]:
        from vcr.persisters.filesystem import FilesystemPersister
        from vcr.serializers import yamlserializer

        return lambda path: FilesystemPersister.load_cassette(path, yamlserializer)

    def touch(self, loaded: Any) -> list[tuple[bytes, bytes]]:
        requests, responses = loaded
        return [
            (request.body, response["body"]["string"]) for request, response in zip(requests, responses, strict=True)
        ]


def _listed(headers: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers.items()}


class VcrpyDefault(Vcrpy):
    """vcrpy with its defaults: the body is not matched, so recordings are only right in the order of recording."""

    name = "vcrpy, default"
    setting = 'VCR(record_mode="none"): the body is not matched; records with record_mode="all"'
    match_on = None


class Cassetter(Contender):
    """cassetter, matching JSON bodies."""

    name = "cassetter"
    environment = "cassetter"
    setting = 'use_cassette(path, record_mode="none", match_on=["method", "uri", "json_body"], intercept=[client])'

    def saver(self, exchanges: Sequence[Exchange]) -> Callable[[Path], None]:
        from cassetter import _core

        held = _core.Cassette()
        for number, exchange in enumerate(exchanges):
            request = _core.HttpRequest(
                "POST", URL, _listed(exchange.request_headers), _core.process_body(exchange.request, JSON, None)
            )
            response = _core.HttpResponse(
                200, _listed(exchange.headers), _core.process_body(exchange.reply, exchange.content_type, None)
            )
            held.add_interaction(_core.HttpInteraction(request, response, f"2026-11-24T08:00:00.{number:06d}+00:00"))
        return lambda path: held.save(str(path))

    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> AbstractContextManager[object]:
        from cassetter import use_cassette

        beneath = "httpx2" if module == "openai" else module
        return use_cassette(path, record_mode="none", match_on=["method", "uri", "json_body"], intercept=[beneath])

    def recording(self, path: Path) -> AbstractContextManager[object]:
        from cassetter import use_cassette

        return use_cassette(path, record_mode="once", match_on=["method", "uri", "json_body"], intercept=["httpx"])

    def loader(self) -> Callable[[Path], object]:
        from cassetter import _core

        return lambda path: _core.Cassette.load(str(path))

    def touch(self, loaded: Any) -> list[tuple[bytes, bytes]]:
        from cassetter.compare import body_to_bytes

        return [
            (body_to_bytes(interaction.request.body) or b"", body_to_bytes(interaction.response.body) or b"")
            for interaction in loaded.interactions
        ]


class Respx(Contender):
    """respx, with a route for each prompt."""

    name = "respx"
    environment = "mocks"
    writes = False
    setting = 'respx.mock(using="httpx"), one route per prompt, matched by URL and the bytes of the body'

    @contextmanager
    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> Iterator[None]:
        import httpx
        import respx

        with respx.mock(using="httpx", assert_all_called=False) as router:
            for exchange in recorded:
                route = router.post(URL, content=exchange.sent)
                content = exchange.reply if len(exchange.chunks) == 1 else list(exchange.chunks)
                route.return_value = httpx.Response(200, headers=exchange.headers, content=content)
            yield


class PytestHttpx(Contender):
    """pytest-httpx, with a response for each prompt."""

    name = "pytest-httpx"
    environment = "mocks"
    writes = False
    setting = "httpx_mock.add_response(url, method, match_content), one per prompt"

    @contextmanager
    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> Iterator[None]:
        import httpx
        from pytest_httpx import HTTPXMock, IteratorStream
        from pytest_httpx._options import _HTTPXMockOptions

        # The same as its fixture does. There is no other way to it outside of a test.
        mock = HTTPXMock(_HTTPXMockOptions(assert_all_responses_were_requested=False))
        for exchange in recorded:
            body: dict[str, Any] = (
                {"content": exchange.reply}
                if len(exchange.chunks) == 1
                else {"stream": IteratorStream(list(exchange.chunks))}
            )
            mock.add_response(url=URL, method="POST", match_content=exchange.sent, headers=exchange.headers, **body)
        with ExitStack() as undo:
            for owner, name, handle in (
                (httpx.HTTPTransport, "handle_request", mock._handle_request),
                (httpx.AsyncHTTPTransport, "handle_async_request", mock._handle_async_request),
            ):
                undo.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, _method(handle))
            yield


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    """As a function of a class: a bound method would not get the transport."""
    return lambda transport, request: function(transport, request)


class PytestMockllm(Contender):
    """pytest-mockllm: only the SDKs' calls, with JSON parsed and written again."""

    name = "pytest-mockllm"
    environment = "mockllm"
    setting = 'LLMRecorder(path, record_mode="none")'

    def saver(self, exchanges: Sequence[Exchange]) -> Callable[[Path], None]:
        from pytest_mockllm.recording import Cassette, RecordedInteraction

        def recorded(exchange: Exchange) -> Any:
            is_json = exchange.content_type == JSON
            return RecordedInteraction(
                request={
                    "method": "POST",
                    "url": URL,
                    "headers": exchange.request_headers,
                    "body": json.loads(exchange.request),
                },
                response={
                    "status_code": 200,
                    "headers": exchange.headers,
                    "encoding": "json" if is_json else "text",
                    "body": json.loads(exchange.reply) if is_json else exchange.reply.decode(),
                },
                provider="openai",
                model="gpt-4o-mini",
            )

        held = Cassette(name="benchmark", interactions=list(map(recorded, exchanges)))
        return lambda path: held.save(path)

    def replaying(
        self, path: Path, recorded: Sequence[Exchange], played: Sequence[Exchange], module: str
    ) -> AbstractContextManager[object]:
        from pytest_mockllm.recording import LLMRecorder

        if module != "openai":
            raise Refused("sees calls of the openai and anthropic SDKs only")
        recorder: AbstractContextManager[object] = LLMRecorder(path, record_mode="none")
        return recorder

    def loader(self) -> Callable[[Path], object]:
        from pytest_mockllm.recording import Cassette

        load: Callable[[Path], object] = Cassette.load
        return load

    def touch(self, loaded: Any) -> list[tuple[bytes, bytes]]:
        def spelled(body: Any) -> bytes:
            return body.encode() if isinstance(body, str) else json.dumps(body).encode()

        return [
            (spelled(interaction.request["body"]), spelled(interaction.response["body"]))
            for interaction in loaded.interactions
        ]


CONTENDERS: Mapping[str, type[Contender]] = {
    kind.name: kind for kind in (Floor, Samurai, Vcrpy, VcrpyDefault, Cassetter, Respx, PytestHttpx, PytestMockllm)
}
