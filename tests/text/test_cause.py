"""A cause: equal causes have equal names, also after a round trip to another process."""

from __future__ import annotations

import json

from pytest_samurai.text import MISS, Cause, Diagnosis


def test_a_cause_is_named_by_what_is_the_same_and_not_by_what_is_shown() -> None:
    first = Cause.of(MISS, "messages[0], one word changed", ["- a [b]"], [("messages[0]", "b", "c")])
    assert first.name == Cause.of(MISS, "other words", ["- x [b]"], [("messages[0]", "b", "c")]).name
    assert first.name != Cause.of(MISS, first.what, first.difference, [("messages[0]", "b", "d")]).name
    assert Cause.of(MISS, "no recordings") == Cause("miss-46092116", "no recordings")
    assert first.kind == MISS


def test_a_diagnosis_survives_its_way_from_another_process() -> None:
    told = Diagnosis(Cause("growth-1", "more", ("+ a", "- b")), 3, "all", "prompt 1 -> 2")
    assert Diagnosis.from_json(json.loads(json.dumps(told.as_json()))) == told
