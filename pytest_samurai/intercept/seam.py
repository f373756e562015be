"""The one seam through which every request of httpx and httpx2 passes, sync and async.

`Client._transport_for_url` chooses the transport of each request, whatever the client, its transport, its mounts or
its proxies, and whenever it was made. (Patching `HTTPTransport` misses custom transports and aiohttp's.)
The patches and the open recorders are this module's state, and the project's only one: a process has one `httpx`.
"""

from __future__ import annotations

import importlib.abc
import socket
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import ModuleSpec
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.tls import deferring, is_known
from pytest_samurai.matching import Endpoints
from pytest_samurai.recorder import Played, Recorder, Take, has_placeholder
from pytest_samurai.wire import CLOSED, COMPLETE, Headers, Reply, Request

if TYPE_CHECKING:
    from httpx import AsyncClient as AsyncClient
    from httpx import Client as Client

MODULES = ("httpx", "httpx2")
_SEAM = "_transport_for_url"
_TLS_SEAM = "create_ssl_context"

OTHER_ENDPOINTS = Endpoints(("*/responses", "*/messages", "*/completions", "*/embeddings"))
"""Other model endpoints: not recorded, and so refused while a test replays, which must not go live by surprise."""


class Unmarked(Protocol):
    """What is to become of chat calls where no recorder is open."""

    endpoints: Endpoints
    block: bool

    def refused(self, url: str) -> RequestNotRecorded: ...

    def went_live(self) -> None: ...


# --- state


@dataclass
class _Opened:
    recorder: Recorder
    outer: _Opened | None


@dataclass
class _State:
    users: int = 0
    patches: dict[Any, _Patch] = field(default_factory=dict)
    opened: list[_Opened] = field(default_factory=list)
    cassettes: set[Path] = field(default_factory=set)
    connections: list[_Patch] = field(default_factory=list)
    unmarked: Unmarked | None = None
    libraries: dict[ModuleType, _Library] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


_state = _State()
_current: ContextVar[_Opened | None] = ContextVar("pytest_samurai_recorder", default=None)
_passing: ContextVar[bool] = ContextVar("pytest_samurai_passing", default=False)


def _opened() -> list[_Opened]:
    """The recorder of this context; in a bare thread, or a context that outlived its recorder, those that are open."""
    opened = _current.get()
    if opened is not None and opened.recorder.is_open:
        return [opened]
    with _state.lock:
        return [one for one in _state.opened if not any(other.outer is one for other in _state.opened)]


