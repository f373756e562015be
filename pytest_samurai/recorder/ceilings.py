"""A run's ceilings on live calls."""

from __future__ import annotations

import threading
from decimal import Decimal

from pytest_samurai.bill import Call, PriceList, Tally
from pytest_samurai.files import now
from pytest_samurai.recorder.editor import Editor
from pytest_samurai.recorder.mode import RECORD_MODES, UPDATE
from pytest_samurai.recorder.owner import Owner
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible
from pytest_samurai.wire import Request, Usage, likely_tokens, model_asked


class CeilingReached(Exception):
    """A request was not sent. The text says which ceiling stopped it, and how to go on."""


class Ceilings:
    """The run's ceilings on live calls, as one recorder applies them.

    The likely cost of a call, in US dollars, is reserved before the call is sent. When the reply has ended, the actual
    cost replaces it.
    """

    def __init__(self, tally: Tally, prices: PriceList, settings: Settings, owner: Owner, editor: Editor) -> None:
        self._tally = tally
        self._prices = prices
        self._mode = RECORD_MODES[settings.mode]
        self._owner = owner
        self._editor = editor
        self._reserved = Decimal(0)
        self._lock = threading.Lock()

    def admit(self, request: Request) -> Decimal:
        """Count a request that is about to go live. Returns its likely cost, which is now reserved.

        The cost is 0 without a ceiling on money. Raises CeilingReached for a request that may not go live.
        """
        likely = likely_cost(request, self._prices) if self._tally.judges_live_cost else Decimal(0)
        if reached := self._tally.admit(likely):
            raise CeilingReached(self._refusal(request, likely, reached))
        self._reserve(likely)
        return likely

    def paid(self, likely: Decimal, call: Call) -> None:
        """Replace the amount reserved for a call with its actual cost."""
        if self._tally.judges_live_cost:
            self._reserve(-likely)
            self._tally.paid(likely, call.cost)

    def release(self) -> None:
        """Give back the amounts reserved for calls that never got a reply."""
        if self._reserved:
            self._tally.paid(self._reserved, Decimal(0))

    def _refusal(self, request: Request, likely: Decimal, reached: str) -> str:
        may_be_shown = self._editor.redactors.request(request)
        lines = [f"{request.method} {may_be_shown.url} was not sent: {reached}.", f"  test      {self._owner.test}"]
        if self._mode.has_cassette and self._tally.may_admit_later(likely):
            lines.append(f"  To record the rest later: {self._owner.command(UPDATE)}")
        return "\n".join(map(visible, lines))

    def _reserve(self, likely: Decimal) -> None:
        with self._lock:
            self._reserved += likely


def likely_cost(request: Request, prices: PriceList) -> Decimal:
    """The likely cost of a request, in US dollars; 0 if its price is not known in advance.

    It follows from the length of the prompt and the maximum length of the answer.
    """
    model = model_asked(request)
    price = None if model is None else prices.price(model, now(), url=request.url)
    if price is None:
        return Decimal(0)
    prompt, answered = likely_tokens(request)
    return price.cost(Usage(1, prompt, answered, prompt + answered), as_listed=True) or Decimal(0)
