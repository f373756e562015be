"""What can go wrong: mistakes, verdicts, and the one outcome that nobody may swallow.

Their texts may quote what comes from outside. Nothing in them is obeyed by a terminal, or by the log of a CI job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_samurai.text import Diagnosis


def _shown(text: str, keep: str = "\n") -> str:
    # Here, so that pytest's start needs no texts.
    from pytest_samurai.text import visible

    return visible(text, keep)


class SamuraiError(Exception):
    """A mistake in a test, a setting or a file; the text says what, where and what to do."""

    def __str__(self) -> str:
        return _shown(super().__str__())


class SettingsError(SamuraiError):
    """An unknown setting, or a value that it cannot have."""


class CassetteError(SamuraiError):
    """A cassette that cannot be read or written. Its text is a line, whatever the names of files have in them."""

    def __str__(self) -> str:
        return _shown(super().__str__(), keep="")


class UnknownUsage(SamuraiError):
    """A sum was asked for, and one call did not say what it used."""


class UnknownPrice(SamuraiError):
    """A sum of money was asked for, and one call's model has no known price."""


class SamuraiFailure(AssertionError):
    """A verdict on a test that otherwise passed."""

    def __str__(self) -> str:
        return _shown(super().__str__())


class BudgetExceeded(SamuraiFailure):
    """More requests, tokens or money than the budget lets pass."""


class UsageRegression(SamuraiFailure):
    """More requests, tokens or money than the lock file has, beyond the tolerance. `diagnosis` has what made it so."""

    diagnosis: Diagnosis | None = None


class RequestNotRecorded(BaseException):
    """A request that may not go live and has no recording.

    Not an `Exception`, as pytest's own outcomes are not: SDKs retry and re-label every `Exception`
    ("Connection error."), and applications swallow them. `diagnosis` has the cause of a miss; it is None for what is
    refused for another reason.
    """

    diagnosis: Diagnosis | None = None

    def __str__(self) -> str:
        return _shown(super().__str__())


# A traceback names the door that users import from, not the room behind it.
for _error in (
    SamuraiError,
    SettingsError,
    CassetteError,
    UnknownUsage,
    UnknownPrice,
    SamuraiFailure,
    BudgetExceeded,
    UsageRegression,
    RequestNotRecorded,
):
    _error.__module__ = "pytest_samurai"
