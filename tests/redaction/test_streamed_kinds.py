"""A key that is streamed four letters per event is in no file, in any kind of text that its API streams.

The kinds are those that the SDKs name. If a new one is not tried here, the test is red.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic.types.beta import BetaRawContentBlockDelta
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaAudio
from openai.types.responses import ResponseStreamEvent

from pytest_samurai import use_cassette
from tests.redaction.test_streamed_keys import EVENTS, OWN, SHAPE, Streaming, keep_a_streamed_key, pieces, sse
from tests.wire.reference.peer import types_of
from tests.wire.reference.responses import STREAMS

import httpx  # isort: skip

Json = Any
Stream = Callable[[list[str]], Iterator[bytes]]


# --- how each kind of text comes


def of_responses(kind: str, part: str | None = None) -> Stream:
    [template, *_] = [event for event in STREAMS["completed"] if event["type"] == kind]

    def stream(texts: list[str]) -> Iterator[bytes]:
        yield sse({"type": "response.created", "response": {"id": "r", "output": []}}, "response.created")
        for number, text in enumerate(texts):
            delta = text if part is None else {part: text}
            yield sse({**template, "delta": delta, "sequence_number": number}, kind)
        yield sse({"type": "response.completed", "response": {"id": "r", "output": []}}, "response.completed")

    return stream


DELTAS: dict[str, tuple[str, ...]] = {
    "text_delta": ("text",),
    "input_json_delta": ("partial_json",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("signature",),
    "compaction_delta": ("content", "encrypted_content"),
    "citations_delta": ("citation",),
}
"""The texts in the deltas of the Messages API."""


def of_messages(kind: str, key: str) -> Stream:
    def stream(texts: list[str]) -> Iterator[bytes]:
        yield sse({"type": "message_start", "message": {"id": "m", "content": []}}, "message_start")
        for text in texts:
            piece = {"type": "char_location", "cited_text": text} if key == "citation" else text
            delta = {"type": "content_block_delta", "index": 0, "delta": {"type": kind, key: piece}}
            yield sse(delta, "content_block_delta")
        yield sse({"type": "message_stop"}, "message_stop")

    return stream


CHAT: dict[str, Callable[[str], Json]] = {
    "content": lambda text: {"content": text},
    "refusal": lambda text: {"refusal": text},
    "tool_calls": lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
    "function_call": lambda text: {"function_call": {"arguments": text}},
    "audio.transcript": lambda text: {"audio": {"transcript": text}},
    "audio.data": lambda text: {"audio": {"data": text}},
    "reasoning_content": lambda text: {"reasoning_content": text},
    "reasoning_details": lambda text: {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": text}]},
}


def of_chat(delta: Callable[[str], Json]) -> Stream:
    def stream(texts: list[str]) -> Iterator[bytes]:
        for text in texts:
            yield sse({"id": "c", "choices": [{"index": 0, "delta": delta(text)}]})
        yield b"data: [DONE]\n\n"

    return stream


GEMINI: dict[str, Callable[[str], Json]] = {
    "text": lambda text: {"text": text},
    "thought": lambda text: {"text": text, "thought": True},
    "executableCode": lambda text: {"executableCode": {"code": text}},
    "codeExecutionResult": lambda text: {"codeExecutionResult": {"output": text}},
    "functionCall": lambda text: {"functionCall": {"partialArgs": [{"stringValue": text}], "willContinue": True}},
    "audioTranscription": lambda text: {"audioTranscription": {"text": text}},
}


def of_gemini(part: Callable[[str], Json]) -> Stream:
    def stream(texts: list[str]) -> Iterator[bytes]:
        for text in texts:
            content = {"parts": [part(text)], "role": "model"}
            yield sse({"candidates": [{"content": content, "index": 0}], "modelVersion": "g"})

    return stream


OF_RESPONSES = sorted(kind for kind in types_of(ResponseStreamEvent) if kind.endswith(".delta"))
PRINTED = "response.shell_call_output_content.delta"
KINDS: dict[str, tuple[str, Stream]] = {
    **{kind: ("responses", of_responses(kind)) for kind in OF_RESPONSES if kind != PRINTED},
    **{f"{PRINTED} {part}": ("responses", of_responses(PRINTED, part)) for part in ("stdout", "stderr")},
    **{f"{kind} {key}": ("messages", of_messages(kind, key)) for kind, keys in DELTAS.items() for key in keys},
    **{f"chat {kind}": ("chat/completions", of_chat(delta)) for kind, delta in CHAT.items()},
    **{f"Gemini {kind}": ("models/g:streamGenerateContent", of_gemini(part)) for kind, part in GEMINI.items()},
}


def test_no_kind_of_text_is_missing() -> None:
    assert set(DELTAS) == types_of(BetaRawContentBlockDelta)
    texts = {name.partition(".")[0] for name in CHAT}
    assert set(ChoiceDelta.model_fields) - {"role"} <= texts
    audio = {name.partition(".")[2] for name in CHAT if name.startswith("audio.")}
    assert set(ChoiceDeltaAudio.model_fields) - {"id", "expires_at"} == audio


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", ["by its shape", "from the request"])
def test_a_key_is_in_no_file_whichever_kind_of_text_says_it(
    kind: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, stream = KINDS[kind]
    keep_a_streamed_key(path, EVENTS, stream, known, tmp_path, monkeypatch)


def odds(token: str) -> Json:
    return {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}


ODDS: dict[str, tuple[str, Callable[[str], Json]]] = {
    "chat": (
        "chat/completions",
        lambda text: {
            "choices": [
                {"index": 0, "delta": {"content": text}, "logprobs": {"content": [odds(text)], "refusal": None}}
            ]
        },
    ),
    "completions": (
        "completions",
        lambda text: {
            "choices": [
                {
                    "index": 0,
                    "text": text,
                    "logprobs": {"tokens": [text], "token_logprobs": [-0.5], "top_logprobs": [{text: -0.5}]},
                }
            ]
        },
    ),
    "responses": (
        "responses",
        lambda text: {
            "type": "response.output_text.delta",
            "output_index": 0,
            "content_index": 0,
            "delta": text,
            "logprobs": [odds(text)],
        },
    ),
}
"""The log probabilities of tokens, which repeat the text, and its bytes as numbers."""


@pytest.mark.parametrize("api", ODDS)
@pytest.mark.parametrize("key", [OWN, SHAPE], ids=["from the request", "by its shape"])
def test_the_likelihoods_of_its_tokens_do_not_say_it_either(api: str, key: str, tmp_path: Path) -> None:
    path, event = ODDS[api]
    sent = [sse(event(text)) for text in ["It ", "is ", *pieces(key), ", I ", "think."]]
    with (
        use_cassette(tmp_path / "a.yaml", endpoints=["*"], stream_usage=False),
        httpx.Client(transport=Streaming(EVENTS, sent), headers={"Authorization": f"Bearer {OWN}"}) as client,
    ):
        client.post(f"http://127.0.0.1:9/v1/{path}", json={"model": "m", "stream": True, "messages": [], "input": "a"})
    written = (tmp_path / "a.yaml").read_text()
    assert "think." in written
    assert api == "completions" or json.dumps(list(b"think."))[1:-1] in written
    said = [piece for piece in pieces(key)[1:] if len(piece) == 4]
    assert [piece for piece in said if piece in written] == []
    numbers = [json.dumps(list(piece.encode()))[1:-1] for piece in said]
    assert [spelled for spelled in numbers if spelled in written] == []
