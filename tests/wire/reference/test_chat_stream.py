"""Chat completions, and the older ones, with everything in their reference: recorded, replayed, merged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import openai
import pytest
from openai.types import Completion, CompletionUsage
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel

from pytest_samurai.wire.chat import CHAT, merge
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import streamed
from tests.wire.reference.chat import COMPLETION_EVENTS, COMPLETION_USAGE, EVENTS, MESSAGES, TEXTS, USAGE
from tests.wire.reference.peer import Taken, sse, take, wire, without

Json = Any
ASKED: Json = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Where?"}], "n": 4}
OPTIONS: Json = {"stream_options": {"include_usage": True}}
COUNTED = Usage(1, 1500, 900, 2400, cached_tokens=1000, reasoning_tokens=640, cache_write_tokens=100)


def fields(model: Any, path: str = "") -> Iterator[str]:
    """The paths of all fields of a model, and of the models in it."""
    for name, field in model.model_fields.items():
        yield f"{path}.{name}"
        for inner in inner_models(field.annotation):
            yield from fields(inner, f"{path}.{name}")


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from inner_models(part)


def paths(value: Json, path: str = "") -> Iterator[str]:
    """The paths of all that is said in a value."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield f"{path}.{key}"
        yield from paths(inner, f"{path}.{key}")
    for inner in value if isinstance(value, list) else ():
        yield from paths(inner, path)


def test_nothing_that_the_reference_names_is_missing() -> None:
    said = {path for event in EVENTS for path in paths(event)}
    missing = {path for path in fields(ChatCompletionChunk) if path not in said}
    # Moderation results are separate objects, and nothing in them arrives in pieces.
    assert {path for path in missing if not path.startswith(".moderation.") and "top_logprobs." not in path} == set()
    said = {path for event in COMPLETION_EVENTS for path in paths(event)}
    details = {f".usage{path}" for path in fields(CompletionUsage) if "_details" in path}
    assert {path for path in fields(Completion) if path not in said} == details
    for event in EVENTS:
        ChatCompletionChunk.model_validate(event)


@pytest.mark.parametrize("asks", [True, False], ids=["asks for its usage", "does not"])
def test_a_chat_comes_back_chunk_for_chunk_and_merges_as_the_sdk_merges_it(asks: bool, tmp_path: Path) -> None:
    more = OPTIONS if asks else {}

    def ask(url: str) -> Json:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
            chats: Json = client.chat.completions
            with chats.with_streaming_response.create(**ASKED, **more, stream=True) as reply:
                chunks = list(reply.http_response.iter_raw())
            with chats.stream(**ASKED, **more) as events:
                return chunks, events.get_final_completion().to_dict(warnings=False)

    # The peer answers the question, whoever asked it. Anything else said with the usage is for the application.
    events = EVENTS if asks else [*EVENTS[:-1], without(EVENTS[-1], "moderation")]
    sent = list(sse(*events, done=True))
    taken = take(tmp_path / "a.yaml", {"/v1/chat/completions": wire(sent)}, ask)

    assert taken.live == taken.replayed
    chunks, final = taken.live
    assert b"".join(chunks) == b"".join(sent if asks else [*sent[:-2], sent[-1]])
    assert len(chunks) >= len(sent) - (not asks)
    for call in (*taken.recorded.calls, *taken.replay.calls):
        assert call.usage == COUNTED
        ours, of_sdk = (
            without(call.response, "obfuscation"),
            without(final, "obfuscation", "parsed", "parsed_arguments"),
        )
        assert ours["usage"] == USAGE
        for choice, expected in zip(ours["choices"], of_sdk["choices"], strict=True):
            # The SDK keeps the numbers of the parts in tool calls, and leaves null values out of the first event.
            assert known(choice) == known(expected)
        same = ["id", "object", "created", "model", "service_tier", "system_fingerprint", *(["moderation"] * asks)]
        assert {key: ours[key] for key in same} == {key: of_sdk[key] for key in same}


def known(choice: Json) -> Json:
    """A choice without null values and without the numbers of parts."""
    message = {key: value for key, value in choice["message"].items() if value is not None}
    calls = [without(call, "index") for call in message.pop("tool_calls", [])]
    odds = {key: value for key, value in (choice.get("logprobs") or {}).items() if value is not None}
    return {**choice, "message": message, "calls": calls, "logprobs": odds}


def test_the_answers_have_what_was_said_and_what_was_asked_of_tools() -> None:
    merged = merge(map(json.dumps, EVENTS))
    assert [without(choice["message"], "reasoning_content") for choice in merged["choices"]] == [
        without(message, "reasoning_content") for message in MESSAGES
    ]
    assert list(CHAT.answers(merged)) == [
        Message(
            "assistant",
            (
                Part("text", "It is Köln. 🏰"),
                Part("tool_call", '{"city": "Köln"}', "weather"),
                Part("tool_call", "{}", "clock"),
            ),
        ),
        Message("assistant", (Part("refusal", "I can't say."),)),
        Message("assistant", (Part("tool_call", '{"a": 1}', "weather"),)),
        Message("assistant", (Part("reasoning", "I look."), Part("audio", "It is Köln."))),
    ]


def test_a_custom_tool_is_called_with_an_input() -> None:
    called = {"id": "1", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
    message = {"role": "assistant", "content": None, "tool_calls": [called]}
    assert CHAT.answers({"choices": [{"message": message}]})[0].parts == (Part("tool_call", "SELECT 1", "sql"),)


def test_of_a_chat_that_broke_the_usage_is_unknown() -> None:
    for length in range(1, len(EVENTS)):
        assert streamed(*EVENTS[:length], done=False).usage is None
    assert streamed(*EVENTS, done=False).usage == COUNTED


def test_a_completion_comes_back_chunk_for_chunk_and_its_texts_are_joined(tmp_path: Path) -> None:
    """The SDK has no accumulator. By the reference, a text continues the text with the same index."""
    asked: Json = {"model": "gpt-3.5-turbo-instruct", "prompt": ["Where?", "How?"], **OPTIONS}

    def ask(url: str) -> Json:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
            with client.completions.with_streaming_response.create(**asked, stream=True) as reply:
                chunks = list(reply.http_response.iter_raw())
            parts = list(client.completions.create(**asked, stream=True))
        choices = [choice for part in parts for choice in part.choices]
        return chunks, ["".join(choice.text for choice in choices if choice.index == index) for index in (0, 1)]

    sent = list(sse(*COMPLETION_EVENTS, done=True))
    taken: Taken[Json] = take(tmp_path / "a.yaml", {"/v1/completions": wire(sent)}, ask)

    assert taken.live == taken.replayed
    chunks, texts = taken.live
    assert b"".join(chunks) == b"".join(sent)
    for call in (*taken.recorded.calls, *taken.replay.calls):
        assert (call.endpoint, call.usage) == ("completions", Usage(1, 40, 60, 100))
        whole = Completion.model_validate(call.response)
        assert [choice.text for choice in whole.choices] == texts == list(TEXTS)
        assert [choice.finish_reason for choice in whole.choices] == ["stop", "stop"]
        assert whole.choices[0].logprobs
        assert "".join(whole.choices[0].logprobs.tokens or []) == TEXTS[0]
        assert call.response["usage"] == COMPLETION_USAGE