def _ambiguous(opened: Sequence[_Opened]) -> RequestNotRecorded:
    text = (
        f"{len(opened)} recorders are open, and this thread does not say whose it is;"
        " start it with contextvars.copy_context().run"
    )
    return [one.recorder.refuse(text) for one in opened][-1]


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Send the requests of this context, and of threads that have no other, to the recorder."""
    # Of this context alone: a recorder that another thread has opened is not around this one.
    opened = _Opened(recorder, _current.get())
    install(later=True)
    _current.set(opened)
    with _state.lock:
        _state.opened.append(opened)
        _state.cassettes.add(recorder.cassette_path)
        _state.connections = _state.connections or _watch_connections()
    try:
        yield
    finally:
        with _state.lock:
            _state.opened.remove(opened)
            while _state.connections and not _state.opened:
                _state.connections.pop().remove()
        # Not by a token, which only the context that set it may use: a fixture may be torn down in another one.
        if _current.get() is opened:
            _current.set(opened.outer)
        uninstall()


def take_cassettes() -> set[Path]:
    """The cassettes of all recorders, whosever they were, since this was asked last."""
    with _state.lock:
        taken, _state.cassettes = _state.cassettes, set()
    return taken


def watch(unmarked: Unmarked | None) -> None:
    """Ask `unmarked` about every chat call for which no recorder is open; None to let them pass."""
    _state.unmarked = unmarked


# --- patches


def install(*, later: bool) -> None:
    """Patch the modules that are imported; with `later`, those that will be as well. Calls nest with `uninstall`."""
    with _state.lock:
        _state.users += 1
        patch_imported()
        if later and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())


def patch_imported() -> None:
    """Patch what has been imported since; where nothing has, a few look-ups."""
    with _state.lock:
        for name in MODULES:
            module = sys.modules.get(name)
            if module is not None:
                _patch(module)


def uninstall() -> None:
    """The last one out takes the patches with it."""
    with _state.lock:
        _state.users -= 1
        if _state.users:
            return
        while _state.patches:
            _state.patches.popitem()[1].remove()
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]


def _patch(module: ModuleType) -> None:
    for client in (getattr(module, "Client", None), getattr(module, "AsyncClient", None)):
        # `httpx2.alias_httpx()` makes two names for one class.
        if client is not None and client not in _state.patches:
            # Kept when the patches come out, maybe after each test: its classes take longer to make than all the rest.
            if module not in _state.libraries:
                _state.libraries[module] = _Library(module)
            _state.patches[client] = _Patch(client, _SEAM, partial(_routed, _state.libraries[module]))
    # In the module that makes the transports. Who calls the public one asks for a context, and gets it.
    transports = sys.modules.get(f"{module.__name__}._transports.default")
    if is_known(getattr(transports, _TLS_SEAM, None), f"{module.__name__}._config"):
        _state.patches[transports] = _Patch(transports, _TLS_SEAM, _deferred)


class _Patch:
    """An attribute of somebody else's object, replaced until it is put back.

    `wrap` makes what replaces it, out of what was there and the patch itself.
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any, _Patch], Any]) -> None:
        self.active = True
        self._owner = owner
        self._name = name
        # A method that the owner inherits is nothing that it has itself.
        self._own = vars(owner).get(name)
        self._replacement = wrap(getattr(owner, name), self)
        setattr(owner, name, self._replacement)

    def remove(self) -> None:
        """Put back what was there, unless somebody has wrapped ours: that stays, and hands everything through."""
        self.active = False
        if vars(self._owner).get(self._name) is self._replacement:
            if self._own is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)
        # It knows this patch: the two would stay until garbage is collected, some for each test.
        self._replacement = None


def _routed(library: _Library, original: Any, patch: _Patch) -> Any:
    def _transport_for_url(client: Any, url: Any) -> Any:
        transport = original(client, url)
        return _route(library, transport, url) if patch.active else transport

    return _transport_for_url


def _deferred(original: Any, patch: _Patch) -> Any:
    # Active or not: where no recorder is open, it hands everything through.
    del patch
    return deferring(original, _only_replaying)


def _only_replaying() -> bool:
    """Whether a client that is made here and now is one of a replay, which opens no connection."""
    opened = _opened()
    return bool(opened) and all(one.recorder.replaying and one.recorder.settings.lazy_tls for one in opened)


