"""The parts of a call that may be compared, shown and written."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property

from pytest_samurai.bill import Call, Meter
from pytest_samurai.recorder.vcrpy import Bridge
from pytest_samurai.redaction import AllowList, MadeRedactors, Redactors, kept_of_replies
from pytest_samurai.settings import Settings
from pytest_samurai.wire import UNPRICED, Interaction, Request, dialect_of


class Editor:
    """Removes from a test's calls the secrets, and what the user's filters drop.

    `made` holds the redactors that the run has made so far. `notes` gets a line about each hook or redaction that
    raises.
    """

    def __init__(self, settings: Settings, test: str, made: MadeRedactors, notes: list[str]) -> None:
        self.redactors = Redactors(os.environ, made, settings.redact)
        self.bridge = Bridge(settings, test, self.redactors, notes) if settings.needs_vcrpy else None
        self._settings = settings
        self._test = test
        self._notes = notes

    @cached_property
    def _headers(self) -> AllowList:
        """The reply headers that are written. A replay needs none."""
        return kept_of_replies(self._settings.headers)

    def filtered(self, request: Request) -> Request | None:
        """What the user's filters leave of a request; None if they let it go live, unrecorded."""
        # By now, the application may have read its keys from a file, or the test may have set one.
        self.redactors.look_again()
        return request if self.bridge is None else self.bridge.request(request)

    def compared(self, request: Request, filtered: Request) -> Request:
        """The form of a request that is compared and written: what the filters left of it, without secrets."""
        return self.redactors.of(request).request(filtered)

    def written(self, filtered: Request, interaction: Interaction) -> Interaction | None:
        """A call as it is written, without its price; None if the user's filters leave it out."""
        reply = interaction.reply
        kept = reply if self.bridge is None else self.bridge.reply(interaction.request, reply)
        if kept is None:
            return None
        redactor = self.redactors.of(interaction.request)
        try:
            may_be_kept = redactor.reply(kept, dialect_of(interaction.request.url), self._headers)
            return replace(interaction, request=redactor.request(filtered), reply=may_be_kept)
        except Exception as error:
            # The application may swallow the error, and the call would silently be missing.
            what = "a function of `redact`" if self.redactors.rules else "the redaction"
            self._notes.append(f"{self._test}: {what} raised {type(error).__name__}; the call is not recorded")
            raise


def priced(written: Interaction, meter: Meter) -> Interaction:
    """A call as it is written, with the current price."""
    # An error costs nothing at any price.
    if not written.reply.is_success or written.price is not None:
        return written
    # The model's name has already been redacted.
    call = Call(written, number=0, replayed=False, meter=replace(meter, redact=_as_it_is))
    return replace(written, price=call.price or UNPRICED)


def _as_it_is(request: Request, text: str) -> str:
    del request
    return text
