"""A refused call, as one of pytest's outcomes."""

from __future__ import annotations

import pytest

from pytest_samurai.errors import RequestNotRecorded


class RefusedInTest(
    RequestNotRecorded,
    pytest.fail.Exception,  # type: ignore[misc, name-defined]  # an attribute of a function, which mypy takes for a value
):
    """`RequestNotRecorded` as one of pytest's own outcomes: fixtures may raise these, even as they are torn down."""


# What is shown is what users catch.
RefusedInTest.__module__, RefusedInTest.__name__ = "pytest_samurai", "RequestNotRecorded"
RefusedInTest.__qualname__ = RefusedInTest.__name__