class _Finder(importlib.abc.MetaPathFinder):
    """Patches the modules that are imported later."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in MODULES:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = None if finder is self or find is None else find(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader)
                return cast("ModuleSpec", spec)
        return None


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None  # the import system has just set it
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        with _state.lock:
            if _state.users:  # pragma: no branch - a thread may have taken the patches out in the meantime
                _patch(module)


def _watch_connections() -> list[_Patch]:
    """Watch over the connections that are made while a recorder is open, for those of clients that no hook sees.

    By patches, as above: an audit hook would see them too, but is called for every event there is, and never comes out.
    They come out with the last recorder, since tools that forbid connections go in and out test by test as well.
    """
    names: dict[str, str] = {}

    def connecting(original: Any, patch: _Patch) -> Any:
        def connect(sock: Any, address: Any) -> Any:
            match address:
                case str(host), int(port), *_ if patch.active and not _passing.get():
                    for opened in _opened():
                        opened.recorder.connected(names.get(host, host), port)
            return original(sock, address)

        return connect

    def resolving(original: Any, patch: _Patch) -> Any:
        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            found = original(host, *arguments, **options)
            # Here it is not known whose connection it will be: asyncio asks in a thread without a context.
            if patch.active and host is not None:
                # Trio gives bytes, and looks the address up as well, which is no name of it.
                name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
                names.update((address[0], name) for *_, address in found if address[0] != name)
            return found

        return getaddrinfo

    return [
        _Patch(socket.socket, "connect", connecting),
        _Patch(socket.socket, "connect_ex", connecting),
        _Patch(socket, "getaddrinfo", resolving),
    ]


# --- clients of our own


def client(**options: Any) -> Client:
    """An `httpx.Client`, for those who do not import httpx."""
    import httpx

    return httpx.Client(**options)


def async_client(**options: Any) -> AsyncClient:
    """An `httpx.AsyncClient` that keeps no connection: nobody has its event loop when it would have to be closed."""
    import httpx

    return httpx.AsyncClient(**options, limits=httpx.Limits(max_keepalive_connections=0))


# --- the library


class _Library:
    """httpx or httpx2, as this room needs it."""

    def __init__(self, module: ModuleType) -> None:
        self.module: Any = module
        self._stand_ins = (module.MockTransport, module.ASGITransport, module.WSGITransport)
        self._network = (module.HTTPTransport, module.AsyncHTTPTransport)
        # The library wants streams of its own classes, and takes one that is sync and async at once.
        bases = (module.SyncByteStream, module.AsyncByteStream)
        self.tee: Any = type("Tee", (_Tee, *bases), {})
        self.replay: Any = type("Replay", (_Replay, *bases), {})

    # --- transports

    def is_stand_in(self, transport: Any) -> bool:
        """Whether a transport stands in for the network: the library's own for tests, or Starlette's."""
        return isinstance(transport, self._stand_ins) or type(transport).__module__ == "starlette.testclient"

    def is_network(self, transport: Any) -> bool:
        """Whether a transport is the library's own that opens connections."""
        return isinstance(transport, self._network)

    def is_mocked(self, transport: Any) -> bool:
        """Whether another tool (respx, pytest-httpx, vcrpy) stands in for the network behind this transport."""
        pool = getattr(transport, "_pool", None)
        return isinstance(transport, self._network) and any(
            not _is_own(getattr(owner, name, None))
            for owner in (transport, pool)
            for name in ("handle_request", "handle_async_request")
            if hasattr(owner, name)
        )

    # --- requests

    def request(self, request: Any, content: bytes) -> Request:
        return Request(request.method, str(request.url), _headers(request.headers), content)

    def with_body(self, request: Any, body: bytes) -> Any:
        """The request with another body; uncompressed replies, since events have to be read on their way through."""
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name.lower() not in (b"content-length", b"transfer-encoding", b"accept-encoding")
        ]
        return self.module.Request(
            request.method,
            request.url,
            headers=[*headers, (b"accept-encoding", b"identity")],
            content=body,
            extensions=request.extensions,
        )

    # --- responses

    def response(self, reply: Reply, stream: object) -> Any:
        extensions = {"http_version": reply.http_version.encode()}
        if reply.reason:
            extensions["reason_phrase"] = reply.reason.encode("ascii", "ignore")
        try:
            headers = self.module.Headers(reply.headers, "ascii")
        except UnicodeEncodeError:
            headers = self.module.Headers(reply.headers, "utf-8")
        response = self.module.Response(reply.status, headers=headers, stream=stream, extensions=extensions)
        # Else the library finds it out by decoding each of them.
        response.headers.encoding = headers.encoding
        return response

    def content(self, response: Any) -> bytes | None:
        """The body of a response that was read already, decoded; a transport of the user's own may hand out one."""
        try:
            content: bytes = response.content
        except self.module.ResponseNotRead:
            return None
        return content

    def with_content(self, response: Any, content: bytes) -> Any:
        """The response, read already, with another body."""
        kept = [
            (name, value)
            for name, value in _headers(response.headers)
            if name not in ("content-length", "content-encoding")
        ]
        return self.module.Response(response.status_code, headers=kept, content=content, extensions=response.extensions)

    def decoder(self, headers: Headers) -> Callable[[Sequence[bytes]], list[bytes]] | None:
        """What undoes the content encoding of pieces, each for itself; None if there is none."""
        encoding = dict(headers).get("content-encoding", "identity")
        if encoding == "identity":
            return None

        def decode(pieces: Sequence[bytes]) -> list[bytes]:
            decoded = [b""] * len(pieces)
            index = 0

            def feed() -> Iterator[bytes]:
                nonlocal index
                for number, piece in enumerate(pieces):
                    index = number
                    yield piece

            response = self.module.Response(200, headers={"content-encoding": encoding}, content=feed())
            try:
                for data in response.iter_bytes():
                    decoded[index] += data
            except self.module.DecodingError:
                # The application got this error too; what came before it is what there is.
                return decoded
            return decoded

        return decode

    def error(self, name: str) -> Exception:
        """The transport's error of that name; for a name it does not have RemoteProtocolError, a dropped connection."""
        kind = getattr(self.module, name, None)
        if not (isinstance(kind, type) and issubclass(kind, self.module.TransportError)):
            kind = self.module.RemoteProtocolError
        return kind(f"the connection broke here when this was recorded ({name})")  # type: ignore[no-any-return]  # httpx is Any here


