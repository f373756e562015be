"""What in a request will hardly be repeated, and what looks like it and will."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_samurai.matching.varying import Variation, orders, variations

NOW = datetime(2026, 11, 27, 13, 5, 1, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
UUID = "123e4567-e89b-42d3-a456-426614174000"


def told(value: Any, *known: str) -> list[tuple[str, str, str]]:
    return [
        (each.kind, each.where, each.sample)
        for each in variations(value, NOW, lambda text, changes_with_time: text in known)
    ]


def said(text: str) -> list[tuple[str, str]]:
    return [(kind, sample) for kind, _, sample in told({"messages": [{"content": text}]})]


@pytest.mark.parametrize(
    ("text", "kind", "sample"),
    [
        (f"id {UUID}.", "uuid", UUID),
        ("on 2026-11-27.", "datetime", "2026-11-27"),
        ("at 2026-11-27T13:05:01.123456Z.", "datetime", "2026-11-27T13:05:01.123456Z"),
        ("by 2026-12-24.", "datetime", "2026-12-24"),
        ("27 November 2026", "date", "27 November 2026"),
        ("Friday, November 27th", "date", "Friday, November 27th"),
        ("Fri Nov 27 13:05:01 2026", "date", "Fri Nov 27 13:05:01 2026"),
        ("11/27/2026", "date", "11/27/2026"),
        ("27.11.2026", "date", "27.11.2026"),
        ("It is 13:04 now", "time", "13:04"),
        ("It is 1:05 PM now", "time", "1:05 PM"),
        ("at 13:05:01.5", "time", "13:05:01.5"),
        (f"run_{EPOCH}", "epoch", str(EPOCH)),
        (f"{EPOCH}.25", "epoch", f"{EPOCH}.25"),
        (f"{EPOCH}123", "epoch", f"{EPOCH}123"),
        (f"{EPOCH}123456789", "epoch", f"{EPOCH}123456789"),
        ("run-1a2b3c4d", "hex", "1a2b3c4d"),
        ("http://127.0.0.1:54321/v1", "port", "127.0.0.1:54321"),
        ("/tmp/tmpa1b2c3d4/in.txt", "tmp_path", "/tmp/tmpa1b2c3d4"),
        ("<Foo object at 0x7f3a2b1c4d5e>", "address", "0x7f3a2b1c4d5e"),
        ("p = 0.8444218515250481", "number", "0.8444218515250481"),
    ],
)
def test_what_varies_is_told_by_its_kind(text: str, kind: str, sample: str) -> None:
    assert said(text) == [(kind, sample)]


@pytest.mark.parametrize(
    "text",
    [
        "born on 1815-12-10, and on 10 December 1815, and on 10/12/1815",
        "31 February 2026, 2026-02-31, 99/99/2026",
        "May be 5, or 5 May",
        "at 9:00 and at 18:30",
        "1500000000 rows",
        "http://localhost:8000/v1",
        "a third is 0.3333333333333333, and a sum is 0.30000000000000004",
        "apples, pears, plums, figs",
        "deadbeef, 12345678",
        f"data:image/png;base64,{UUID}/1a2b3c4d",
        "x" * 1_000 + f"/{UUID}",
    ],
)
def test_what_only_looks_like_it_is_not_told(text: str) -> None:
    assert said(text) == []


def test_a_value_is_told_at_its_first_place_with_all_others_of_its_kind() -> None:
    body = {
        "messages": [{"content": f"{UUID}, on 2026-11-27"}, {"content": f"again {UUID}"}, {"content": "2026-11-26"}],
        "metadata": {"run": {"id": UUID.replace("1", "2")}},
    }
    assert told(body) == [
        ("uuid", "messages[0]", UUID),
        ("datetime", "messages[0]", "2026-11-27"),
        ("datetime", "messages[2]", "2026-11-26"),
        ("uuid", "metadata.run", UUID.replace("1", "2")),
    ]


def test_numbers_of_the_body_are_told_and_those_of_vectors_and_of_people_are_not() -> None:
    body = {"temperature": 0.8444218515250481, "seed": EPOCH, "top_p": 0.95, "n": 1, "stream": True, "x": None}
    assert told({**body, "input": [0.8444218515250481, 0.1444218515250481]}) == [
        ("number", "temperature", "0.8444218515250481"),
        ("epoch", "seed", str(EPOCH)),
    ]
    [number, epoch] = variations(body, NOW, lambda text, changes_with_time: False)
    assert (number.is_text, number.is_of_clock, epoch.is_text, epoch.is_of_clock) == (False, False, False, True)
    assert Variation(*number.as_json()) == number  # type: ignore[arg-type]  # as it comes from JSON


def strings(count: int) -> list[str]:
    return [f"word {number}" for number in range(count)]


@pytest.mark.parametrize(
    "spelled",
    [
        lambda items: {"stop": items},
        lambda items: {"messages": [{"content": f"Tags: {', '.join(items)}. Go!"}]},
        lambda items: {"messages": [{"content": f"Hi, you. Use these tags: {', '.join(items)}; thanks, a, b, c, d."}]},
        lambda items: {"messages": [{"content": f"Use {items!r}"}]},
        lambda items: {"messages": [{"content": "Tags:\n" + "\n".join(f"- {text}" for text in items)}]},
    ],
    ids=["json", "sentence", "sentences", "python", "lines"],
)
def test_the_order_of_a_set_is_told_and_another_is_not(spelled: Any) -> None:
    items = list(set(strings(24)))
    [(kind, _, sample)] = told(spelled(items))
    assert (kind, sample) == ("order", ", ".join(items))
    assert told(spelled(sorted(items))) == []
    assert told(spelled(sorted(items, reverse=True))) == []
    # Reversed, it is in no order that a set can have.
    assert told(spelled(items[::-1])) == []


def test_too_few_strings_and_strings_that_come_twice_are_in_no_order_of_a_set() -> None:
    assert told({"stop": list({"b", "a", "d", "c"})}) == []
    assert told({"stop": [*set(strings(24)), "word 1"]}) == []
    assert told({"stop": [*set(strings(24)), 1]}) == []


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (f"id {UUID}", UUID),
        ("on 27 November 2026", "2026-11-27"),
        ("on 2026-11-27T13:05", "2026, 11, 27"),
        ("on Friday, November 27th", "2026, 11, 27"),
    ],
)
def test_what_is_known_to_come_back_is_not_told_however_it_is_spelled(text: str, known: str) -> None:
    body = {"messages": [{"content": text}]}
    assert told(body)
    assert told(body, known) == []


def test_a_list_that_a_source_has_in_this_order_is_not_told() -> None:
    items = list(set(strings(24)))
    assert told({"stop": items}, '", "'.join(items)) == []
    assert told({"stop": items}, "', '".join(items)) == []


def test_whether_a_text_changes_with_time_is_told_to_who_knows_what_comes_back() -> None:
    asked: dict[str, bool] = {}

    def is_known(text: str, changes_with_time: bool) -> bool:
        asked[text] = changes_with_time
        return False

    list(variations({"a": f"{UUID} at {EPOCH}"}, NOW, is_known))
    assert asked == {UUID: False, str(EPOCH): True}


def test_the_turn_of_the_year_is_near() -> None:
    moment = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    body = {"a": "on January 1, on 2027-01-01"}
    assert [each.sample for each in variations(body, moment, lambda *_: False)] == ["2027-01-01", "January 1"]
    assert list(variations(body, moment - timedelta(days=90), lambda *_: False)) == []


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    # It would take minutes to look for an end from each letter.
    assert said("word " * 20_000 + f"{UUID} " + ", " * 10_000) == [("uuid", UUID)]


def test_a_body_may_be_nested_deeper_than_calls_can_be() -> None:
    body: Any = UUID
    for _ in range(5_000):
        body = [body]
    assert told(body) == [("uuid", "[0][0]", UUID)]


def test_lists_that_may_be_sets_are_those_in_the_order_of_a_set() -> None:
    pair, colours = list({"left", "right"}), list({"red", "green", "blue"})
    turned_round = list(set(strings(24)))[::-1]
    body = {
        "stop": [pair, turned_round, [1, 2], ["alone"], ["left", "left"]],
        "messages": [{"content": f"Colours: {', '.join(colours)}. Not: {', '.join(turned_round)}. And a, b."}],
        "n": 1,
    }
    assert list(orders(body)) == [pair, colours]
