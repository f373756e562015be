"""What resolved options turn into."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pytest_samurai.bill.budget import Budget
from pytest_samurai.settings.layers import resolve
from pytest_samurai.settings.table import Settings
from tests.settings.said import said


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(AttributeError, match="settings stay as they are: mode"):
        resolve([]).mode = "all"


def test_nothing_said_gives_the_defaults() -> None:
    settings = resolve([])
    assert vars(settings) == vars(Settings())
    assert settings.mode == "once"
    assert settings.cassette_dir == "cassettes"
    assert settings.endpoints == ("known",)
    assert settings.match_on == ("method", "endpoint", "chat")
    assert (settings.ignore, settings.normalize) == ((), ())
    assert settings.unmarked == "warn"
    assert (settings.pace, settings.stream_usage) == (0.0, True)
    assert settings.budget == Budget()
    assert settings.top == 5


def test_the_limits_of_a_test_are_its_budget() -> None:
    assert said(
        max_requests=1, max_prompt_tokens=2, max_completion_tokens=3, max_total_tokens=4, max_cost="0.5"
    ).budget == Budget(
        max_requests=1, max_prompt_tokens=2, max_completion_tokens=3, max_total_tokens=4, max_cost=Decimal("0.5")
    )


def test_the_matcher_knows_all_that_was_said_of_matching() -> None:
    settings = said(match_on=["body"], endpoints=["*/a"], ignore=["user"], normalize=["uuid"])
    matcher = settings.matcher
    assert (matcher.match_on, matcher.ignore, matcher.normalize) == (("body",), (("user",),), settings.normalize)
    assert matcher.endpoints.match("https://h/a") == "/a"
    assert matcher.endpoints.match("https://h/chat/completions") is None


def test_functions_of_match_on_are_not_the_matchers_but_vcrpys() -> None:
    settings = said(match_on=["body", max])
    assert (settings.matcher.match_on, settings.functions) == (("body",), (max,))
    assert settings.needs_vcrpy
    assert not said(match_on=["body"], ignore_hosts=[]).needs_vcrpy
    assert said(ignore_hosts=["a"]).needs_vcrpy


def test_the_matcher_is_made_once_for_every_request_asks_it() -> None:
    settings = said(match_on=["body"])
    assert settings.matcher is settings.matcher
