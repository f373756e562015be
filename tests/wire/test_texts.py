"""The texts in an unknown API's events, each with the channels that it may continue."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.dialect import Label
from pytest_samurai.wire.texts import every_text

Json = Any


def spoken(*events: Json) -> set[str]:
    """What is said in all channels."""
    channels: dict[Any, str] = {}
    for event in events:
        for channel, holder, key in every_text(event):
            channels[channel] = channels.get(channel, "") + holder[key]
    return set(channels.values())


def delta(text: str, **more: Json) -> Json:
    return {"type": "response.output_text.delta", "delta": text, **more}


@pytest.mark.parametrize(
    "events",
    [
        # OpenAI's responses, Anthropic's messages, Google's, Ollama's, Cohere's.
        [delta(text, item_id="msg_1", output_index=0, sequence_number=n) for n, text in enumerate(("on", "e"))],
        [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
            for text in ("on", "e")
        ],
        [{"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]} for text in ("on", "e")],
        [{"message": {"role": "assistant", "content": text}, "done": False} for text in ("on", "e")],
        [{"type": "content-delta", "delta": {"message": {"content": {"text": text}}}} for text in ("on", "e")],
        # However the events are numbered and named.
        [{"id": f"event_{n}", "type": f"t{n}", "text": text} for n, text in enumerate(("on", "e"))],
        # In several places in one event.
        [{"parts": [{"text": "o"}, {"text": "n"}]}, {"parts": [{"text": "e"}]}],
        [{"content_block": {"type": "text", "text": "on"}}, {"delta": {"type": "text_delta", "text": "e"}}],
        [{"tokens": ["o", "n"]}, {"tokens": ["e"]}],
        [["on"], ["e"]],
        # Mistral's: a content is a text, or a list of parts.
        [{"delta": {"content": "on"}}, {"delta": {"content": [{"type": "text", "text": "e"}]}}],
    ],
)
def test_a_text_goes_on_in_the_next_event(events: list[Json]) -> None:
    assert "one" in spoken(*events)


@pytest.mark.parametrize(
    "tell",
    [
        lambda n: {"output_index": n},
        lambda n: {"item_id": "ab"[n]},
        lambda n: {"id": "ab"[n]},
        lambda n: {"toolCallId": "ab"[n]},
        lambda n: {"contentBlockIndex": n},
        lambda n: {"type": ("text", "arguments")[n]},
        lambda n: {"id": n},
        lambda n: {"index": "01"[n]},
        lambda n: {"role": ("user", "assistant")[n]},
        lambda n: {"event_type": ("text", "plan")[n]},
        lambda n: {"jsonPath": ("$.a", "$.b")[n]},
        lambda n: {"thought": n == 1},
        lambda n: {"thought": True} if n else {},
    ],
)
def test_the_texts_of_two_items_that_take_turns_do_not_mix(tell: Any) -> None:
    events = [{"delta": text, **tell(n % 2)} for n, text in enumerate(("on", "tw", "e", "o"))]

    assert {"one", "two"} <= spoken(*events)


@pytest.mark.parametrize(
    "event",
    [
        lambda n, text: {"run_id": "ab"[n % 2], "data": {"chunk": {"content": text}}},
        # An event's id, which is different in each event, does no harm.
        lambda n, text: {"id": f"event_{n}", "output_index": n % 2, "delta": text},
        lambda n, text: {"chunk_index": n, "item_id": "ab"[n % 2], "delta": text},
        # The first event of an item has another form than the rest.
        lambda n, text: {"index": n % 2, ("delta" if n > 1 else "block"): {"type": f"t{n > 1}", "text": text}},
    ],
)
def test_the_id_of_an_item_counts_wherever_the_text_is(event: Any) -> None:
    assert {"one", "two"} <= spoken(*(event(n, text) for n, text in enumerate(("on", "tw", "e", "o"))))


def test_the_number_of_an_object_in_a_list_counts_and_not_its_place() -> None:
    def part(index: int, text: str) -> Json:
        return {"index": index, "delta": {"content": text}}

    events = [
        {"choices": [part(0, "on"), part(1, "tw")]},
        {"choices": [part(1, "o")]},
        {"choices": [part(0, "e")]},
    ]

    assert {"one", "two"} <= spoken(*events)


def test_the_texts_of_an_event_come_in_their_order_and_can_be_replaced_where_they_are() -> None:
    event: Json = {"b": {"c": ["x", "y"]}, "a": "z", "n": 1, "none": None}

    places = [(holder, key) for channel, holder, key in every_text(event) if len(channel) == 1]

    assert [holder[key] for holder, key in places] == ["x", "y", "z"]
    holder, key = places[1]
    holder[key] = "new"
    assert event["b"]["c"] == ["x", "new"]


def test_a_text_that_is_part_of_a_channel_is_marked_as_a_label() -> None:
    channels = [channel for channel, _, key in every_text(delta("a", item_id="msg_1")) if key == "delta"]

    assert [[step for step in channel if isinstance(step, Label)] for channel in channels] == [
        [],
        ["response.output_text.delta"],
        ["response.output_text.delta", "msg_1"],
        ["response.output_text.delta"],
        ["msg_1"],
        [],
    ]


def test_an_event_may_be_nested_deeper_than_calls_can_be() -> None:
    event: Json = "deep"
    for _ in range(5_000):
        event = [event]

    assert {holder[key] for _, holder, key in every_text(event)} == {"deep"}


@pytest.mark.parametrize("event", [1, None, True, [1.5], {"a": None}])
def test_an_event_without_texts_says_nothing(event: Json) -> None:
    assert [*every_text(event)] == []


def test_what_is_below_some_keys_of_an_event_is_left_out() -> None:
    event = {"id": "a", "more": {"id": "b"}}

    assert {holder[key] for _, holder, key in every_text(event, {"id"})} == {"b"}
