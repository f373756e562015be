"""Record chat-completions calls once, replay them for ever, and keep a budget.

Importing this package imports neither an HTTP library nor a YAML one nor pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_samurai.budget import Budget
from pytest_samurai.chat import Call
from pytest_samurai.errors import (
    BudgetExceeded,
    CassetteError,
    RequestNotRecorded,
    SamuraiError,
    SamuraiFailure,
    SettingsError,
    UnknownPrice,
    UnknownUsage,
    UsageRegression,
)
from pytest_samurai.usage import Usage

if TYPE_CHECKING:
    from pytest_samurai.context import use_cassette

__all__ = [
    "Budget",
    "BudgetExceeded",
    "Call",
    "CassetteError",
    "RequestNotRecorded",
    "SamuraiError",
    "SamuraiFailure",
    "SettingsError",
    "UnknownPrice",
    "UnknownUsage",
    "Usage",
    "UsageRegression",
    "use_cassette",
]


def __getattr__(name: str) -> object:
    if name == "use_cassette":
        from pytest_samurai.context import use_cassette

        return use_cassette
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
