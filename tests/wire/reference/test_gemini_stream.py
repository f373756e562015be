"""The Gemini API, with everything in its reference: recorded, replayed, merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types

from pytest_samurai.wire.gemini import GEMINI, merge
from pytest_samurai.wire.message import Part
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call, streamed
from tests.wire.reference.gemini import (
    BLOCKED,
    CANDIDATE,
    EVENTS,
    GROUNDED,
    PARTS,
    SO_FAR,
    USAGE,
    array,
    called_in_pieces,
    coming,
    event,
    stream,
)
from tests.wire.reference.peer import plain, sse, take, wire

Json = Any
MODELS = "/v1/models/gemini-2.5-flash"
BETA = "/v1beta/models/gemini-2.5-flash"
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash"
STREAM_URL = f"https://h{MODELS}:streamGenerateContent"
ASKED: Json = {"contents": [{"role": "user", "parts": [{"text": "Where?"}]}]}
COUNTED = Usage(1, 2050, 420, 2470, cached_tokens=800, reasoning_tokens=300, prompt_audio_tokens=500)
OF_THE_SDK = {"sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"}
"""What the SDK adds to a response."""


def merged(events: list[Json]) -> Json:
    return merge(map(json.dumps, events))


def names(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def client(url: str) -> genai.Client:
    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url))


def test_no_part_and_nothing_beside_the_parts_is_missing() -> None:
    parts = [*coming(), *PARTS]
    assert {key for part in parts for key in part} == names(types.Part)
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    assert {key for called in calls for key in called} == names(types.FunctionCall)
    partial = [piece for called in calls for piece in called.get("partialArgs", [])]
    assert {key for piece in partial for key in piece} == names(types.PartialArg) - {"nullValue"}
    candidates = {*CANDIDATE, *GROUNDED, "content"}
    assert candidates == names(types.Candidate)
    assert {key for each in (*EVENTS, *BLOCKED) for key in each} == names(types.GenerateContentResponse) - OF_THE_SDK
    assert set(USAGE) == names(types.GenerateContentResponseUsageMetadata)


def kept(parts: list[types.Part]) -> list[Json]:
    return [part.model_dump(mode="json", by_alias=True, exclude_none=True) for part in parts]


def test_a_stream_comes_back_event_for_event_and_has_what_the_sdk_keeps_of_it(tmp_path: Path) -> None:
    """The SDK has no accumulator: a chat keeps the parts of all events, one after another."""

    def ask(url: str) -> Json:
        with client(url) as google:
            chat = google.chats.create(model="gemini-2.5-flash")
            chunks = list(chat.send_message_stream("Where?"))
        seen = [chunk.model_dump(mode="json", exclude={"sdk_http_response"}) for chunk in chunks]
        [_, *answers] = chat.get_history()
        parts = [part for content in answers for part in content.parts or []]
        with (
            httpx.Client() as plainly,
            plainly.stream("POST", f"{url}{MODELS}:streamGenerateContent", json=ASKED) as raw,
        ):
            return seen, kept(parts), list(raw.iter_raw())

    sent = list(sse(*EVENTS))
    taken = take(tmp_path / "a.yaml", {f"{MODELS}:streamGenerateContent": wire(sent)}, ask)

    assert taken.live == taken.replayed
    seen, of_sdk, chunks = taken.live
    assert len(seen) == len(EVENTS)
    assert b"".join(chunks) == b"".join(sent)
    assert len(chunks) >= len(sent)
    for call_ in (*taken.recorded.calls, *taken.replay.calls):
        assert (call_.endpoint, call_.usage, call_.model) == ("gemini", COUNTED, "gemini-2.5-flash")
        [candidate] = call_.response["candidates"]
        assert candidate == {**CANDIDATE, "content": {"role": "model", "parts": PARTS}}
        whole = types.GenerateContentResponse.model_validate(call_.response)
        assert whole.candidates
        assert whole.candidates[0].content
        ours = kept(whole.candidates[0].content.parts or [])
        # The texts, the code and its output are those of the chat's parts, joined; all other parts are the same.
        for path in (("text",), ("executableCode", "code"), ("codeExecutionResult", "output")):
            assert said(ours, *path) == said(of_sdk, *path)
        called = ("text", "executableCode", "codeExecutionResult", "functionCall")
        assert [part for part in ours if part.keys().isdisjoint(called)] == [
            part for part in of_sdk if part.keys().isdisjoint(called)
        ]


def said(parts: list[Json], *path: str) -> str:
    texts = []
    for part in parts:
        for step in path:
            part = part.get(step) or {}
        texts.append(part or "")
    return "".join(texts)


@pytest.mark.parametrize("path", [MODELS, BETA, VERTEX])
@pytest.mark.parametrize("form", ["array", "sse", "plain"])
def test_each_form_on_each_path_is_recorded_replayed_and_read_alike(path: str, form: str, tmp_path: Path) -> None:
    whole = merged(EVENTS)
    method = "generateContent" if form == "plain" else "streamGenerateContent"
    replies = {
        "array": wire(array(EVENTS), "application/json"),
        "sse": wire([b"".join(sse(*EVENTS))]),
        "plain": plain(whole),
    }

    def ask(url: str) -> Json:
        with httpx.Client() as web, web.stream("POST", f"{url}{path}:{method}", json=ASKED) as reply:
            return list(reply.iter_raw())

    taken = take(tmp_path / "a.yaml", {f"{path}:{method}": replies[form]}, ask)

    assert b"".join(taken.live) == b"".join(taken.replayed) == b"".join(replies[form].pieces)
    for call_ in (*taken.recorded.calls, *taken.replay.calls):
        assert (call_.response, call_.usage, call_.model) == (whole, COUNTED, "gemini-2.5-flash")
        assert [message.text for message in call_.messages] == ["Where?"]


def test_of_a_stream_that_broke_the_usage_is_unknown_and_a_blocked_prompt_has_one() -> None:
    for length in range(1, len(EVENTS)):
        assert streamed(*EVENTS[:length], done=False, url=STREAM_URL).usage is None
        assert call(b"".join(array(EVENTS[:length])), url=STREAM_URL).usage is None
    assert streamed(*EVENTS, done=False, url=STREAM_URL).usage == COUNTED
    blocked = streamed(*BLOCKED, done=False, url=STREAM_URL)
    assert (blocked.usage, blocked.text) == (Usage(1, 2000, 0, 2000), None)
    assert call(event({"text": "a"}) | {"usageMetadata": SO_FAR}, url=STREAM_URL).usage == Usage(1, 2000, 3, 2003)


def test_what_is_grounded_in_one_event_stays_so_when_the_last_says_nothing_of_it() -> None:
    grounded = [event({"text": "a"}, **GROUNDED), event(finishReason="STOP", groundingMetadata={})]
    assert GEMINI.has_paid_tools(merged(grounded))
    assert not GEMINI.has_paid_tools(merged(EVENTS))


def test_audio_from_the_cache_makes_the_price_unknown() -> None:
    """Source: ai.google.dev/gemini-api/docs/pricing: context caching has a separate rate for audio."""
    usage = {**USAGE, "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}]}
    assert GEMINI.has_paid_tools(merged(stream({"text": "a"}, usage=usage)))


@pytest.mark.parametrize(
    ("told", "tier", "has_other_prices"),
    [
        ({"serviceTier": "flex"}, "flex", False),
        ({"trafficType": "ON_DEMAND"}, None, False),
        ({"trafficType": "ON_DEMAND_FLEX"}, "flex", False),
        ({"trafficType": "ON_DEMAND_PRIORITY"}, "priority", False),
        ({"trafficType": "ON_DEMAND_OFFPEAK"}, None, True),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, None, True),
        ({}, None, False),
    ],
)
def test_the_level_of_service_is_told_where_it_has_prices_of_its_own(
    told: Json, tier: str | None, has_other_prices: bool
) -> None:
    answered = call(event({"text": "a"}) | {"usageMetadata": told}, url=STREAM_URL)
    assert (answered._answer.tier, answered._answer.has_paid_tools) == (tier, has_other_prices)


@pytest.mark.parametrize(
    ("path", "pieces", "args"),
    [
        ("$.a", [{"stringValue": "x"}, {"stringValue": "y"}], {"a": "xy"}),
        ("$.a.b", [{"numberValue": 1.5}], {"a": {"b": 1.5}}),
        ("$.a", [{"nullValue": "NULL_VALUE"}], {"a": None}),
        ("$.a[0].b", [{"stringValue": "x"}, {"stringValue": "y"}], {"a": [{"b": "xy"}]}),
        ("$.a[0][0]", [{"boolValue": False}], {"a": [[False]]}),
        ("$['a']", [{"numberValue": 1}, {"numberValue": 2}], {"a": 2}),
        ("$.a[0]", [{"numberValue": 1}, {"numberValue": 2}], {"a": [2]}),
        # A path that leads nowhere.
        ("$.a[3]", [{"numberValue": 1}], {"a": []}),
        ("$.a[3].b", [{"numberValue": 1}], {"a": []}),
        ("$[0]", [{"numberValue": 1}], {}),
        ("$", [{"numberValue": 1}], {}),
    ],
)
def test_the_arguments_of_a_call_go_where_their_path_leads(path: str, pieces: list[Json], args: Json) -> None:
    partial = [{"jsonPath": path, **piece} for piece in pieces]
    called = [
        {"functionCall": {"name": "f", "args": {}, "willContinue": True}},
        *({"functionCall": {"partialArgs": [each], "willContinue": True}} for each in partial),
        {"functionCall": {}},
    ]
    [part] = merged(stream(*called))["candidates"][0]["content"]["parts"]
    assert part == {"functionCall": {"name": "f", "args": args}}


def test_a_call_that_broke_has_the_arguments_so_far() -> None:
    said = [event(part) for part in called_in_pieces()]
    [message] = GEMINI.answers(merged(said[:2]))
    assert message.parts == (Part("tool_call", '{"city": "Kö"}', "weather"),)


def test_the_answer_has_what_was_said_what_was_asked_of_tools_and_what_they_said() -> None:
    [answer] = GEMINI.answers(merged(EVENTS))
    assert answer.parts[:11] == (
        Part("reasoning", "I look for „Köln“."),
        Part("tool_call", "print(6 * 7)\n", "code_execution"),
        Part("tool_result", "42\n43\n"),
        Part("tool_call", '{"city": "Köln", "days": [1, true, {"a b": "so"}]}', "weather"),
        Part("text", "It is Köln. 🏰"),
        Part("text", ""),
        Part("text", "And more."),
        Part("tool_call", '{"zone": "CET"}', "clock"),
        Part("tool_result", '{"time": "12:00"}'),
        Part("inlineData", ""),
        Part("fileData", ""),
    )
    assert answer.text == "It is Köln. 🏰And more.Rain."
