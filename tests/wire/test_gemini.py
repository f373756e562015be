"""Google's API: requests, answers, and both forms of streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.wire.gemini import GEMINI, merge
from pytest_samurai.wire.message import Message, Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, streamed

Json = Any
URL = "https://h/v1beta/models/gemini-2.5-flash:generateContent"
STREAM_URL = "https://h/v1beta/models/gemini-2.5-flash:streamGenerateContent"
METADATA = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 40,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 300,
    "toolUsePromptTokenCount": 5,
    "totalTokenCount": 425,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 90}, {"modality": "AUDIO", "tokenCount": 10}],
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}],
}
COUNTED = Usage(
    1, 105, 320, 425, cached_tokens=40, reasoning_tokens=300, prompt_audio_tokens=10, completion_audio_tokens=2
)


def event(*parts: Json, index: int = 0, **more: Json) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": index}
    if "finishReason" in more:
        candidate["finishReason"] = more.pop("finishReason")
    return {"candidates": [candidate], "modelVersion": "gemini-2.5-flash", "responseId": "r", **more}


EVENTS = [
    event({"text": "Hm", "thought": True}, usageMetadata={"promptTokenCount": 100, "totalTokenCount": 100}),
    event({"text": "m.", "thought": True}),
    event({"text": "It is "}),
    event({"text": "Paris."}, {"functionCall": {"name": "weather", "args": {"city": "Köln"}}}),
    event(finishReason="STOP", usageMetadata=METADATA),
]


def test_thoughts_are_part_of_the_completion_and_results_of_tools_of_the_prompt() -> None:
    answered = call(event({"text": "Paris."}, usageMetadata=METADATA), request={"contents": []}, url=URL)

    assert (answered.endpoint, answered.text, answered.model) == ("gemini", "Paris.", "gemini-2.5-flash")
    assert answered.usage == COUNTED


def test_a_stream_of_either_form_says_what_a_plain_reply_would_have() -> None:
    sse = streamed(*EVENTS, done=False, url=f"{STREAM_URL}?alt=sse")
    array = call(json.dumps(EVENTS, indent=1).encode(), url=STREAM_URL)

    for answered in (sse, array):
        assert (answered.text, answered.usage) == ("It is Paris.", COUNTED)
        [candidate] = answered.response["candidates"]
        assert candidate["finishReason"] == "STOP"
        assert [part.get("text") for part in candidate["content"]["parts"]] == ["Hmm.", "It is Paris.", None]


def test_candidates_that_take_turns_stay_apart() -> None:
    merged = merge(map(json.dumps, [event({"text": "a"}), event({"text": "x"}, index=1), event({"text": "b"})]))
    assert [message.text for message in GEMINI.answers(merged)] == ["ab", "x"]
    assert merge(["", "{}"]) == {}
    assert merge(['{"candidates": [{"finishReason": "SAFETY"}]}']) == {"candidates": [{"finishReason": "SAFETY"}]}


@pytest.mark.parametrize(
    ("metadata", "counted"),
    [
        ({"promptTokenCount": 3, "totalTokenCount": 3}, Usage(1, 3, 0, 3)),
        ({"promptTokenCount": 3, "candidatesTokenCount": 2}, Usage(1, 3, 2, 5)),
        ({"candidatesTokenCount": 2}, None),
        (None, None),
    ],
)
def test_a_prompt_that_was_blocked_has_a_usage_and_a_reply_without_one_has_none(
    metadata: Json, counted: Usage | None
) -> None:
    assert call({"promptFeedback": {}, "usageMetadata": metadata}, url=URL).usage == counted


@pytest.mark.parametrize(
    ("url", "request_", "model"),
    [
        (URL, {}, "gemini-2.5-flash"),
        ("https://h/v1/publishers/google/models/g-1%3AgenerateContent", {}, "g-1"),
        ("https://h/x:generateContent", {"model": "models/g-2"}, "g-2"),
        ("https://h/x:generateContent", {}, None),
    ],
)
def test_the_model_that_is_asked_for_is_in_the_url(url: str, request_: Json, model: str | None) -> None:
    assert GEMINI.model_asked(url, request_) == model


def test_the_messages_of_a_request_have_one_shape_however_its_keys_are_spelled() -> None:
    contents = [
        {"role": "user", "parts": [{"text": "Where?"}, {"inlineData": {"data": "x"}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "weather"}}, {"text": "Hm", "thought": True}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"sky": "rain"}}}, {}]},
    ]
    for name in ("systemInstruction", "system_instruction"):
        asked = {name: {"parts": [{"text": "Be short."}]}, "contents": contents}
        assert list(GEMINI.messages(asked)) == [
            Message("system", (Part("text", "Be short."),)),
            Message("user", (Part("text", "Where?"), Part("inlineData", ""))),
            Message("model", (Part("tool_call", "{}", "weather"), Part("reasoning", "Hm"))),
            Message("user", (Part("tool_result", '{"sky": "rain"}'), Part("", ""))),
        ]
    assert list(GEMINI.messages({"systemInstruction": "s", "contents": {"parts": {"text": "a"}}})) == [
        Message("system", (Part("text", "s"),)),
        Message("", (Part("text", "a"),)),
    ]
    embedded = {"requests": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": [{"text": "b"}]}}]}
    assert [message.text for message in GEMINI.messages(embedded)] == ["a", "b"]


def test_a_search_makes_the_price_unknown() -> None:
    grounded = {"candidates": [{"groundingMetadata": {"webSearchQueries": ["x"]}}]}
    replies: list[Json] = [grounded, {"candidates": [{}]}, {}]
    assert [GEMINI.has_paid_tools(reply) for reply in replies] == [True, False, False]


def test_limits_tools_and_names_are_read_from_a_request() -> None:
    tools: list[Json] = [{"functionDeclarations": []}]
    asked = {"contents": [], "tools": tools, "generationConfig": {"maxOutputTokens": 7, "candidateCount": 2}}
    assert (GEMINI.most(asked), GEMINI.most({}), GEMINI.tools(asked), GEMINI.tools({})) == (14, 0, [tools], [])
    assert GEMINI.most({"generation_config": {"max_output_tokens": 7}}) == 7
    assert GEMINI.prompt(asked) == {"contents": [], "tools": tools}
    assert GEMINI.names["contents"]({"role": "user"}) == "user"
    assert call(event({"text": "a"}), url=URL)._answer.tier is None


def test_a_stream_has_come_whole_once_it_says_why_it_ended() -> None:
    assert GEMINI.is_over(json.dumps(EVENTS).encode())
    assert not GEMINI.is_over(json.dumps(EVENTS[:-1]).encode())
