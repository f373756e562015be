"""Record LLM calls once, replay them offline from then on, and keep a budget.

Importing this package imports no HTTP library, no YAML library and no pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pytest_samurai.bill import Budget, Call
    from pytest_samurai.context import use_cassette
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.wire import Message, Part, Usage

__all__ = [
    "Budget",
    "BudgetExceeded",
    "Call",
    "CassetteError",
    "Message",
    "Part",
    "Recorder",
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

# Imported when asked for: pytest imports this package at the start of every run, and most runs use none of these.
_HOMES = {
    "Budget": "bill",
    "Call": "bill",
    "Message": "wire",
    "Part": "wire",
    "Recorder": "recorder",
    "Usage": "wire",
    "use_cassette": "context",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"pytest_samurai.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
