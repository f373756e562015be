"""Times as files hold them: we write one spelling, and read what other tools write."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.text.dates import parse_moment, timestamp

MOMENT = datetime(2026, 11, 24, 8, 0, 0, 5, UTC)
# A year away from the first and the last possible moment, so that every zone has them.
moments = st.datetimes(
    MOMENT.replace(tzinfo=None, year=2),
    MOMENT.replace(tzinfo=None, year=9998),
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(moments)
def test_a_moment_comes_back_from_its_timestamp(moment: datetime) -> None:
    assert parse_moment(timestamp(moment)) == moment


@given(moments, moments)
def test_timestamps_are_in_order_as_texts_if_they_are_in_time(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24T08:00:00.000005Z",
        "2026-11-24T08:00:00.000005",
        "2026-11-24 09:30:00.000005+01:30",
        MOMENT,
        MOMENT.replace(tzinfo=None),
    ],
)
def test_the_same_moment_may_be_spelled_in_many_ways_and_is_utc_without_a_zone(value: object) -> None:
    assert parse_moment(value) == MOMENT
    assert timestamp(parse_moment(value)) == "2026-11-24T08:00:00.000005Z"


@pytest.mark.parametrize("value", ["", "yesterday", "2026-13-01", 7, None, date(2026, 11, 24)])
def test_what_is_no_moment_is_refused_by_what_it_is(value: object) -> None:
    with pytest.raises(ValueError, match="is not a date with a time") as caught:
        parse_moment(value)
    assert repr(value) in str(caught.value)
