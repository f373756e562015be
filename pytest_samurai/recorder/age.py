"""Recordings that are older than the user wants."""

from __future__ import annotations

from datetime import timedelta

from pytest_samurai.files import now
from pytest_samurai.text import timestamp
from pytest_samurai.wire import Recordings


def age_notes(recordings: Recordings, limit: timedelta, cassette: str) -> list[str]:
    """A note if the oldest dated recording of a cassette is older than `limit`; otherwise nothing."""
    oldest = min((time for time in recordings.times() if time is not None), default=None)
    if oldest is None or oldest >= timestamp(now() - limit):
        return []
    return [f"{cassette}: recorded on {oldest[:10]}, which is older than samurai_max_age allows"]
