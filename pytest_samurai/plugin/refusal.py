"""A refused call, as one of pytest's outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.errors import RequestNotRecorded


class RefusedInTest(
    RequestNotRecorded,
    pytest.fail.Exception,  # type: ignore[misc, name-defined]  # an attribute of a function, which mypy takes for a value
):
    """`RequestNotRecorded` as one of pytest's own outcomes: fixtures may raise these, even as they are torn down."""

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle finds a class by the name that it shows, and this one shows that of another.
        return refused, (str(self),), {"__notes__": list(getattr(self, "__notes__", ())), "diagnosis": self.diagnosis}


# What is shown is what users catch.
RefusedInTest.__module__, RefusedInTest.__name__ = "pytest_samurai", "RequestNotRecorded"
RefusedInTest.__qualname__ = RefusedInTest.__name__


def refused(text: str) -> RefusedInTest:
    """A refusal with this text; copies and pickles are made by it."""
    return RefusedInTest(text)
