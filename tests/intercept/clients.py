"""The six clients of the wire matrices, and what an application sees of a reply with each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

# These are loaded before a pytester test takes its snapshot of the modules: a client knows the errors of one copy.
import httpcore  # noqa: F401 - see above
import httpcore2  # noqa: F401 - see above
import httpx
import httpx2
import openai

from tests.conftest import KEY
from tests.intercept.scripted import HEADERS

Seen = tuple[Any, ...]
"""What an application sees of a reply: the facts that it may act on, and what is raised."""

CLIENTS = ("httpx", "httpx_async", "httpx2", "httpx2_async", "openai", "openai_async")

ERRORS = (openai.OpenAIError, httpx.TransportError, httpx2.TransportError, ValueError)


@dataclass(frozen=True)
class Question:
    """A request: `body` is JSON, or the fields of a form if there are `files`. `ask` is the same through the SDK."""

    base: str
    path: str
    body: Mapping[str, Any]
    ask: Callable[[Any], Any]
    files: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, Any]:
        return {"data": self.body, "files": self.files} if self.files else {"json": self.body}


class Clients:
    """A client of each kind, for as long as the tests of a module run."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._asyncs = {module: module.AsyncClient(headers=HEADERS, verify=False) for module in (httpx, httpx2)}
        self._syncs = {module: module.Client(headers=HEADERS, verify=False) for module in (httpx, httpx2)}

    def httpx(self, asked: Question) -> Seen:
        return self._over_sync(httpx, asked)

    def httpx_async(self, asked: Question) -> Seen:
        return self._runner.run(self._over_async(httpx, asked))

    def httpx2(self, asked: Question) -> Seen:
        return self._over_sync(httpx2, asked)

    def httpx2_async(self, asked: Question) -> Seen:
        return self._runner.run(self._over_async(httpx2, asked))

    def openai(self, asked: Question) -> Seen:
        client = openai.OpenAI(base_url=asked.base, api_key=KEY, max_retries=0, http_client=self._syncs[httpx2])
        seen: list[Any] = []
        try:
            replied = asked.ask(client)
            for part in replied if isinstance(replied, openai.Stream) else [replied]:
                seen.append(_told(part))
        except ERRORS as error:
            return (*_raised(error), seen)
        return (seen,)

    def openai_async(self, asked: Question) -> Seen:
        return self._runner.run(self._openai_async(asked))

    def _over_sync(self, module: Any, asked: Question) -> Seen:
        client, seen = self._syncs[module], bytearray()
        try:
            with client.stream("POST", f"{asked.base}{asked.path}", **asked.sent) as response:
                for piece in response.iter_bytes():
                    seen += piece
        except ERRORS as error:
            return (*_raised(error), bytes(seen))
        return (*_facts(response), bytes(seen))

    async def _over_async(self, module: Any, asked: Question) -> Seen:
        client, seen = self._asyncs[module], bytearray()
        try:
            async with client.stream("POST", f"{asked.base}{asked.path}", **asked.sent) as response:
                async for piece in response.aiter_bytes():
                    seen += piece
        except ERRORS as error:
            return (*_raised(error), bytes(seen))
        return (*_facts(response), bytes(seen))

    async def _openai_async(self, asked: Question) -> Seen:
        client = openai.AsyncOpenAI(base_url=asked.base, api_key=KEY, max_retries=0, http_client=self._asyncs[httpx2])
        seen: list[Any] = []
        try:
            replied = await asked.ask(client)
            if not isinstance(replied, openai.AsyncStream):
                return ([_told(replied)],)
            async for part in replied:
                seen.append(_told(part))
        except ERRORS as error:
            return (*_raised(error), seen)
        return (seen,)

    def _close(self) -> None:
        for client in self._syncs.values():
            client.close()
        for client in self._asyncs.values():
            self._runner.run(client.aclose())

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """The clients, as long as the block lasts."""
        with asyncio.Runner() as runner:
            clients = cls(runner)
            yield clients
            clients._close()


def _told(part: Any) -> Any:
    """What the SDK returns for a reply or an event: its own object, plain JSON, or bytes."""
    if isinstance(part, openai.BaseModel):
        return part.to_dict()
    return getattr(part, "content", part)


def _facts(response: Any) -> Seen:
    headers = response.headers
    return response.status_code, response.http_version, headers.get("content-type"), headers.get("x-request-id")


def _raised(error: Exception) -> Seen:
    return type(error).__name__, getattr(error, "status_code", None), getattr(error, "body", None)
