"""Errors: what catches them, and that they survive the way from an xdist worker."""

from __future__ import annotations

import pickle

import pytest

import pytest_samurai
from pytest_samurai import errors

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BaseException)]


@pytest.mark.parametrize("error", ALL)
def test_an_error_survives_pickling_with_its_text(error: type[BaseException]) -> None:
    original = error("what, where and what to do")
    copy = pickle.loads(pickle.dumps(original))
    assert type(copy) is error
    assert str(copy) == "what, where and what to do"


@pytest.mark.parametrize("error", ALL)
def test_a_traceback_names_an_error_as_users_import_it(error: type[BaseException]) -> None:
    assert f"{error.__module__}.{error.__qualname__}" == f"pytest_samurai.{error.__name__}"
    assert getattr(pytest_samurai, error.__name__) is error
    assert error.__name__ in pytest_samurai.__all__


@pytest.mark.parametrize("mistake", [errors.SettingsError, errors.CassetteError, errors.UnknownUsage])
def test_one_name_catches_every_mistake(mistake: type[Exception]) -> None:
    assert issubclass(mistake, errors.SamuraiError)
    assert not issubclass(mistake, AssertionError)


def test_a_verdict_is_an_assertion_that_failed() -> None:
    assert issubclass(errors.BudgetExceeded, errors.SamuraiFailure)
    assert issubclass(errors.SamuraiFailure, AssertionError)
    assert not issubclass(errors.SamuraiFailure, errors.SamuraiError)


def test_a_request_without_a_recording_is_not_swallowed_by_those_who_catch_exceptions() -> None:
    assert not issubclass(errors.RequestNotRecorded, Exception)
    # It must not be mistaken for what pytest and the interpreter act on.
    assert not issubclass(errors.RequestNotRecorded, KeyboardInterrupt | SystemExit)
