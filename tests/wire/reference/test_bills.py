"""The cost of each API's calls, live and replayed, compared with a manual calculation at published rates.

The rates are from the pages named with each call, in US dollars per million tokens, in November 2026.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import types

from pytest_samurai.wire.usage import Usage
from tests.intercept.wires import Wire
from tests.wire.reference import chat, gemini, messages, responses
from tests.wire.reference.peer import plain, sse, take, wire, without

Json = Any
MILLION = 1_000_000
GEMINI = "/v1/models/gemini-2.5-flash"
TURNS: Json = {"contents": [{"role": "user", "parts": [{"text": "Where?"}]}]}
SAID: Json = [{"role": "user", "content": "Where?"}]
VECTOR = [0.5, -1.0, 0.25]


@dataclass(frozen=True)
class Bill:
    """A call: its URL, its answer, how it is asked; its usage, and its cost by hand, if known."""

    path: str
    reply: Wire
    ask: Callable[[str], object]
    usage: Usage | None
    cost: Decimal | None


def open_ai(call: Callable[[openai.OpenAI], Any]) -> Callable[[str], object]:
    def ask(url: str) -> object:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
            return seen(call(client))

    return ask


def claude(call: Callable[[anthropic.Anthropic], Any]) -> Callable[[str], object]:
    def ask(url: str) -> object:
        with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client:
            return seen(call(client))

    return ask


def google(call: Callable[[genai.Client], Any], **options: Any) -> Callable[[str], object]:
    def ask(url: str) -> object:
        with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url, **options)) as client:
            return seen(call(client))

    return ask


def seen(said: Any) -> object:
    """What the application sees of a reply, or of each event in a stream."""
    if hasattr(said, "model_dump"):
        return without(said.model_dump(mode="json", warnings=False), "sdk_http_response")
    return [seen(event) for event in said]


def raw(path: str, body: Json) -> Callable[[str], object]:
    return lambda url: httpx.post(f"{url}{path}", json=body).content


def chatted(usage: Json, model: str = "gpt-5-mini-2025-08-07") -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Köln."}, "finish_reason": "stop"}
    return {**chat.BESIDE, "object": "chat.completion", "model": model, "choices": [choice], "usage": usage}


# developers.openai.com/api/docs/pricing, GPT-5 mini: input 0.25, cached input 0.025, output 2. It has no rate of its
# own for what goes into the cache, which so costs what other input does.
OF_CHAT = Usage(1, 1500, 900, 2400, cached_tokens=1000, reasoning_tokens=640, cache_write_tokens=100)
CHAT = (1000 * Decimal("0.025") + 500 * Decimal("0.25") + 900 * 2) / MILLION
OF_RESPONSES = Usage(1, 3000, 800, 3800, cached_tokens=1000, reasoning_tokens=600, cache_write_tokens=500)
RESPONSES = (1000 * Decimal("0.025") + 2000 * Decimal("0.25") + 800 * 2) / MILLION
# The same page, GPT-3.5 turbo instruct: input 1.5, output 2. Embeddings, text-embedding-3-small: 0.02.
COMPLETIONS = (40 * Decimal("1.5") + 60 * 2) / MILLION
EMBEDDINGS = 8 * Decimal("0.02") / MILLION
# claude.com/pricing, Sonnet 4.5, prompts up to 200,000 tokens: input 3, output 15; prompt caching: read 0.3, write
# 3.75, write for an hour 6. The input has neither.
OF_MESSAGES = Usage(
    1, 5900, 503, 6403, cached_tokens=4000, reasoning_tokens=400, cache_write_tokens=700, cache_write_1h_tokens=200
)
MESSAGES = (1200 * 3 + 4000 * Decimal("0.3") + 500 * Decimal("3.75") + 200 * 6 + 503 * 15) / MILLION
# ai.google.dev/gemini-api/docs/pricing, 2.5 Flash: input 0.3, audio 1, cached text 0.03, output with thoughts 2.5.
# The 2,000 of the prompt are 800 cached, 500 of audio and 700 others; then 50 of a tool's results.
OF_GEMINI = Usage(1, 2050, 420, 2470, cached_tokens=800, reasoning_tokens=300, prompt_audio_tokens=500)
GEMINI_COST = (800 * Decimal("0.03") + 500 * 1 + 750 * Decimal("0.3") + 420 * Decimal("2.5")) / MILLION

FREE_STREAM = responses.stream(output=responses.FREE)
SEARCHED: Json = {**messages.LAST_USAGE, "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}}
PAID_MESSAGE = list(messages.stream(messages.BLOCKS[:3], SEARCHED))
ASKED: Json = {"model": "claude-any", "max_tokens": 99, "messages": SAID}
EMBEDDED: Json = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": VECTOR}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}
IN_BASE64 = base64.b64encode(struct.pack("<3f", *VECTOR)).decode()
PAINTED_AUDIO: Json = {
    **chat.USAGE,
    "prompt_tokens_details": {"audio_tokens": 200},
    "completion_tokens_details": {"audio_tokens": 300},
}


def embed(encoding: Json) -> Callable[[openai.OpenAI], Any]:
    return lambda client: client.embeddings.create(model="text-embedding-3-small", input="a", encoding_format=encoding)


def respond(client: openai.OpenAI) -> Any:
    return client.responses.create(model="gpt-5-mini", input="Where?", stream=True)


def generate(client: genai.Client) -> Any:
    return list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="Where?"))


BILLS = {
    "chat": Bill(
        "/v1/chat/completions",
        plain(chatted(chat.USAGE)),
        open_ai(lambda client: client.chat.completions.create(model="gpt-5-mini", messages=SAID)),
        OF_CHAT,
        CHAT,
    ),
    "chat, streamed, usage not asked for": Bill(
        "/v1/chat/completions",
        wire(sse(*without(chat.EVENTS, "moderation"), done=True)),
        open_ai(lambda client: client.chat.completions.create(model="gpt-5-mini", messages=SAID, stream=True)),
        OF_CHAT,
        CHAT,
    ),
    "chat, broken before its usage": Bill(
        "/v1/chat/completions",
        wire(sse(*chat.EVENTS[:9])),
        open_ai(lambda client: client.chat.completions.create(model="gpt-5-mini", messages=SAID, stream=True)),
        None,
        None,
    ),
    "chat, audio without a published rate": Bill(
        "/v1/chat/completions",
        plain(chatted(PAINTED_AUDIO)),
        open_ai(lambda client: client.chat.completions.create(model="gpt-5-mini", messages=SAID)),
        Usage(1, 1500, 900, 2400, prompt_audio_tokens=200, completion_audio_tokens=300),
        None,
    ),
    "completions, streamed": Bill(
        "/v1/completions",
        wire(sse(*chat.COMPLETION_EVENTS, done=True)),
        open_ai(lambda client: client.completions.create(model="gpt-3.5-turbo-instruct", prompt="a", stream=True)),
        Usage(1, 40, 60, 100),
        COMPLETIONS,
    ),
    "responses": Bill(
        "/v1/responses",
        plain(responses.response(*responses.FREE)),
        open_ai(lambda client: client.responses.create(model="gpt-5-mini", input="Where?", previous_response_id="r")),
        OF_RESPONSES,
        RESPONSES,
    ),
    "responses, streamed": Bill(
        "/v1/responses", wire(sse(*FREE_STREAM, named=True)), open_ai(respond), OF_RESPONSES, RESPONSES
    ),
    "responses, broken before its end": Bill(
        "/v1/responses", wire(sse(*FREE_STREAM[:-1], named=True)), open_ai(respond), None, None
    ),
    "responses, with a web search": Bill(
        "/v1/responses",
        wire(sse(*responses.stream(output=[responses.SEARCH, responses.TALK]), named=True)),
        open_ai(respond),
        OF_RESPONSES,
        None,
    ),
    "messages, streamed": Bill(
        "/v1/messages",
        wire(sse(*messages.EVENTS, named=True)),
        claude(lambda client: client.messages.create(**ASKED, stream=True)),
        OF_MESSAGES,
        MESSAGES,
    ),
    "messages": Bill(
        "/v1/messages",
        plain({
            **messages.BEGUN,
            "content": messages.BLOCKS[:3],
            "stop_reason": "end_turn",
            "usage": {**messages.FIRST_USAGE, **messages.LAST_USAGE},
        }),
        claude(lambda client: client.messages.create(**ASKED)),
        OF_MESSAGES,
        MESSAGES,
    ),
    "messages, broken before its last event": Bill(
        "/v1/messages",
        wire(sse(*messages.EVENTS[:-2], named=True)),
        claude(lambda client: client.messages.create(**ASKED, stream=True)),
        None,
        None,
    ),
    "messages, with a web search": Bill(
        "/v1/messages",
        wire(sse(*PAID_MESSAGE, named=True)),
        claude(lambda client: client.messages.create(**ASKED, stream=True)),
        OF_MESSAGES,
        None,
    ),
    "embeddings": Bill(
        "/v1/embeddings", plain(EMBEDDED), open_ai(embed("float")), Usage(1, 8, 0, 8), EMBEDDINGS
    ),
    "embeddings in base64": Bill(
        "/v1/embeddings",
        plain({**EMBEDDED, "data": [{"object": "embedding", "index": 0, "embedding": IN_BASE64}]}),
        open_ai(embed("base64")),
        Usage(1, 8, 0, 8),
        EMBEDDINGS,
    ),
    "Gemini, streamed": Bill(
        f"{GEMINI}:streamGenerateContent", wire(sse(*gemini.EVENTS)), google(generate), OF_GEMINI, GEMINI_COST
    ),
    "Gemini, broken before its last event": Bill(
        f"{GEMINI}:streamGenerateContent", wire(sse(*gemini.EVENTS[:-1])), google(generate), None, None
    ),
    "Gemini, grounded by a search": Bill(
        f"{GEMINI}:streamGenerateContent",
        wire(sse(*gemini.stream({"text": "Köln."}, **gemini.GROUNDED))),
        google(generate),
        OF_GEMINI,
        None,
    ),
    "Gemini, as an array": Bill(
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        wire(gemini.array(gemini.EVENTS), "application/json"),
        raw("/v1beta/models/gemini-2.5-flash:streamGenerateContent", TURNS),
        OF_GEMINI,
        GEMINI_COST,
    ),
    # The same page, Gemini Embedding: 0.15.
    "Gemini, an embedding": Bill(
        "/v1beta/models/gemini-embedding-001:embedContent",
        plain({"embedding": {"values": VECTOR}, "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}),
        raw("/v1beta/models/gemini-embedding-001:embedContent", {"content": {"parts": [{"text": "a"}]}}),
        Usage(1, 8, 0, 8),
        8 * Decimal("0.15") / MILLION,
    ),
    "Gemini, embeddings that say no usage": Bill(
        "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        plain({"embeddings": [{"values": VECTOR}]}),
        google(lambda client: client.models.embed_content(model="gemini-embedding-001", contents=["a"]),
               api_version="v1beta"),
        None,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BILLS)
def test_a_call_costs_what_the_published_rates_make_of_its_usage(name: str, tmp_path: Path) -> None:
    bill = BILLS[name]

    taken = take(tmp_path / "a.yaml", {bill.path: bill.reply}, bill.ask)

    assert taken.live == taken.replayed
    for recorder in (taken.recorded, taken.replay):
        [call] = recorder.calls
        assert (call.usage, call.cost) == (bill.usage, bill.cost)


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_an_embedding_comes_back_as_the_same_numbers_in_either_encoding(encoding: str, tmp_path: Path) -> None:
    bill = BILLS["embeddings" if encoding == "float" else "embeddings in base64"]

    def ask(url: str) -> Json:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as client:
            # The SDK asks for base64 and reads it, unless it is told which encoding to ask for.
            more: Json = {"encoding_format": "float"} if encoding == "float" else {}
            [data] = client.embeddings.create(model="text-embedding-3-small", input="a", **more).data
            return data.embedding

    taken = take(tmp_path / "a.yaml", {bill.path: bill.reply}, ask)

    assert taken.live == taken.replayed == VECTOR
    [call] = taken.replay.calls
    assert (call.answers, [message.text for message in call.messages]) == ((), ["a"])
    assert json.dumps(VECTOR) in json.dumps(call.response) or IN_BASE64 in json.dumps(call.response)
