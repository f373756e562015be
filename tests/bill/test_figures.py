"""The figures of a test: by model, and the same after serialization. Unknown is never shown as zero."""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import Call, Usage
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.report.lines import NOTE_PROPERTY, UNMARKED_PROPERTY
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price

# How long one example takes is not a property of the code.
law = settings(deadline=None)

CHEAP = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(2), cache_read_mtok=Decimal("0.5"))
DEAR = Price(source="a", input_mtok=Decimal(3), output_mtok=Decimal(2))


def call(
    tokens: tuple[int, int] | None,
    *,
    model: str | None = "m",
    price: Price | None = CHEAP,
    replayed: bool = True,
    cached: int = 0,
) -> Call:
    usage: dict[str, Any] | None = None
    if tokens is not None:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    asked = Request("POST", "https://h/v1/chat/completions", (), b"{}")
    reply = Reply(200, "OK", (), json.dumps({"model": model, "usage": usage}).encode(), duration=1.5)
    return Call(Interaction(asked, reply, price=price), number=1, replayed=replayed)


counts = st.integers(0, 10**9)
amounts = st.one_of(st.none(), st.decimals(0, 100, places=9))
models = st.builds(
    ModelFigures,
    st.text(),
    counts,
    st.one_of(st.none(), st.builds(Usage, *[counts] * 8, estimated=st.booleans())),
    st.sampled_from([None, CHEAP, DEAR]),
    amounts,
    amounts,
)
any_figures = st.builds(
    TestFigures, st.just("t.py::a"), counts, counts, counts, st.lists(models).map(tuple), st.floats(0, 1e6), amounts
)


def test_the_calls_of_a_test_are_counted_by_what_became_of_them() -> None:
    calls = [call((5, 1)), call((7, 2), replayed=False), call((9, 3), replayed=False)]
    for recorded in (0, 2):
        figures = TestFigures.of("t", calls, recorded=recorded)
        assert (figures.replayed, figures.recorded, figures.live) == (1, recorded, 2 - recorded)
        assert figures.usage == Usage(3, 21, 6, 27)
        assert figures.requests == 3


def test_each_model_has_its_own_figures_and_the_test_has_their_sums() -> None:
    figures = TestFigures.of("t", [call((10, 1)), call((20, 2), model="n", price=DEAR), call((30, 3))], recorded=0)
    assert figures.models == (
        ModelFigures("m", 2, Usage(2, 40, 4, 44), CHEAP, Decimal("0.000048"), Decimal("0.000048"), ("chat",)),
        ModelFigures("n", 1, Usage(1, 20, 2, 22), DEAR, Decimal("0.000064"), Decimal("0.000064"), ("chat",)),
    )
    assert figures.cost == figures.list_cost == Decimal("0.000112")


def test_what_was_cached_is_billed_for_less_and_listed_in_full() -> None:
    figures = TestFigures.of("t", [call((10, 0), cached=8)], recorded=0)
    assert (figures.cost, figures.list_cost) == (Decimal("0.000006"), Decimal("0.00001"))


def test_of_several_prices_of_a_model_the_dearest_is_kept_whatever_their_order() -> None:
    calls = [call((1, 1)), call((1, 1), price=DEAR)]
    assert [TestFigures.of("t", order, recorded=0).models[0].price for order in (calls, calls[::-1])] == [DEAR, DEAR]


def test_one_call_of_unknown_usage_makes_tokens_and_cost_of_its_test_unknown() -> None:
    figures = TestFigures.of("t", [call((5, 1)), call(None)], recorded=0)
    assert (figures.usage, figures.cost, figures.list_cost) == (None, None, None)
    assert figures.models == (ModelFigures("m", 2, None, CHEAP, None, None, ("chat",)),)


def test_one_call_without_a_price_makes_the_cost_of_its_test_unknown_and_not_its_usage() -> None:
    figures = TestFigures.of("t", [call((5, 1)), call((5, 1), model=None, price=None)], recorded=0)
    assert (figures.usage, figures.cost) == (Usage(2, 10, 2, 12), None)
    assert [used.model for used in figures.models] == ["(unknown)", "m"]


def test_a_test_without_calls_used_nothing_and_that_is_known() -> None:
    figures = TestFigures.of("t", [], recorded=0)
    assert (figures.usage, figures.cost, figures.seconds) == (Usage(), Decimal(0), 0.0)


def test_the_time_that_replay_saved_is_that_of_the_replayed_calls() -> None:
    assert TestFigures.of("t", [call((1, 1)), call((1, 1)), call((1, 1), replayed=False)], recorded=1).seconds == 3.0


def test_the_money_that_replay_saved_is_what_the_replayed_calls_were_billed() -> None:
    figures = TestFigures.of("t", [call((10, 1), cached=8), call((1, 1), replayed=False)], recorded=1)
    assert (figures.saved, figures.cost) == (Decimal("0.000008"), Decimal("0.000011"))
    assert TestFigures.of("t", [call((10, 1)), call(None)], recorded=0).saved is None
    assert TestFigures.of("t", [call((10, 1)), call(None, replayed=False)], recorded=1).saved == Decimal("0.000012")


@law
@given(any_figures)
def test_the_figures_of_a_test_survive_the_way_through_its_properties(figures: TestFigures) -> None:
    others = [("mine", 1), (NOTE_PROPERTY, "a note"), (UNMARKED_PROPERTY, 3)]
    assert TestFigures.from_properties("t.py::a", [*others, *figures.properties()]) == figures


@law
@given(any_figures)
def test_the_figures_of_a_fixture_travel_with_a_test_and_are_not_taken_for_its_own(figures: TestFigures) -> None:
    name, value = figures.fixture_property()
    assert TestFigures.from_fixture_property(value) == figures
    assert TestFigures.from_properties("t.py::a", [(name, value)]) is None


@law
@given(any_figures)
def test_what_is_unknown_is_no_property_and_what_is_known_is_one(figures: TestFigures) -> None:
    properties = dict(figures.properties())
    assert all(isinstance(value, int | str) for value in properties.values())
    assert ("samurai_total_tokens" in properties) == (figures.usage is not None)
    assert ("samurai_cost" in properties) == (figures.cost is not None)
    if figures.usage is not None:
        assert properties["samurai_total_tokens"] == figures.usage.total_tokens


@pytest.mark.parametrize(
    "properties", [[], [("models", 1)], [("samurai_models", "x")], [(NOTE_PROPERTY, "a note"), (UNMARKED_PROPERTY, 2)]]
)
def test_a_test_without_a_recorder_has_no_figures(properties: list[tuple[str, object]]) -> None:
    assert TestFigures.from_properties("t", properties) is None


def test_every_field_of_a_models_figures_travels() -> None:
    assert set(ModelFigures("m", 1, None, None, None, None).as_json()) == {field.name for field in fields(ModelFigures)}
