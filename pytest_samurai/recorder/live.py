"""Live calls."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from pytest_samurai.bill import Call
from pytest_samurai.recorder.calls import Calls
from pytest_samurai.recorder.ceilings import Ceilings
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.exchange import Take
from pytest_samurai.recorder.keeper import Keeper
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.recorder.question import question
from pytest_samurai.recorder.shared import Shared
from pytest_samurai.settings import Settings
from pytest_samurai.wire import CLOSED, Interaction, Request


class Live:
    """Sends a recorder's live calls, and keeps them when they end. Without a `keeper`, none are kept."""

    def __init__(
        self,
        settings: Settings,
        owner: Owner,
        shared: Shared,
        editor: Editor,
        calls: Calls,
        keeper: Keeper | None,
    ) -> None:
        # Load it before the first call: between a reply and the journal, the application may run into a timeout.
        calls.meter.prices.public.load()
        self._asks_for_usage = settings.stream_usage
        self._owner = owner
        tally, prices = shared.tally, shared.prices
        self._ceilings = None if tally is None else Ceilings(tally, prices, settings, owner, editor)
        self._editor = editor
        self._calls = calls
        self._keeper = keeper
        self._servers = shared.servers
        self._is_open = True

    def send(self, request: Request, filtered: Request) -> Take:
        """Let a request go live. `filtered` is the form of it that is written.

        Raises CeilingReached if one of the run's ceilings stops it, CassetteError if it could not be recorded.
        """
        if self._keeper is not None:
            self._keeper.prepare()
        asked = question(request, self._servers) if self._asks_for_usage else None
        likely = Decimal(0) if self._ceilings is None else self._ceilings.admit(request)
        return self._calls.send(request, asked, partial(self._keep, filtered), partial(self._count, likely))

    def _keep(self, filtered: Request, number: int, interaction: Interaction) -> None:
        written = None if self._keeper is None else self._editor.written(filtered, interaction)
        if self._keeper is None or written is None:
            return
        with self._calls.lock:
            # A call that ends while the recorder closes goes straight to the cassette.
            self._keeper.add(number, written, to_journal=self._is_open)

    def _count(self, likely: Decimal, number: int, interaction: Interaction) -> None:
        call = Call(interaction, number=number, replayed=False, meter=self._calls.meter)
        if self._ceilings is not None:
            self._ceilings.paid(likely, call)
        if self._owner.on_live is not None:
            self._owner.on_live(self._owner.test, call)

    def close(self) -> int:
        """End the calls in progress, and return how many requests got no reply."""
        self._is_open = False
        takes = self._calls.takes()
        for take in takes:
            take.end(CLOSED)
        if self._ceilings is not None:
            self._ceilings.release()
        return sum(take.interaction is None for take in takes)
