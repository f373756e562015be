"""What an application gets of a stream: live without the recorder, while recording and in replay, it is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# These are loaded before a test with pytester takes its snapshot of the modules: a client knows the errors of one copy.
import httpcore  # noqa: F401 - see above
import httpcore2  # noqa: F401 - see above
import httpx
import httpx2
import openai
import pytest

from pytest_samurai import use_cassette
from tests.conftest import KEY
from tests.intercept.scripted import HEADERS
from tests.intercept.wires import CASES, USAGE, Dialect, Wires

Seen = tuple[Any, ...]
"""What an application sees of a reply: the facts that it may act upon, and what is raised."""


ERRORS = (openai.OpenAIError, httpx.TransportError, httpx2.TransportError, ValueError)


class Clients:
    """A client of each kind, for as long as the tests of this module run."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._asyncs = {module: module.AsyncClient(headers=HEADERS, verify=False) for module in (httpx, httpx2)}
        self._syncs = {module: module.Client(headers=HEADERS, verify=False) for module in (httpx, httpx2)}

    def httpx(self, url: str, api: Dialect) -> Seen:
        return self._over_sync(httpx, url, api)

    def httpx_async(self, url: str, api: Dialect) -> Seen:
        return self._runner.run(self._over_async(httpx, url, api))

    def httpx2(self, url: str, api: Dialect) -> Seen:
        return self._over_sync(httpx2, url, api)

    def httpx2_async(self, url: str, api: Dialect) -> Seen:
        return self._runner.run(self._over_async(httpx2, url, api))

    def openai(self, url: str, api: Dialect) -> Seen:
        client = openai.OpenAI(base_url=url, api_key=KEY, max_retries=0, http_client=self._syncs[httpx2])
        seen: list[Any] = []
        try:
            for chunk in created(client, api):
                seen.append(chunk.to_dict())
        except ERRORS as error:
            return (*raised(error), seen)
        return (seen,)

    def openai_async(self, url: str, api: Dialect) -> Seen:
        return self._runner.run(self._openai_async(url, api))

    def _over_sync(self, module: Any, url: str, api: Dialect) -> Seen:
        client, seen = self._syncs[module], bytearray()
        try:
            with client.stream("POST", f"{url}/{api.path}", json=api.asked) as response:
                for piece in response.iter_bytes():
                    seen += piece
        except ERRORS as error:
            return (*raised(error), bytes(seen))
        return (*facts(response), bytes(seen))

    async def _over_async(self, module: Any, url: str, api: Dialect) -> Seen:
        client, seen = self._asyncs[module], bytearray()
        try:
            async with client.stream("POST", f"{url}/{api.path}", json=api.asked) as response:
                async for piece in response.aiter_bytes():
                    seen += piece
        except ERRORS as error:
            return (*raised(error), bytes(seen))
        return (*facts(response), bytes(seen))

    async def _openai_async(self, url: str, api: Dialect) -> Seen:
        client = openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0, http_client=self._asyncs[httpx2])
        seen: list[Any] = []
        try:
            async for chunk in await created(client, api):
                seen.append(chunk.to_dict())
        except ERRORS as error:
            return (*raised(error), seen)
        return (seen,)

    def close(self) -> None:
        for client in self._syncs.values():
            client.close()
        for client in self._asyncs.values():
            self._runner.run(client.aclose())


def created(client: Any, api: Dialect) -> Any:
    chat = api.path == "chat/completions"
    return (client.chat.completions if chat else client.completions).create(**api.asked)


def facts(response: Any) -> Seen:
    headers = response.headers
    return response.status_code, response.http_version, headers.get("content-type"), headers.get("x-request-id")


def raised(error: Exception) -> Seen:
    return type(error).__name__, getattr(error, "status_code", None), getattr(error, "body", None)


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with Wires() as server:
        yield server


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with asyncio.Runner() as runner:
        made = Clients(runner)
        yield made
        made.close()


@pytest.mark.parametrize("path", ["chat/completions", "completions"])
@pytest.mark.parametrize("client", ["httpx", "httpx_async", "httpx2", "httpx2_async", "openai", "openai_async"])
@pytest.mark.parametrize("name", CASES)
def test_an_application_sees_the_same_live_and_while_recording_and_in_replay(
    cassettes: Path, wires: Wires, clients: Clients, name: str, client: str, path: str
) -> None:
    ask: Callable[[str, Dialect], Seen] = getattr(clients, client)
    case, api, url = CASES[name], Dialect(path), wires.url(name)
    options = {"endpoints": ("*/chat/completions", "*/completions"), "unused": "ignore"}
    live = ask(url, api)
    wires.asked.clear()

    with use_cassette(cassettes / "a.yaml", **options) as recorder:
        recording = ask(url, api)
    asked = [*wires.asked]
    used = [call.usage and call.usage.total_tokens for call in recorder.calls]
    with use_cassette(cassettes / "a.yaml", mode="none", **options) as replayer:
        replay = ask(url, api)

    assert recording == live
    assert replay == live
    assert wires.asked == asked
    assert asked[0]
    assert [call.usage and call.usage.total_tokens for call in replayer.calls] == used
    if case.is_refusal:
        assert asked == [True, False]
    if case.usage is not None and recorder.calls[0].status_code < 300:
        assert used == [USAGE["total_tokens"] if case.usage else None]
