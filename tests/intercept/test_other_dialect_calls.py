"""Calls to Ollama, Cohere, the clouds, images, audio and moderations, recorded and replayed without any setting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from pytest_samurai import BudgetExceeded, RequestNotRecorded, use_cassette
from pytest_samurai.wire.usage import Usage
from tests.intercept.scriptedreplies import serving
from tests.wire import test_audio, test_cohere, test_converse, test_images, test_messages, test_ollama

Json = Any

SSE = "text/event-stream"
MILLION = 1_000_000


def sse(*events: Json) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def lines(*events: Json) -> list[bytes]:
    return [json.dumps(event).encode() + b"\n" for event in events]


def plain(reply: Json) -> list[bytes]:
    return [json.dumps(reply).encode()]


@dataclass
class Case:
    """A call: its URL, its request, its reply, and what is then known about it."""

    path: str
    body: dict[str, Json]
    pieces: Sequence[bytes]
    endpoint: str
    model: str | None
    usage: Usage | None
    text: str | None = None
    cost: Decimal | None = None
    kind: str = "application/json"
    files: dict[str, Json] = field(default_factory=dict)

    def send(self, root: str, **changes: Json) -> list[bytes]:
        """The reply, piece by piece as it arrives."""
        body = {**self.body, **changes}
        asked: Json = {"data": body, "files": self.files} if self.files else {"json": body}
        with httpx.stream("POST", root + self.path, **asked) as reply:
            return [*reply.iter_raw()]


TURN = [{"role": "user", "content": "Where?"}]
COMMAND = {"model": test_cohere.MODEL, "messages": TURN}
# Source: Cohere's page of prices, 2.50 $ and 10 $ for a million tokens.
COMMAND_COST = (20 * Decimal("2.5") + 55 * 10) / MILLION
LLAMA = {"model": "llama3.2", "messages": TURN}
CLAUDE_ON_VERTEX = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929"
PARTS = {"messages": [{"role": "user", "content": [{"text": "Where?"}]}]}
CLAUDE: Json = {
    "model": "claude-sonnet-4-5-20250929",
    "role": "assistant",
    "content": [{"type": "text", "text": "Paris."}],
    "usage": {"input_tokens": 9, "output_tokens": 3},
}
# Source: Anthropic's page of prices, 3 $ and 15 $ for a million tokens; Bedrock's regional ones are a tenth higher.
CLAUDE_COST = Decimal(9 * 3 + 3 * 15) / MILLION
# The same page: what came from the cache, what went into it for five minutes, and for an hour.
CACHED_CLAUDE_COST = (10 * 3 + 300 * Decimal("0.3") + 500 * Decimal("3.75") + 1500 * 6 + 89 * 15) / MILLION
CAT = {"model": "gpt-image-1", "prompt": "A cat."}
PICTURE = {"created": 1, "data": [{"b64_json": "aGk="}], "usage": test_images.USAGE}
# Source: OpenAI's page of prices: text 5 $, pictures 10 $ in and 40 $ out for a million tokens.
PICTURE_COST = Decimal(10 * 5 + 40 * 10 + 50 * 40) / MILLION
SOUND: Json = {"file": ("a.wav", b"RIFF\xff\x00", "audio/wav")}
# Source: OpenAI's page of prices: gpt-4o-transcribe, audio 6 $, text 2.50 $ in and 10 $ out for a million tokens.
SOUND_COST = (10 * 6 + 4 * Decimal("2.5") + 45 * 10) / MILLION
SPOKEN = {"type": "speech.audio.done", "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}}
SPEECH = {"model": "gpt-4o-mini-tts", "input": "Hello.", "voice": "coral"}

CASES = {
    "ollama": Case(
        "/api/chat", LLAMA, plain(test_ollama.part({"content": "Paris."}, **test_ollama.DONE)),
        "ollama", "llama3.2", Usage(1, 26, 282, 308), "Paris.",
    ),
    "ollama, streamed": Case(
        "/api/chat", LLAMA, lines(*test_ollama.EVENTS),
        "ollama", "llama3.2", Usage(1, 26, 282, 308), "It is Paris.", kind="application/x-ndjson",
    ),
    "ollama, generate": Case(
        "/api/generate", {"model": "deepseek-r1", "prompt": "Where?"},
        plain({"model": "deepseek-r1", "response": "Paris.", **test_ollama.DONE}),
        # Another provider's model with that name has a price.
        "ollama", "deepseek-r1", Usage(1, 26, 282, 308), "Paris.",
    ),
    "ollama, embed": Case(
        "/api/embed", {"model": "all-minilm", "input": "Where?"},
        plain({"model": "all-minilm", "embeddings": [[0.5]], "prompt_eval_count": 8}),
        "ollama", "all-minilm", Usage(1, 8, 0, 8),
    ),
    "cohere": Case(
        "/v2/chat", COMMAND, plain(test_cohere.PLAIN),
        "cohere", test_cohere.MODEL, test_cohere.COUNTED, "It is Paris.", COMMAND_COST,
    ),
    "cohere, streamed": Case(
        "/v2/chat", COMMAND, sse(*test_cohere.EVENTS),
        "cohere", test_cohere.MODEL, test_cohere.COUNTED, "It is Paris.", COMMAND_COST, SSE,
    ),
    "cohere, embed": Case(
        "/v2/embed", {"model": "embed-v4.0", "texts": ["a"], "input_type": "search_query"},
        plain({"embeddings": {"float": [[0.5]]}, "meta": {"billed_units": {"input_tokens": 2}}}),
        "cohere", "embed-v4.0", Usage(1, 2, 0, 2),
    ),
    "vertex": Case(
        f"{CLAUDE_ON_VERTEX}:rawPredict", {"messages": TURN}, plain(CLAUDE),
        "messages", CLAUDE["model"], Usage(1, 9, 3, 12), "Paris.", CLAUDE_COST,
    ),
    "vertex, streamed": Case(
        f"{CLAUDE_ON_VERTEX}:streamRawPredict", {"messages": TURN}, sse(*test_messages.EVENTS),
        "messages", CLAUDE["model"], test_messages.COUNTED, "It is Paris.", CACHED_CLAUDE_COST, SSE,
    ),
    "bedrock": Case(
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke", {"messages": TURN},
        plain({**CLAUDE, "model": None}),
        "messages", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Usage(1, 9, 3, 12), "Paris.",
        CLAUDE_COST * Decimal("1.1"),
    ),
    "converse": Case(
        "/model/amazon.nova-lite-v1%3A0/converse", PARTS,
        plain(test_converse.REPLY | {"serviceTier": {"type": "default"}}),
        "converse", "amazon.nova-lite-v1:0", Usage(1, 30, 628, 658), "Paris.",
        # Source: Amazon Bedrock's page of prices, 0.06 $ and 0.24 $ for a million tokens.
        (30 * Decimal("0.06") + 628 * Decimal("0.24")) / MILLION,
    ),
    "images": Case("/v1/images/generations", CAT, plain(PICTURE), "images", "gpt-image-1", test_images.COUNTED,
                   cost=PICTURE_COST),
    "images, streamed": Case(
        "/v1/images/generations", CAT, sse(test_images.COMPLETED), "images", "gpt-image-1", test_images.COUNTED,
        cost=PICTURE_COST, kind=SSE,
    ),
    "images, of Azure": Case(
        "/openai/deployments/d/images/generations?api-version=2025-04-01-preview", CAT, plain(PICTURE),
        "images", "gpt-image-1", test_images.COUNTED, cost=PICTURE_COST,
    ),
    "images, edited": Case(
        "/v1/images/edits", CAT, plain(PICTURE), "images", "gpt-image-1", test_images.COUNTED, cost=PICTURE_COST,
        files={"image": ("a.png", b"\x89PNG\xff", "image/png")},
    ),
    "images, by the picture": Case(
        "/images/variations", {"model": "dall-e-2", "n": "1"}, plain({"created": 1, "data": [{"url": "https://h/a"}]}),
        "images", "dall-e-2", None, files={"image": ("a.png", b"\x89PNG\xff", "image/png")},
    ),
    "audio": Case(
        "/v1/audio/transcriptions", {"model": "gpt-4o-transcribe", "language": "en"},
        plain({"text": "Hello.", "usage": test_audio.USAGE}),
        "audio", "gpt-4o-transcribe", test_audio.COUNTED, "Hello.", SOUND_COST, files=SOUND,
    ),
    "audio, streamed": Case(
        "/v1/audio/transcriptions", {"model": "gpt-4o-transcribe", "stream": "true"},
        sse({"type": "transcript.text.delta", "delta": "Hello."},
            {"type": "transcript.text.done", "text": "Hello.", "usage": test_audio.USAGE}),
        "audio", "gpt-4o-transcribe", test_audio.COUNTED, "Hello.", SOUND_COST, SSE, SOUND,
    ),
    "audio, by the second": Case(
        "/v1/audio/translations", {"model": "whisper-1"},
        plain({"text": "Hello.", "usage": {"type": "duration", "seconds": 27}}),
        "audio", "whisper-1", None, "Hello.", files=SOUND,
    ),
    "audio, in bytes": Case(
        "/v1/audio/speech", SPEECH, [b"ID3\x04\x00\xff\xfb\x90data: \xfe"], "audio", "gpt-4o-mini-tts", None,
        kind="audio/mpeg",
    ),
    "audio, spoken piece by piece": Case(
        "/v1/audio/speech", {**SPEECH, "stream_format": "sse"},
        sse({"type": "speech.audio.delta", "audio": "aGk="}, SPOKEN),
        "audio", "gpt-4o-mini-tts", Usage(1, 14, 101, 115), kind=SSE,
        # Source: OpenAI's page of prices: text 0.60 $ in, audio 12 $ out for a million tokens.
        cost=(14 * Decimal("0.6") + 101 * 12) / MILLION,
    ),
    "moderations": Case(
        "/v1/moderations", {"input": "Where?"}, plain({"model": "omni-moderation-latest", "results": [{}]}),
        # Source: OpenAI's guide to moderation: free.
        "moderations", "omni-moderation-latest", Usage(1), cost=Decimal(0),
    ),
    "moderations, of Mistral": Case(
        "/v1/moderations", {"model": "mistral-moderation-latest", "input": "Where?"},
        plain({"model": "mistral-moderation-latest", "results": [{}]}),
        "moderations", "mistral-moderation-latest", None,
    ),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def root(case: Case) -> Iterator[str]:
    with serving({case.path.partition("?")[0]: (case.kind, case.pieces)}) as url:
        yield url


def test_it_is_recorded_replayed_counted_and_priced_without_a_setting(tmp_path: Path, case: Case, root: str) -> None:
    without_us = case.send(root)
    with use_cassette(tmp_path / "a.yaml") as recorded:
        seen = case.send(root)
    assert b"".join(seen) == b"".join(without_us) == b"".join(case.pieces)
    assert recorded.notes == []
    with use_cassette(tmp_path / "a.yaml", mode="none") as replayed:
        chunks = case.send(root)
    assert b"".join(chunks) == b"".join(case.pieces)
    is_stream = case.kind in (SSE, "application/x-ndjson")
    # Piece by piece, as they arrived.
    assert not is_stream or chunks == seen
    for recorder in (recorded, replayed):
        [call] = recorder.calls
        assert (call.endpoint, call.model, call.usage) == (case.endpoint, case.model, case.usage)
        assert (call.text, call.cost, call.streamed) == (case.text, case.cost, is_stream)
        assert [message.text for message in call.messages] == [message.text for message in recorded.calls[0].messages]


def test_a_budget_is_broken_by_what_it_used_and_by_what_nobody_knows(tmp_path: Path, case: Case, root: str) -> None:
    def is_broken_by(text: str, **limits: Json) -> None:
        for mode in ("once", "none"):
            with pytest.raises(BudgetExceeded) as broken:
                with use_cassette(tmp_path / "a.yaml", mode=mode, **limits):
                    case.send(root)
            assert text in str(broken.value)

    if case.usage is None:
        is_in_seconds = b'"seconds"' in case.pieces[0]
        why = "the reply has one, but not in tokens" if is_in_seconds else "the reply has no usage"
        text = f"cannot be judged: the usage of call 1 ({case.model}, {case.endpoint}) is unknown: {why}"
        is_broken_by(f"max_total_tokens {text}", max_total_tokens=9)
        is_broken_by(f"max_cost {text}", max_cost=9)
    elif case.usage.total_tokens:
        total = case.usage.total_tokens
        is_broken_by(f"max_total_tokens is {total - 1:,}, used {total:,} (+1)", max_total_tokens=total - 1)
        if case.cost is None:
            is_broken_by(
                f"max_cost cannot be judged: the price of call 1 ({case.model}, {case.endpoint}) is unknown", max_cost=9
            )
    else:
        with use_cassette(tmp_path / "a.yaml", max_total_tokens=0, max_cost=0):
            case.send(root)


CHANGES: dict[str, tuple[dict[str, Json], str]] = {
    "ollama": ({"messages": [{"role": "user", "content": "When?"}]}, 'messages[0].content: "Where?" -> "When?"'),
    "cohere": ({"messages": [{"role": "user", "content": "When?"}]}, 'messages[0].content: "Where?" -> "When?"'),
    "converse": (
        {"messages": [{"role": "user", "content": [{"text": "When?"}]}]},
        'messages[0].content[0].text: "Where?" -> "When?"',
    ),
    "images": ({"prompt": "A dog."}, "prompt:\n      - A [cat].\n      + A [dog]."),
    "images, edited": ({"prompt": "A dog."}, "prompt:\n      - A [cat].\n      + A [dog]."),
    "audio": ({"language": "de"}, 'language: "en" -> "de"'),
    "moderations": ({"input": "When?"}, 'input: "Where?" -> "When?"'),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_miss_says_what_differs(tmp_path: Path, name: str) -> None:
    changed, text = CHANGES[name]
    case = CASES[name]
    with serving({case.path: (case.kind, case.pieces)}) as root:
        with use_cassette(tmp_path / "a.yaml"):
            case.send(root)
        with pytest.raises(RequestNotRecorded) as miss:
            with use_cassette(tmp_path / "a.yaml", mode="none"):
                case.send(root, **changed)
    assert f"POST {unquote(case.path).removeprefix('/v1')} has no recording" in str(miss.value)
    assert text in str(miss.value)


def test_another_model_on_bedrock_is_another_endpoint(tmp_path: Path) -> None:
    case = CASES["converse"]
    with serving({case.path: (case.kind, case.pieces)}) as root:
        with use_cassette(tmp_path / "a.yaml"):
            case.send(root)
        with pytest.raises(RequestNotRecorded, match="nova-lite-v1(:|%3A)0/converse -> .*nova-pro-v1"):
            with use_cassette(tmp_path / "a.yaml", mode="none"):
                httpx.post(root + case.path.replace("lite", "pro"), json=PARTS)


@pytest.mark.parametrize("name", ["images, by the picture", "audio, in bytes", "audio, by the second"])
def test_the_tokens_of_a_picture_or_a_sound_are_not_estimated(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    with serving({case.path: (case.kind, case.pieces)}) as root:
        with use_cassette(tmp_path / "a.yaml", estimate_usage=True) as recorder:
            case.send(root)
    assert recorder.calls[0].usage is None


# --- secrets

SECRET = "sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"


def cohere_events(pieces: Sequence[str]) -> list[bytes]:
    deltas = [
        test_cohere.event("content-delta", {"content": {"text": piece}}, index=0) for piece in ("Use ", *pieces, " now")
    ]
    start = test_cohere.event("content-start", {"content": {"type": "text", "text": ""}}, index=0)
    return sse(test_cohere.EVENTS[0], start, *deltas, test_cohere.EVENTS[-1])


SPEAKING: dict[str, tuple[Case, Callable[[Sequence[str]], list[bytes]]]] = {
    "ollama": (
        CASES["ollama, streamed"],
        lambda pieces: lines(
            *(test_ollama.part({"content": piece}) for piece in ("Use ", *pieces, " now")),
            test_ollama.part({"content": ""}, **test_ollama.DONE),
        ),
    ),
    "cohere": (CASES["cohere, streamed"], cohere_events),
    "audio": (
        CASES["audio, streamed"],
        lambda pieces: sse(
            *({"type": "transcript.text.delta", "delta": piece} for piece in ("Use ", *pieces, " now")),
            {"type": "transcript.text.done", "text": f"Use {''.join(pieces)} now", "usage": test_audio.USAGE},
        ),
    ),
}


@pytest.mark.parametrize("name", SPEAKING)
def test_a_secret_that_is_spoken_four_letters_an_event_is_in_no_file(tmp_path: Path, name: str) -> None:
    case, speak = SPEAKING[name]
    pieces = [SECRET[begin : begin + 4] for begin in range(0, len(SECRET), 4)]
    with serving({case.path: (case.kind, speak(pieces))}) as root:
        with use_cassette(tmp_path / "a.yaml") as recorded:
            case.send(root)
        with use_cassette(tmp_path / "a.yaml", mode="none") as replayed:
            case.send(root)
    assert recorded.calls[0].text == f"Use {SECRET} now"
    text = replayed.calls[0].text
    assert text is not None
    assert text.startswith("Use ")
    assert text.endswith(" now")
    assert "REDACTED" in text
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert not any(piece in written for piece in pieces[2:])
    assert replayed.calls[0].usage == case.usage


# --- an application's own

OWN: list[tuple[str, dict[str, Json]]] = [
    ("/images/generations", {"json": {"prompt": "a"}}),
    ("/images/edits", {"data": {"prompt": "a"}, "files": {"image": ("model", b"\x89PNG", "image/png")}}),
    ("/images/edits", {"files": {"image": ("a.json", b'{"model": "m"}', "application/json")}}),
    ("/images/variations", {"files": {"image": ("a.png", b"\x89PNG", "image/png")}}),
    ("/audio/speech", {"json": {"input": "a"}}),
    ("/audio/transcriptions", {"files": {"file": ("a.wav", b"RIFF", "audio/wav")}}),
    ("/audio/translations", {"json": {}}),
    ("/moderations", {"json": {"post": 3}}),
    ("/api/chat", {"json": {"text": "hello"}}),
    ("/api/generate", {"json": {"report": 3}}),
    ("/api/embed", {"json": {"url": "https://h"}}),
    ("/v2/chat", {"json": {"text": "hello"}}),
    ("/v1/embed", {"json": {"url": "https://h"}}),
]


@pytest.mark.parametrize("mode", ["none", "all"])
@pytest.mark.parametrize(("path", "body"), OWN)
def test_an_applications_own_path_of_that_name_is_none_of_these(
    tmp_path: Path, path: str, body: dict[str, Json], mode: Any
) -> None:
    with serving({}) as root, use_cassette(tmp_path / "a.yaml", mode=mode) as recorder:
        assert httpx.post(root + path, **body).json() == {}
    assert (recorder.calls, recorder.notes) == ((), [])
    assert not (tmp_path / "a.yaml").exists()
