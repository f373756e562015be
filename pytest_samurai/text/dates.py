"""Moments as files hold them."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """A moment in ISO 8601, in UTC, to the microsecond. All have the same length, so that they sort as texts."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_moment(value: object) -> datetime:
    """A moment from its text in ISO 8601, or from what YAML made of that. Raises ValueError if it isn't a moment.

    Without a zone it is in UTC: local time would be a different moment on every machine.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise ValueError(f"{value!r} is not a date with a time")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
