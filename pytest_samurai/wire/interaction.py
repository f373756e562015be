"""A recorded call, as a cassette keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.price import Price


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request, its reply, and when the request was sent (UTC, ISO 8601; None in cassettes of other tools).

    `edited` says that somebody has changed a body in the cassette since. `price` is the row of prices at the time of
    recording, `UNPRICED` for a model that had none; None if it was not looked up.
    """

    request: Request
    reply: Reply
    recorded_at: str | None = None
    edited: bool = False
    price: Price | str | None = None
