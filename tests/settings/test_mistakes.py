"""The answer to a mistake in the name of an option."""

from __future__ import annotations

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.settings.layers import Layer, resolve
from tests.settings.said import refusal


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("modes", "mode"),
        ("max_tokens", "max_total_tokens"),
        ("normalise", "normalize"),
        ("stream_useage", "stream_usage"),
    ],
)
def test_a_slip_in_a_name_is_answered_with_the_near_one(written: str, near: str) -> None:
    assert refusal(**{written: 1}) == f"here: there is no option {written!r} here; is it {near}?"


def test_a_name_like_no_other_is_answered_with_all_there_are() -> None:
    assert refusal("budget", colour=1) == (
        "here: there is no option 'colour' here;"
        " there are max_requests, max_prompt_tokens, max_completion_tokens, max_total_tokens, max_cost"
    )


def test_a_name_that_is_no_text_is_unknown_like_any_other() -> None:
    with pytest.raises(SettingsError, match="there is no option 7 here; there are mode, "):
        resolve([Layer("samurai_config", "test", {7: 1})])  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("place", "name", "elsewhere"),
    [
        ("test", "top", "in the ini file (samurai_top) or on the command line (--samurai-top)"),
        ("cli", "endpoints", None),
        ("ini", "pace", "in the marker, the `samurai_config` fixture or `use_cassette` (pace)"),
        (
            "ini",
            "max_requests",
            "in the marker, the `samurai_config` fixture or `use_cassette` (max_requests)"
            " or in `samurai.budget()` (max_requests)",
        ),
    ],
)
def test_an_option_in_the_wrong_place_is_answered_with_the_right_ones(
    place: str, name: str, elsewhere: str | None
) -> None:
    right = elsewhere or (
        "in the ini file (samurai_endpoints)"
        " or in the marker, the `samurai_config` fixture or `use_cassette` (endpoints)"
    )
    assert refusal(place, **{name: 1}) == f"here: {name} is not set here, but {right}"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        (
            "serializer",
            "json",
            "leave it out: cassettes are YAML; `pytest-samurai import` makes one of each in JSON",
        ),
        ("additional_matchers", ["x"], "put them into match_on"),
        ("func_path_generator", print, "name the cassette in the marker"),
        ("inject_cassette", True, "ask for the fixture samurai, or use `with use_cassette(...) as recorder`"),
        ("record_on_exception", False, "leave it out: a failed test keeps its calls if all of them succeeded"),
        ("ignore_json_paths", ["a"], "it is called ignore"),
    ],
)
def test_what_else_stands_in_a_vcr_config_is_told_what_to_write_instead(name: str, value: object, what: str) -> None:
    assert refusal(**{name: value}) == f"here: there is no option {name!r} here: {what}"
