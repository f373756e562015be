"""Each dialect with each client: the reply is the same live, while recording and in replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.wire.usage import Usage
from tests.intercept import test_dialect_calls, test_other_dialect_calls
from tests.intercept.clients import CLIENTS, Clients, Question, Seen
from tests.intercept.scriptedreplies import serving
from tests.intercept.test_other_dialect_calls import SSE, TURN, Case, plain, sse
from tests.intercept.wires import DONE, Dialect
from tests.wire import test_gemini, test_messages, test_responses
from tests.wire.calls import USAGE, chunk, encoded

Json = Any

CHAT, TEXT = Dialect("chat/completions"), Dialect("completions")
COUNTED = Usage(1, 28, 22, 50)
TURNS = {"contents": [{"parts": [{"text": "Where?"}]}]}
GEMINI = "/v1beta/models/gemini-2.5-flash"
ASKED = {"model": "gpt-5-mini", "input": "Where?"}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": TURN}
RESPONSES_COUNTED = Usage(1, 36, 87, 123, cached_tokens=16, reasoning_tokens=64)
*_, RESPONDED = test_responses.events()


def data(*events: Json) -> list[bytes]:
    return [b"data: %b\n\n" % encoded(event) for event in events]


def array(*events: Json) -> list[bytes]:
    first, *others = map(encoded, events)
    return [b"[" + first, *(b",\n" + other for other in others), b"]"]


CASES = {
    "chat": Case(
        "/v1/chat/completions", {"model": "m", "messages": TURN},
        plain({**CHAT.part("Paris.", "stop"), "usage": USAGE}), "chat", "m", COUNTED,
    ),
    "chat, streamed": Case(
        "/v1/chat/completions", {"model": "m", "messages": TURN, "stream": True},
        [*data(chunk({"content": "Pa"}), chunk({"content": "ris."}, finish="stop", usage=USAGE)), DONE],
        "chat", "m-served", COUNTED, kind=SSE,
    ),
    "completions": Case(
        "/v1/completions", {"model": "m", "prompt": "Where?"}, plain({**TEXT.part("Paris.", "stop"), "usage": USAGE}),
        "completions", "m", COUNTED,
    ),
    "completions, streamed": Case(
        "/v1/completions", {"model": "m", "prompt": "Where?", "stream": True},
        [*data(TEXT.part("Pa"), {**TEXT.part("ris.", "stop"), "usage": USAGE}), DONE],
        "completions", "m", COUNTED, kind=SSE,
    ),
    "responses": Case(
        "/v1/responses", ASKED, plain(RESPONDED["response"]),
        "responses", RESPONDED["response"]["model"], RESPONSES_COUNTED,
    ),
    "responses, streamed": Case(
        "/v1/responses", {**ASKED, "stream": True}, sse(*test_responses.events()),
        "responses", RESPONDED["response"]["model"], RESPONSES_COUNTED, kind=SSE,
    ),
    "messages": Case(
        "/v1/messages", CLAUDE, plain({**test_other_dialect_calls.CLAUDE, "type": "message"}),
        "messages", "claude-sonnet-4-5-20250929", Usage(1, 9, 3, 12),
    ),
    "messages, streamed": Case(
        "/v1/messages", {**CLAUDE, "stream": True}, sse(*test_messages.EVENTS),
        "messages", "claude-sonnet-4-5-20250929", test_messages.COUNTED, kind=SSE,
    ),
    "embeddings": Case(
        "/v1/embeddings", {"model": "text-embedding-3-small", "input": "a", "encoding_format": "float"},
        plain(test_dialect_calls.EMBEDDED), "embeddings", "text-embedding-3-small", Usage(1, 8, 0, 8),
    ),
    "gemini": Case(
        f"{GEMINI}:generateContent", TURNS,
        plain(test_gemini.event({"text": "Paris."}, usageMetadata=test_gemini.METADATA)),
        "gemini", "gemini-2.5-flash", test_gemini.COUNTED,
    ),
    "gemini, streamed": Case(
        f"{GEMINI}:streamGenerateContent?alt=sse", TURNS, data(*test_gemini.EVENTS),
        "gemini", "gemini-2.5-flash", test_gemini.COUNTED, kind=SSE,
    ),
    "gemini, an array in pieces": Case(
        f"{GEMINI}:streamGenerateContent", TURNS, array(*test_gemini.EVENTS),
        "gemini", "gemini-2.5-flash", test_gemini.COUNTED,
    ),
    **test_other_dialect_calls.CASES,
}  # fmt: skip

OWN: dict[str, Callable[[Any], Any]] = {
    "/v1/chat/completions": lambda client: client.chat.completions.create,
    "/v1/completions": lambda client: client.completions.create,
    "/v1/responses": lambda client: client.responses.create,
    "/v1/embeddings": lambda client: client.embeddings.create,
    "/v1/moderations": lambda client: client.moderations.create,
    "/v1/images/generations": lambda client: client.images.generate,
    "/v1/audio/speech": lambda client: client.audio.speech.create,
}
"""What the OpenAI SDK has a function for. Everything else it sends with `post`, as users of gateways do."""


def question(root: str, case: Case) -> Question:
    def ask(client: Any) -> Any:
        if case.path in OWN:
            more = {"stream": True} if case.kind == SSE and "speech" not in case.path else {}
            return OWN[case.path](client)(**{**case.body, **more})
        sent: Json = {"body": case.body, "files": [*case.files.items()]} if case.files else {"body": case.body}
        if case.files:
            sent["options"] = {"headers": {"Content-Type": "multipart/form-data"}}
        if case.kind == SSE:
            streams = openai.AsyncStream if isinstance(client, openai.AsyncOpenAI) else openai.Stream
            return client.post(case.path, cast_to=object, stream=True, stream_cls=streams[object], **sent)
        return client.post(case.path, cast_to=openai.HttpxBinaryResponseContent, **sent)

    # The paths of the SDK's own functions follow the version.
    base = f"{root}/v1" if case.path in OWN else root
    path = case.path.removeprefix("/v1") if case.path in OWN else case.path
    return Question(base, path, case.body, ask, case.files)


def prefixed(number: int, case: Case) -> str:
    return f"/{number}{case.path.partition('?')[0]}"


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with serving({prefixed(n, case): (case.kind, case.pieces) for n, case in enumerate(CASES.values())}) as url:
        yield url


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with Clients.opened() as made:
        yield made


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", CASES)
def test_each_client_sees_the_same_of_each_dialect_live_while_recording_and_in_replay(
    cassettes: Path, root: str, clients: Clients, name: str, client: str
) -> None:
    case, ask = CASES[name], getattr(clients, client)
    asked = question(f"{root}/{list(CASES).index(name)}", case)
    live: Seen = ask(asked)
    with use_cassette(cassettes / "a.yaml") as recorder:
        recording: Seen = ask(asked)
    with use_cassette(cassettes / "a.yaml", mode="none") as replayer:
        replay: Seen = ask(asked)
    assert recording == live
    assert replay == live
    assert recorder.notes == replayer.notes == []
    # The scripted reply, and not an error.
    assert live[-1]
    assert live[-1] == b"".join(case.pieces) if isinstance(live[-1], bytes) else len(live) == 1
    for each in (recorder, replayer):
        [call] = each.calls
        assert (call.endpoint, call.model, call.usage) == (case.endpoint, case.model, case.usage)
        assert call.replayed is (each is replayer)
    assert recorder.calls[0].text == replayer.calls[0].text
    assert recorder.calls[0].cost == replayer.calls[0].cost
