"""A recorded call, as a cassette keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.price import Price


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request, its reply, and when the request was sent (UTC, ISO 8601; None in cassettes of other tools).

    `edited` says that somebody has changed it in the cassette since, `imported` that another tool has recorded it.
    `unsealed` says that the file has no seal for it, so that nobody can tell whether it was changed. `price` is the row
    of prices at the time of recording, `UNPRICED` for a model that had none; None if it was not looked up.
    `answered_at` stands for the time of recording where the file of another tool has none: the reply says it.
    """

    request: Request
    reply: Reply
    recorded_at: str | None = None
    edited: bool = False
    price: Price | str | None = None
    imported: bool = False
    answered_at: str | None = None
    # Of the file it was read from: what is written has a seal.
    unsealed: bool = field(default=False, compare=False)

    def as_kept(self) -> Interaction:
        """The interaction as it is written, with a seal. That must not vouch for what was never under one."""
        if not self.unsealed:
            return self
        return replace(self, imported=self.imported or not self.edited, unsealed=False)
