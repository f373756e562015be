"""What can go wrong: mistakes, verdicts, and the one outcome that nobody may swallow.

Error texts may quote content from outside. No terminal and no CI log obeys anything in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_samurai.text import Diagnosis


def _shown(text: str, keep: str = "\n") -> str:
    # Imported here, so that pytest's start doesn't load texts.
    from pytest_samurai.text import visible

    return visible(text, keep)


class SamuraiError(Exception):
    """A mistake in a test, a setting or a file; the text says what, where and what to do."""

    def __str__(self) -> str:
        return _shown(super().__str__())


class SettingsError(SamuraiError):
    """An unknown setting, or a value that a setting can't have."""


class CassetteError(SamuraiError):
    """A cassette that can't be read or written. Its text is one line, whatever characters are in file names.

    `is_foreign` says that the file can be read, but shows no sign of being a cassette of ours or of vcrpy's.
    """

    is_foreign = False

    def __str__(self) -> str:
        return _shown(super().__str__(), keep="")


class UnknownUsage(SamuraiError):
    """A sum was asked for, but one call didn't say what it used."""


class UnknownPrice(SamuraiError):
    """A sum of money was asked for, but the model of one call has no known price."""


class SamuraiFailure(AssertionError):
    """A verdict on a test that otherwise passed."""

    def __str__(self) -> str:
        return _shown(super().__str__())


class BudgetExceeded(SamuraiFailure):
    """More requests, tokens or money than the budget allows."""


class UsageRegression(SamuraiFailure):
    """More requests, tokens or money than in the lock file, beyond the tolerance. `diagnosis` has the cause."""

    diagnosis: Diagnosis | None = None


class RequestNotRecorded(BaseException):
    """A request that may not go live and has no recording.

    It isn't an `Exception`, just as pytest's own outcomes aren't: SDKs retry and relabel every `Exception` ("Connection
    error."), and applications swallow them. `diagnosis` has the cause of a miss; it is None if the request was refused
    for another reason.
    """

    diagnosis: Diagnosis | None = None

    def __str__(self) -> str:
        return _shown(super().__str__())


# A traceback names the module that users import from, not the one where the class is defined.
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
