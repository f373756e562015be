"""If a model repeats a key four letters per event, it is in no file, whichever API streams it.

The whole recorder is in between: the journal is read while the test runs, and the cassette after it is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_samurai import use_cassette

Json = Any

# These four letters are in nothing else that is written.
OWN = "QzXw7KvJ9pYhWgTq"
SHAPE = "sk-QzXw7KvJ9pYhWgTqZ3mN8bVc"

EVENTS, LINES = "text/event-stream", "application/x-ndjson"


def pieces(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


# --- how each API streams a text


def sse(event: Json, name: str | None = None) -> bytes:
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(event)}\n\n".encode()


def chat(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield sse({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]})
    yield b"data: [DONE]\n\n"


def completions(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield sse({"id": "c", "object": "text_completion", "choices": [{"index": 0, "text": text}]})
    yield b"data: [DONE]\n\n"


def responses(kind: str) -> Callable[[list[str]], Iterator[bytes]]:
    def stream(texts: list[str]) -> Iterator[bytes]:
        yield sse({"type": "response.created", "response": {"id": "r", "output": []}}, "response.created")
        for number, text in enumerate(texts):
            place = {"item_id": "i_1", "output_index": 0, "content_index": 0, "sequence_number": number}
            yield sse({"type": f"response.{kind}.delta", **place, "delta": text}, f"response.{kind}.delta")
        whole = {"content": [{"type": "output_text", "text": "".join(texts)}]}
        done = {"type": "response.completed", "response": {"id": "r", "output": [whole]}}
        yield sse(done, "response.completed")

    return stream


def messages(kind: str, name: str) -> Callable[[list[str]], Iterator[bytes]]:
    def stream(texts: list[str]) -> Iterator[bytes]:
        yield sse({"type": "message_start", "message": {"id": "m", "content": []}}, "message_start")
        for text in texts:
            delta = {"type": "content_block_delta", "index": 0, "delta": {"type": kind, name: text}}
            yield sse(delta, "content_block_delta")
        usage = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}
        yield sse(usage, "message_delta")
        yield sse({"type": "message_stop"}, "message_stop")

    return stream


def candidate(text: str) -> Json:
    return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}], "modelVersion": "g"}


def gemini(texts: list[str]) -> Iterator[bytes]:
    return (f"data: {json.dumps(candidate(text))}\r\n\r\n".encode() for text in texts)


def gemini_array(texts: list[str]) -> Iterator[bytes]:
    for number, text in enumerate(texts):
        yield f"{',' if number else '['}\n{json.dumps(candidate(text), indent=2)}\n".encode()
    yield b"]\n"


def lines(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield json.dumps({"model": "m", "message": {"role": "assistant", "content": text}}).encode() + b"\n"
    yield b'{"model": "m", "done": true}\n'


def two_lines(texts: list[str]) -> Iterator[bytes]:
    for text in texts:
        yield f'event: x\ndata: {{"text":\nid: 7\ndata: {json.dumps(text)}}}\n\n'.encode()


def so_far(texts: list[str]) -> Iterator[bytes]:
    for number in range(len(texts)):
        yield sse({"text": "".join(texts[: number + 1])})


def bare(texts: list[str]) -> Iterator[bytes]:
    return (f"data: {text}\n\n".encode() for text in texts)


def json_texts(texts: list[str]) -> Iterator[bytes]:
    return (f"data: {json.dumps(text)}\n\n".encode() for text in texts)


APIS: dict[str, tuple[str, str, Callable[[list[str]], Iterator[bytes]]]] = {
    "chat": ("chat/completions", EVENTS, chat),
    "completions": ("completions", EVENTS, completions),
    "responses": ("responses", EVENTS, responses("output_text")),
    "responses, arguments of a function": ("responses", EVENTS, responses("function_call_arguments")),
    "messages": ("messages", EVENTS, messages("text_delta", "text")),
    "messages, input of a tool": ("messages", EVENTS, messages("input_json_delta", "partial_json")),
    "Gemini": ("models/g:streamGenerateContent?alt=sse", EVENTS, gemini),
    "Gemini, as an array": ("models/g:streamGenerateContent", "application/json", gemini_array),
    "JSON lines": ("api/chat", LINES, lines),
    "JSON lines that are called JSON": ("api/chat", "application/json", lines),
    "JSON lines that are called events": ("api/chat", EVENTS, lines),
    "events that are called text": ("chat", "text/plain", chat),
    "chat's endpoint with events of another API": ("chat/completions", EVENTS, responses("output_text")),
    "data on two lines": ("chat", EVENTS, two_lines),
    "all that was said so far": ("chat", EVENTS, so_far),
    "data that is no JSON": ("chat", EVENTS, bare),
    "data that is a JSON text": ("chat", EVENTS, json_texts),
}


class Streaming(httpx.BaseTransport):
    """Answers each request with the same pieces."""

    def __init__(self, content_type: str, chunks: list[bytes]) -> None:
        self.content_type = content_type
        self.chunks = chunks

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": self.content_type}, stream=Chunks(self.chunks))


class Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("known", ["by its shape", "from the request", "from the environment"])
def test_a_key_that_is_streamed_four_letters_an_event_is_in_no_file(
    api: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_a_streamed_key(*APIS[api], known, tmp_path, monkeypatch)


def keep_a_streamed_key(
    path: str,
    content_type: str,
    stream: Callable[[list[str]], Iterator[bytes]],
    known: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Record and replay a stream with a key. It must be in no file, and everything else must stay."""
    key = SHAPE if known == "by its shape" else OWN
    if known == "from the environment":
        monkeypatch.setenv("MADE_UP_API_KEY", key)
    sent = list(stream(["It ", "is ", *pieces(key), ", I ", "think."]))
    headers = {"Authorization": f"Bearer {key if known == 'from the request' else 'none'}"}
    url = f"http://127.0.0.1:9/v1/{path}"

    def ask(client: httpx.Client) -> list[bytes]:
        with client.stream("POST", url, json={"model": "m", "stream": True, "messages": []}, headers=headers) as reply:
            return list(reply.iter_bytes())

    def leaks() -> set[str]:
        written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert b"think." in written
        return {piece for piece in pieces(key)[1:] if len(piece) == 4 and piece.encode() in written}

    with (
        use_cassette(tmp_path / "a.yaml", endpoints=["*"], stream_usage=False),
        httpx.Client(transport=Streaming(content_type, sent)) as client,
    ):
        # The application gets what the server sent.
        assert b"".join(ask(client)) == b"".join(sent)
        assert [file.suffix for file in tmp_path.iterdir()] == [".journal"]
        assert leaks() == set()
    assert [file.suffix for file in tmp_path.iterdir()] == [".yaml"]
    assert leaks() == set()

    with use_cassette(tmp_path / "a.yaml", mode="none", endpoints=["*"]), httpx.Client() as client:
        replayed = ask(client)
    # A replay has the same events, each as readable as before, in the same pieces.
    comes_in_pieces = content_type in (EVENTS, LINES) or ":streamGenerateContent" in path
    assert len(replayed) == (len(sent) if comes_in_pieces else 1)
    before, after = values(b"".join(sent)), values(b"".join(replayed))
    assert [shape(value) for value in after] == [shape(value) for value in before]
    said = "".join(text for value in after for text in strings(value))
    assert "is[REDACTED],Ithink." in said.replace(" ", "")


def values(body: bytes) -> list[Json]:
    """The JSON values in a body of any form; anything else as text."""
    if body.startswith(b"["):
        return list(json.loads(body))
    if b"data:" not in body:
        return [json.loads(line) for line in body.splitlines()]
    events = body.replace(b"\r", b"").decode().removesuffix("\n\n").split("\n\n")
    data = ["".join(line[5:] for line in event.split("\n") if line.startswith("data:")).strip() for event in events]
    return [json.loads(text) if text.startswith(("{", '"')) else text for text in data]


def shape(value: Json) -> Json:
    """A value without its texts."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(shape, value))
    return "" if isinstance(value, str) else value


def strings(value: Json) -> Iterator[str]:
    """The texts that an event adds to what was said."""
    if isinstance(value, str):
        yield value.removesuffix("[DONE]")
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in ("type", "id", "item_id", "object", "role", "model", "modelVersion", "stop_reason"):
                yield from strings(item)