def _headers(headers: Any) -> Headers:
    return tuple((name.lower(), value) for name, value in headers.multi_items())


def _is_own(method: Any) -> bool:
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    return code is not None and any(f"{name}/" in code.co_filename.replace("\\", "/") for name in _OWN_PACKAGES)


_OWN_PACKAGES = ("/httpx", "/httpx2", "/httpcore", "/httpcore2")


# --- routing


def _route(library: _Library, transport: Any, url: Any) -> Any:
    """The transport for a URL: the client's own, or ours in front of it where there is something to decide."""
    opened = _opened()
    unmarked = _state.unmarked
    if not opened and unmarked is None:
        return transport
    if library.is_stand_in(transport):
        return transport
    text = str(url)
    if not opened:
        assert unmarked is not None
        return _Watched(library, transport, unmarked) if unmarked.endpoints.match(text) is not None else transport
    recorder = opened[0].recorder
    if recorder.endpoints.match(text) is not None:
        if len(opened) > 1:
            raise _ambiguous(opened)
        return _Recorded(library, transport, recorder, text)
    passing = _Passing(library, transport) if recorder.replaying else transport
    endpoint = OTHER_ENDPOINTS.match(text)
    return passing if endpoint is None else _Other(library, passing, recorder, endpoint)


# --- sync and async


class _Blocking:
    """A sync transport: what is awaited of it has been done at once."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> bytes:
        """The body of a request."""
        return request.read()  # type: ignore[no-any-return]  # httpx is Any here

    async def send(self, request: Any) -> Any:
        """The response to a request."""
        return self._transport.handle_request(request)

    async def close(self, response: Any) -> None:
        """Leave a response that nobody will read."""
        response.close()


class _Awaiting:
    """An async transport."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def read(self, request: Any) -> bytes:
        """As `_Blocking.read`."""
        return await request.aread()  # type: ignore[no-any-return]  # httpx is Any here

    async def send(self, request: Any) -> Any:
        """As `_Blocking.send`."""
        return await self._transport.handle_async_request(request)

    async def close(self, response: Any) -> None:
        """As `_Blocking.close`."""
        await response.aclose()


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")  # pragma: no cover - `_Blocking` does not


class _Transport(ABC):
    """Stands in front of the client's own transport, for one request; sync and async at once."""

    def __init__(self, library: _Library, real: Any) -> None:
        self.library = library
        self.real = real

    @abstractmethod
    async def answer(self, request: Any, real: _Blocking | _Awaiting) -> Any:
        """The response that the application gets."""

    def handle_request(self, request: Any) -> Any:
        return _finished(self.answer(request, _Blocking(self.real)))

    async def handle_async_request(self, request: Any) -> Any:
        return await self.answer(request, _Awaiting(self.real))


# --- transports


class _Recorded(_Transport):
    """Replays or records the request for whose URL it was chosen."""

    def __init__(self, library: _Library, real: Any, recorder: Recorder, url: str) -> None:
        super().__init__(library, real)
        self.recorder = recorder
        self.url = url

    async def answer(self, request: Any, real: _Blocking | _Awaiting) -> Any:
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
        headers = _headers(response.headers)
        content = self.library.content(response)
        decode = self.library.decoder(headers) if content is None else None
        take.reply(response.status_code, response.reason_phrase, headers, response.http_version, decode)
        if content is None:
            response.stream = self.library.tee(take, response.stream)
            return response
        seen = take.feed(content) + take.rest()
        take.end(COMPLETE)
        return response if seen == content else self.library.with_content(response, seen)


