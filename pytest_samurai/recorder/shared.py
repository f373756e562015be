"""What the recorders of a run have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_samurai.bill import PriceList, Tally
from pytest_samurai.cassette import Shelf
from pytest_samurai.recorder.servers import Servers
from pytest_samurai.redaction import MadeRedactors


@dataclass(frozen=True, slots=True)
class Shared:
    """The prices of a run, the cassettes that it has read, and its tally, if the run has limits.

    `redactors` are stored by the secrets that they know, which are the same for most tests. `servers` keeps the answers
    to the question for a stream's usage.
    """

    prices: PriceList
    shelf: Shelf
    tally: Tally | None = None
    redactors: MadeRedactors = field(default_factory=MadeRedactors)
    servers: Servers = field(default_factory=Servers)
