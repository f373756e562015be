"""A refused call, as a pytest outcome."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.errors import RequestNotRecorded


class RefusedInTest(
    RequestNotRecorded,
    pytest.fail.Exception,  # type: ignore[misc, name-defined]  # mypy sees a function's attribute as a value
):
    """`RequestNotRecorded` as a pytest outcome. Fixtures may raise those, even during teardown."""

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle looks up a class by its displayed name, and this class displays another one's.
        return refused, (str(self),), {"__notes__": list(getattr(self, "__notes__", ())), "diagnosis": self.diagnosis}


# Users see the class that they catch.
RefusedInTest.__module__, RefusedInTest.__name__ = "pytest_samurai", "RequestNotRecorded"
RefusedInTest.__qualname__ = RefusedInTest.__name__


def refused(text: str) -> RefusedInTest:
    """A refusal with this text. Copies and pickles are made with this function."""
    return RefusedInTest(text)