class _Passing(_Transport):
    """A request that goes its way, in a test that replays: seen, and so no connection to wonder about."""

    async def answer(self, request: Any, real: _Blocking | _Awaiting) -> Any:
        token = _passing.set(True)
        try:
            return await real.send(request)
        finally:
            _passing.reset(token)


class _Other(_Transport):
    """Another model endpoint: refused while a test replays, named while it records."""

    def __init__(self, library: _Library, real: Any, recorder: Recorder, endpoint: str) -> None:
        super().__init__(library, real)
        self.recorder = recorder
        self.endpoint = endpoint

    async def answer(self, request: Any, real: _Blocking | _Awaiting) -> Any:
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


class _Watched(_Transport):
    """A chat call without a recorder."""

    def __init__(self, library: _Library, real: Any, unmarked: Unmarked) -> None:
        super().__init__(library, real)
        self.unmarked = unmarked

    async def answer(self, request: Any, real: _Blocking | _Awaiting) -> Any:
        refused = self.unmarked.block or has_placeholder(_headers(request.headers))
        if refused and not self.library.is_mocked(self.real):
            raise self.unmarked.refused(str(request.url))
        response = await real.send(request)
        # Only a reply that came over a connection has one; those of mocks, and of other recorders, do not.
        if not self.library.is_network(self.real) or "network_stream" in response.extensions:
            self.unmarked.went_live()
        return response


# --- streams


class _Tee:
    """Hands the pieces of a live reply on as they come, and keeps them."""

    def __init__(self, take: Take, stream: Any) -> None:
        self._take = take
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            for data in self._stream:
                if seen := self._take.feed(data):
                    yield seen
        except Exception as error:
            # Whatever it was: a transport of the user's own has errors of its own. Cancellation is none of them.
            for rest in self._end(type(error).__name__):
                yield rest
            raise
        for rest in self._end(COMPLETE):
            yield rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._stream:
                if seen := self._take.feed(data):
                    yield seen
        except Exception as error:
            # As above.
            for rest in self._end(type(error).__name__):
                yield rest
            raise
        for rest in self._end(COMPLETE):
            yield rest

    def _end(self, ending: str) -> Iterator[bytes]:
        """What was held back; then the end."""
        if rest := self._take.rest():
            yield rest
        self._take.end(ending)

    def close(self) -> None:
        try:
            self._take.end(CLOSED)
        finally:
            self._stream.close()

    async def aclose(self) -> None:
        try:
            self._take.end(CLOSED)
        finally:
            await self._stream.aclose()


class _Replay:
    """The recorded pieces, at once or in their time, and the end that the stream had. It holds no connection."""

    def __init__(self, reply: Reply, recorder: Recorder, error: Callable[[str], Exception]) -> None:
        self._reply = reply
        self._recorder = recorder
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        return self._in_time() if self._recorder.settings.pace else self._at_once()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._in_time_async() if self._recorder.settings.pace else self._at_once_async()

    def _at_once(self) -> Iterator[bytes]:
        # No generator that each chunk would have to go through.
        return chain(self._reply.cut(), self._no_more())

    async def _at_once_async(self) -> AsyncIterator[bytes]:
        for data in self._at_once():
            yield data

    def _in_time(self) -> Iterator[bytes]:
        for wait, data in self._timed():
            time.sleep(wait)
            yield data

    async def _in_time_async(self) -> AsyncIterator[bytes]:
        # Both libraries run on anyio, which knows whether this is asyncio or trio.
        import anyio

        for wait, data in self._timed():
            await anyio.sleep(wait)
            yield data

    def _timed(self) -> Iterator[tuple[float, bytes]]:
        """Each piece, and how many seconds it is too early for it."""
        began = time.perf_counter()
        for data, at in self._reply.pieces():
            yield max(began + at * self._recorder.settings.pace - time.perf_counter(), 0.0), data
        self._end()

    def _no_more(self) -> Iterator[bytes]:
        self._end()
        yield from ()

    def _end(self) -> None:
        """Raise what the stream ended with when it was recorded."""
        if self._reply.ending == CLOSED:
            raise self._recorder.refuse(
                "the recording of this stream ends here: when it was recorded, the application stopped reading"
            )
        if self._reply.ending != COMPLETE:
            raise self._error(self._reply.ending)
