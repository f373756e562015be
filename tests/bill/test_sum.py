"""A sum with an unknown part counts that part, and never takes it for 0."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai import Usage
from pytest_samurai.bill.sum import NO_COST, NO_COUNT, NO_USAGE, Sum, sums_of
from tests.bill.test_figures import law

parts = st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)))


@law
@given(parts)
def test_a_sum_has_what_is_known_and_counts_what_is_not(summands: list[int | None]) -> None:
    known = [part for part in summands if part is not None]
    assert Sum.of(summands, NO_COUNT) == Sum(sum(known), summands.count(None))


@law
@given(parts, parts)
def test_parts_may_come_all_at_once_or_one_by_one(summands: list[int | None], more: list[int | None]) -> None:
    total = Sum.of(summands, NO_COUNT)
    for part in more:
        total += part
    assert total == Sum.of([*summands, *more], NO_COUNT)


def test_a_sum_with_an_unknown_part_is_unknown_as_a_whole() -> None:
    assert Sum.of([Decimal("0.1"), Decimal("0.2")], NO_COST).if_known == Decimal("0.3")
    assert Sum.of([Decimal("0.1"), None], NO_COST).if_known is None
    assert Sum.of([None], NO_COST).if_known is None


def test_the_sum_of_no_parts_is_known_to_be_nothing() -> None:
    assert Sum.of([], NO_USAGE) == NO_USAGE == Sum(Usage())
    assert Sum.of([], NO_COST) == NO_COST == Sum(Decimal(0))
    assert NO_USAGE.if_known == Usage()


def test_a_pair_with_an_unknown_side_is_in_neither_sum() -> None:
    pairs = [(1, 2), (None, 3), (4, None), (None, None), (0, 5)]
    assert sums_of(pairs, NO_COUNT) == (Sum(1, 3), Sum(7, 3))
    assert sums_of([], NO_COST) == (NO_COST, NO_COST)


def test_usages_are_added_count_by_count() -> None:
    usages = [Usage(1, 10, 2, 12), None, Usage(1, 5, 1, 6, estimated=True)]
    assert Sum.of(usages, NO_USAGE) == Sum(Usage(2, 15, 3, 18, estimated=True), 1)


@pytest.mark.parametrize(("unknown", "said"), [(0, ""), (1, "unknown in 1 call"), (1234, "unknown in 1,234 calls")])
def test_it_says_in_how_many_parts_it_is_unknown(unknown: int, said: str) -> None:
    assert Sum(7, unknown).unknown_in("call") == said
    assert Sum(7, unknown).doubt("call") == (f" ({said})" if said else "")
