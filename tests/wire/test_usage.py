"""Tokens as the wire counted them: what is known, what is not, and sums."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.commands import show, why
from pytest_samurai.wire.impossible import _OF_COMPLETION, _OF_PROMPT
from pytest_samurai.wire.price import _BUCKETS
from pytest_samurai.wire.usage import COUNTS as NAMES
from pytest_samurai.wire.usage import PARTS, Usage

COUNTS = st.integers(0, 10**9)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def test_all_counts_are_read_as_the_server_gave_them() -> None:
    wire = {
        "prompt_tokens": 28,
        "completion_tokens": 22,
        "total_tokens": 51,
        "prompt_tokens_details": {"cached_tokens": 7, "audio_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 2},
    }

    assert Usage.from_wire(wire) == Usage(
        1, 28, 22, 51, cached_tokens=7, reasoning_tokens=3, prompt_audio_tokens=1, completion_audio_tokens=2
    )


def test_a_total_that_is_not_given_is_the_sum_without_the_parts() -> None:
    wire = {"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}}

    assert Usage.from_wire(wire) == Usage(1, 5, 2, 7, reasoning_tokens=1)


def test_a_total_of_nothing_is_kept_as_the_server_gave_it() -> None:
    assert Usage.from_wire({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 0}) == Usage(1, 5, 2, 0)


def test_whole_numbers_may_be_written_as_fractions() -> None:
    wire = {"prompt_tokens": 5.0, "completion_tokens": 2.0, "total_tokens": 7.0}
    assert Usage.from_wire(wire) == Usage(1, 5, 2, 7)
    assert repr(Usage.from_wire(wire)) == repr(Usage(1, 5, 2, 7))


def test_zeros_are_read_as_they_are_though_a_reply_with_them_does_not_count() -> None:
    assert Usage.from_wire({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}) == Usage(requests=1)


@pytest.mark.parametrize(
    "wire",
    [
        None,
        [],
        "12",
        {},
        {"total_tokens": 7},
        {"prompt_tokens": 5},
        {"completion_tokens": 5},
        {"prompt_tokens": 5, "completion_tokens": None},
        {"prompt_tokens": "5", "completion_tokens": 2},
        {"prompt_tokens": True, "completion_tokens": 2},
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": 5, "completion_tokens": 2.5},
        {"prompt_tokens": 5, "completion_tokens": float("inf")},
        {"prompt_tokens": 1e30, "completion_tokens": 2},
    ],
)
def test_a_usage_without_both_counts_is_unknown(wire: Any) -> None:
    assert Usage.from_wire(wire) is None


@pytest.mark.parametrize("details", [None, [], 3, {}, {"cached_tokens": None}, {"cached_tokens": -1}])
def test_details_that_say_nothing_are_no_tokens(details: Any) -> None:
    wire = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": details}

    assert Usage.from_wire(wire) == Usage(1, 5, 2, 7)


def test_a_sum_is_taken_count_by_count() -> None:
    one, ten = Usage(*range(1, 13)), Usage(*range(10, 130, 10))
    assert one + ten == Usage(*range(11, 143, 11))
    assert list((one + ten).as_json().values()) == [*range(11, 143, 11), False]


@pytest.mark.parametrize(("one", "other"), [(False, False), (False, True), (True, False), (True, True)])
def test_a_sum_is_an_estimate_if_a_part_of_it_is(one: bool, other: bool) -> None:
    assert not Usage().estimated
    assert (Usage(estimated=one) + Usage(estimated=other)).estimated is (one or other)


@given(USAGES, USAGES, USAGES)
def test_sums_do_not_depend_on_order(one: Usage, two: Usage, three: Usage) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Usage() == one


@pytest.mark.parametrize(
    ("total", "answered", "used"),
    [(399, 387, 399), (13, 1, 13), (0, 1, 13), (3, 1, 13)],
)
def test_what_a_total_has_beyond_its_parts_is_answered_and_one_that_is_less_does_not_count(
    total: int, answered: int, used: int
) -> None:
    """If a gateway leaves out the details, only the total has Gemini's thoughts. The cost has them too."""
    usage = Usage(1, 12, 1, total)
    assert (usage.answered, usage.used) == (answered, used)


def test_every_count_that_is_not_whole_is_the_part_of_another() -> None:
    wholes = {"requests", "prompt_tokens", "completion_tokens", "total_tokens"}
    # Those that the cache keeps for an hour are a part of a part.
    assert set(NAMES) - wholes - {"cache_write_1h_tokens"} == PARTS.keys()


def test_a_list_of_parts_leaves_out_none() -> None:
    priced = {part: whole for whole, _, parts in _BUCKETS for part, _ in parts}
    assert priced == PARTS
    judged = dict.fromkeys(_OF_PROMPT, "prompt_tokens")
    assert judged | dict.fromkeys(_OF_COMPLETION, "completion_tokens") == PARTS
    assert show._PARTS.keys() == why._PARTS.keys() == PARTS.keys()
