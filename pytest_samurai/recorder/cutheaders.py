"""Headers that an application looks for in a replayed reply and that the recording lacks."""

from __future__ import annotations

import re
from functools import cached_property

from pytest_samurai.recorder.owner import Owner
from pytest_samurai.redaction import AllowList, kept_of_replies, never_kept
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible

# SDKs look for these in every reply to fill bug reports; `response.cookies` looks for the last one.
_IN_PASSING = re.compile(r"request-?id|trace-?id|organi[sz]ation|^cf-ray$|^content-|^transfer-encoding$|^set-cookie2?$")
_NAMED = 5
"""The largest number of headers that are named."""


class CutHeaders:
    """Explains why a recording lacks headers.

    `headers[...]` raises an error with `why` as a note. If the test fails, the headers that `headers.get(...)` did not
    find are named.
    """

    def __init__(self, settings: Settings, owner: Owner) -> None:
        self._settings = settings
        self._owner = owner
        self._missed: dict[str, None] = {}

    @cached_property
    def _kept(self) -> AllowList:
        return kept_of_replies()

    @cached_property
    def _asked_for(self) -> AllowList:
        return AllowList(self._settings.headers)

    def why(self, name: str) -> str | None:
        """Why a header is not in a recording; None for a header that is kept whenever the server sends it."""
        name = visible(name.lower())
        if reason := never_kept(name):
            return f"`{name}` is not in the recording: it {reason}"
        if self._asked_for.allows(name) and name == "content-length":
            return f"`{name}` is not in the recording: it is kept only if it counts the body as it was recorded"
        if self._asked_for.allows(name):
            return (
                f"`{name}` is not in the recording: either the server did not send it, or it was recorded before"
                f" `samurai_headers` named it{self._again}"
            )
        if self._kept.allows(name):
            return None
        return (
            f"`{name}` is not in the recording: only listed response headers are kept; if the server sends it,"
            f" samurai_headers = {name} keeps it{self._again}"
        )

    @property
    def _again(self) -> str:
        command = self._owner.command("all")
        return "; record it again" if command is None else f"; to record it again: {command}"

    def miss(self, name: str) -> None:
        """Note that a header was looked for and not found."""
        # Every reply is asked for its cookies, so this runs often and must be short.
        self._missed[name] = None

    def notes(self) -> list[str]:
        """The notes for a test that failed.

        Nobody knows whether the server sent a header that is never kept, and SDKs look for such headers in every reply.
        """
        missed = dict.fromkeys(name.lower() for name in self._missed)
        names = [name for name in missed if not _IN_PASSING.search(name) and not never_kept(visible(name))]
        told = [why for name in names if (why := self.why(name)) is not None]
        return [f"{self._owner.test}: header {why}" for why in told[:_NAMED]]
