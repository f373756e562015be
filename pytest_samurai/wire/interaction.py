"""A recorded call, as a cassette keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.price import Price


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request, its reply, and when the request was sent (UTC, ISO 8601; None in cassettes from other tools).

    - `edited` says that somebody has changed it in the cassette since then, `imported` that another tool recorded it.
    - `unsealed` says that the file has no seal for it, so nobody can tell whether it was changed.
    - `price` is the row of prices when it was recorded, `UNPRICED` if the model had no price then; None if the price
      was not looked up.
    - `answered_at` is the time in the reply. It replaces the time of recording if another tool's file has none.
    """

    request: Request
    reply: Reply
    recorded_at: str | None = None
    edited: bool = False
    price: Price | str | None = None
    imported: bool = False
    answered_at: str | None = None
    # Only files that were read can lack a seal: we write one for everything.
    unsealed: bool = field(default=False, compare=False)

    def as_kept(self) -> Interaction:
        """The interaction as it is written, with a seal. One without a seal counts as imported, unless it was edited.

        Our new seal must not vouch for anything that was never under one."""
        if not self.unsealed:
            return self
        return replace(self, imported=self.imported or not self.edited, unsealed=False)
