"""When a call recorded by another tool was answered, according to its reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_samurai.text import parse_moment, timestamp
from pytest_samurai.wire.dialects import answer_of
from pytest_samurai.wire.interaction import Interaction

_KEYS = ("created", "created_at", "createTime", "create_time")
"""The keys that hold the time in a body.

Sources: `created` (chat, completions, images) and `created_at` (responses) in OpenAI's reference, in seconds;
`created_at` in Ollama's and `createTime` in Google's, as texts in ISO 8601.
"""

# Not `fromtimestamp`, because tests patch it.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIRST = datetime(2020, 6, 1, tzinfo=UTC)
"""No model API was sold before this date, so an earlier one was made up for a test."""


def dated(interaction: Interaction) -> Interaction:
    """The interaction with the time of its answer, if it has no `recorded_at` and its reply gives one.

    The reply's `date` header comes before its body: a stream may be answered later than it was created.
    """
    if interaction.recorded_at is not None or interaction.answered_at is not None:
        return interaction
    moment = _of_header(interaction) or _of_body(interaction)
    return interaction if moment is None else replace(interaction, answered_at=timestamp(moment))


def _of_header(interaction: Interaction) -> datetime | None:
    # Only the cassettes of other tools need it, and importing it takes longer than everything else here.
    from email.utils import parsedate_to_datetime

    text = next((value for name, value in interaction.reply.headers if name == "date"), "")
    try:
        return _likely(parsedate_to_datetime(text))
    except ValueError:
        return None


def _of_body(interaction: Interaction) -> datetime | None:
    known = answer_of(interaction).known
    return next(filter(None, (_moment(known.get(key)) for key in _KEYS)), None)


def _moment(value: Any) -> datetime | None:
    try:
        # Writer gives the seconds as a text.
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()):
            return _likely(_EPOCH + timedelta(seconds=float(value)))
        return _likely(parse_moment(value))
    except (ValueError, OverflowError):
        return None


def _likely(moment: datetime) -> datetime | None:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment >= _FIRST else None
