"""Which layer wins, and which one a mistake is reported in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_samurai import bill
from pytest_samurai.errors import SettingsError
from pytest_samurai.settings.layers import Layer, default_mode, environment_layers, resolve
from pytest_samurai.settings.values import METRICS, MODES
from tests.settings.said import refusal

# How long one example takes is not a property of the code.
law = hypothesis_settings(deadline=None)


words = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(MODES),
        "top": st.integers(0, 9),
        "cassette_dir": st.sampled_from(["a", "b"]),
        "match_on": st.lists(st.sampled_from(["method", "uri", "body"]), min_size=1),
        "endpoints": st.lists(st.sampled_from(["*/a", "*/b"]), min_size=1),
    },
)


@law
@given(st.lists(words, max_size=5))
def test_the_last_layer_that_says_anything_wins_option_by_option(written: list[dict[str, Any]]) -> None:
    flat: dict[str, Any] = {}
    for layer in written:
        flat |= layer
    layers = [Layer("a", "ini", layer) for layer in written]
    assert vars(resolve(layers)) == vars(resolve([Layer("b", "ini", flat)]))


def test_a_layer_that_is_overruled_is_checked_all_the_same() -> None:
    with pytest.raises(SettingsError, match="below: mode is 'twice'"):
        resolve([Layer("below", "test", {"mode": "twice"}), Layer("above", "test", {"mode": "none"})])


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "woodpecker"])
def test_in_ci_nothing_goes_live_by_default(value: str) -> None:
    assert default_mode({"CI": value}) == "none"


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "0"}, {"CI": "false"}, {"CI": "False"}])
def test_outside_of_ci_what_is_missing_is_recorded_once(environ: dict[str, str]) -> None:
    assert default_mode(environ) == "once"


@pytest.mark.parametrize(
    ("environ", "ini", "mode"),
    [
        ({}, {}, "once"),
        ({"CI": "1"}, {}, "none"),
        ({"CI": "1"}, {"mode": "all"}, "all"),
        ({"SAMURAI_MODE": "live"}, {"mode": "all"}, "live"),
        ({"SAMURAI_MODE": ""}, {"mode": "all"}, "all"),
        ({"SAMURAI_MODE": "live", "CI": "1"}, {}, "live"),
    ],
)
def test_ci_stands_below_the_ini_file_and_samurai_mode_above_it(
    environ: dict[str, str], ini: dict[str, str], mode: str
) -> None:
    lowest, environment = environment_layers(environ)
    assert resolve([lowest, Layer("ini", "ini", ini), environment]).mode == mode


def test_a_mistake_in_samurai_mode_is_said_to_be_there() -> None:
    with pytest.raises(SettingsError) as caught:
        resolve(environment_layers({"SAMURAI_MODE": "twice"}))
    assert str(caught.value) == (
        "the environment: SAMURAI_MODE is 'twice'; it must be one of none, once, new_episodes, update,"
        " all (or rewrite), live"
    )


@pytest.mark.parametrize(
    ("place", "name", "written", "spelled"),
    [
        ("ini", "mode", "x", "samurai_mode"),
        ("cli", "mode", "x", "--samurai-mode"),
        ("env", "mode", "x", "SAMURAI_MODE"),
        ("test", "mode", "x", "mode"),
        ("ini", "cassette_dir", "", "samurai_cassette_dir"),
        ("cli", "cassette_dir", "", "--samurai-cassette-dir"),
        ("ini", "cassette_dir", Path("x"), "samurai_cassette_dir"),
        ("cli", "unmarked", "blok", "--samurai-unmarked"),
        ("cli", "top", "-3", "--samurai-top"),
        ("ini", "top", None, "samurai_top"),
        ("budget", "max_requests", "x", "max_requests"),
    ],
)
def test_a_mistake_is_told_in_the_spelling_of_the_place_where_it_was_made(
    place: str, name: str, written: object, spelled: str
) -> None:
    assert refusal(place, **{name: written}).startswith(f"here: {spelled} is {written!r}; it must be ")


def test_a_tolerance_is_laid_over_another_metric_by_metric() -> None:
    layers = [
        Layer("here", "ini", {"tolerance": ["20%", "cost:30%"]}),
        Layer("here", "test", {"tolerance": "requests:2"}),
        Layer("here", "cli", {"tolerance": ["cost:0.5 total_tokens:7"]}),
    ]
    tolerance = resolve(layers).tolerance
    assert tolerance is not None
    shown = {metric: str(tolerance.of(metric)) for metric in METRICS}
    assert shown == {
        "requests": "2",
        "prompt_tokens": "20%",
        "completion_tokens": "20%",
        "total_tokens": "7",
        "cost": "0.5",
    }
    assert {str(bill.Tolerance().of(metric)) for metric in METRICS} == {"10%"}
