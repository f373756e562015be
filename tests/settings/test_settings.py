"""Settings: what may be said where, which word wins, and what a mistake is answered with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_samurai import bill
from pytest_samurai.bill.budget import Budget
from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.matcher import COMPONENTS
from pytest_samurai.settings import values
from pytest_samurai.settings.layers import Layer, default_mode, environment_layers, resolve
from pytest_samurai.settings.option import PLACES, Option
from pytest_samurai.settings.page import options_page
from pytest_samurai.settings.table import OPTIONS, Settings
from pytest_samurai.settings.values import COMPONENTS as NAMES
from pytest_samurai.settings.values import METRICS, MODES

# How long a machine takes for one example is no property of the code.
law = hypothesis_settings(deadline=None)
MATCHERS = f"{', '.join(COMPONENTS)}, and of functions (r1, r2)"
DOCS = Path(__file__).parents[2] / "docs" / "options.md"


def said(place: str = "test", /, **values: object) -> Settings:
    return resolve([Layer("here", place, values)])


def refusal(place: str = "test", /, **values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        said(place, **values)
    return str(caught.value)


# --- which word wins

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


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(AttributeError, match="settings stay as they are: mode"):
        resolve([]).mode = "all"


def test_nothing_said_gives_the_defaults() -> None:
    settings = resolve([])
    assert vars(settings) == vars(Settings())
    assert settings.mode == "once"
    assert settings.cassette_dir == "cassettes"
    assert settings.endpoints == ("*/chat/completions",)
    assert settings.match_on == ("method", "endpoint", "chat")
    assert (settings.ignore, settings.normalize) == ((), ())
    assert settings.unmarked == "warn"
    assert (settings.pace, settings.stream_usage) == (0.0, True)
    assert settings.budget == Budget()
    assert settings.top == 5


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
        "the environment: SAMURAI_MODE is 'twice'; it has to be one of none, once, new_episodes, all, live"
    )


# --- values


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("mode", "new_episodes", "new_episodes"),
        ("endpoints", "*/chat/completions */responses", ("*/chat/completions", "*/responses")),
        ("endpoints", ["*/a b", "*/c"], ("*/a b", "*/c")),
        ("match_on", ["method", max], ("method", max)),
        ("filter_headers", ["a", ("b", None), ("c", "d"), ("e", max)], ("a", ("b", None), ("c", "d"), ("e", max))),
        ("before_record_request", max, (max,)),
        ("before_record_response", [max, min], (max, min)),
        ("ignore_hosts", ["a", re.compile("b")], ("a", re.compile("b"))),
        ("match_on", "uri  body", ("uri", "body")),
        ("match_on", ("uri", "body"), ("uri", "body")),
        ("ignore", "user messages[0].content", (("user",), ("messages", 0, "content"))),
        ("ignore", ["metadata.*"], (("metadata", "*"),)),
        ("ignore", [], ()),
        ("normalize", [], ()),
        ("pace", "recorded", 1.0),
        ("pace", 0, 0.0),
        ("pace", 2.5, 2.5),
        ("stream_usage", False, False),
        ("lazy_tls", False, False),
        ("lazy_tls", "false", False),
        ("lazy_tls", "True", True),
        ("max_requests", 0, 0),
        ("max_total_tokens", "120", 120),
        ("max_total_tokens", None, None),
    ],
)
def test_a_test_may_write_a_value_so(name: str, written: object, value: object) -> None:
    assert getattr(said(**{name: written}), name) == value


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("mode", "none", "none"),
        ("cassette_dir", "tests/tapes", "tests/tapes"),
        ("endpoints", ["*/a", "*/b"], ("*/a", "*/b")),
        ("endpoints", "*/a */b", ("*/a", "*/b")),
        ("match_on", ["method", "chat"], ("method", "chat")),
        ("unmarked", "block", "block"),
        ("top", "12", 12),
        ("top", 0, 0),
    ],
)
def test_an_ini_file_may_write_a_value_as_text_or_list(name: str, written: object, value: object) -> None:
    assert getattr(said("ini", **{name: written}), name) == value


def test_normalize_takes_names_and_pairs_and_a_name_alone() -> None:
    pattern, replacement = said(normalize=["uuid", (r"run-\d+", "run-N")]).normalize[1]
    assert pattern.sub(replacement, "run-7") == "run-N"
    assert said(normalize="uuid datetime").normalize == said(normalize=["uuid", "datetime"]).normalize


@pytest.mark.parametrize(
    ("name", "written", "right"),
    [
        ("mode", "twice", "it has to be one of none, once, new_episodes, all, live"),
        ("mode", None, "it has to be one of none, once, new_episodes, all, live"),
        ("mode", ["none"], "it has to be one of none, once, new_episodes, all, live"),
        ("endpoints", [], "it has to be a list of URL patterns, with at least one in it"),
        ("endpoints", " ", "it has to be a list of URL patterns, with at least one in it"),
        ("endpoints", [""], "it has to be a list of strings"),
        ("endpoints", 5, "it has to be a list of strings"),
        ("match_on", ["method", "boddy"], f"it has to be a list of one or more of {MATCHERS}"),
        ("match_on", [], f"it has to be a list of one or more of {MATCHERS}"),
        ("match_on", [1], "it has to be a list of strings and of functions (r1, r2)"),
        ("filter_headers", "authorization", "it has to be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [1], "it has to be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [("a", 1)], "it has to be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [("a", "b", "c")], "it has to be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [(1, "b")], "it has to be a list of names and of pairs (name, replacement)"),
        ("before_record_request", "drop", "it has to be a function, or a list of functions"),
        ("before_record_response", [None], "it has to be a function, or a list of functions"),
        ("ignore_hosts", "localhost", "it has to be a list of host names and of compiled patterns"),
        ("ignore_hosts", [1], "it has to be a list of host names and of compiled patterns"),
        ("ignore_localhost", "yes", "it has to be True or False"),
        ("ignore", {"user": 1}, "it has to be a list of strings"),
        ("ignore", ["user", "a..b"], "'a..b' is not a path into a JSON body; write it like \"messages[0].content\""),
        ("normalize", 1, "it has to be a list of names and of pairs (pattern, replacement)"),
        (
            "normalize",
            ["uid"],
            "'uid' is neither one of uuid, datetime, tmp_path nor a pair (pattern, replacement)",
        ),
        (
            "normalize",
            [("(", "")],
            "'(' is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
        ("pace", "fast", 'it has to be "recorded" or a number, 0 or more'),
        ("pace", -1, 'it has to be "recorded" or a number, 0 or more'),
        ("pace", True, 'it has to be "recorded" or a number, 0 or more'),
        ("pace", math.inf, 'it has to be "recorded" or a number, 0 or more'),
        ("pace", math.nan, 'it has to be "recorded" or a number, 0 or more'),
        ("stream_usage", "no", "it has to be True or False"),
        ("stream_usage", 0, "it has to be True or False"),
        ("stream_usage", "true", "it has to be True or False"),
        ("lazy_tls", "no", "it has to be True or False"),
        ("lazy_tls", 1, "it has to be True or False"),
        ("max_requests", -1, "it has to be a whole number, 0 or more"),
        ("max_requests", True, "it has to be a whole number, 0 or more"),
        ("max_requests", 1.5, "it has to be a whole number, 0 or more"),
        ("max_requests", "-1", "it has to be a whole number, 0 or more"),
        ("max_requests", "many", "it has to be a whole number, 0 or more"),
    ],
)
def test_an_impossible_value_is_answered_with_what_it_has_to_be(name: str, written: object, right: str) -> None:
    assert refusal(**{name: written}) == f"here: {name} is {written!r}; {right}"


@pytest.mark.parametrize("name", ["ignore", "normalize", "match_on"])
def test_what_can_be_read_only_once_is_refused_rather_than_lost_the_second_time(name: str) -> None:
    assert f"{name} is <generator" in refusal(**{name: (word for word in ["uuid"])})


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
    assert refusal(place, **{name: written}).startswith(f"here: {spelled} is {written!r}; it has to be ")


# --- names


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


# --- what is made of settings


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


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("record_mode", "it is called mode"),
        ("cassette_library_dir", "it is the ini key samurai_cassette_dir, or the fixture of that name"),
        ("decode_compressed_response", "bodies are always stored decoded"),
        ("serializer", "cassettes are always YAML"),
    ],
)
def test_what_else_stands_in_a_vcr_config_is_told_what_it_is_here(name: str, what: str) -> None:
    assert refusal(**{name: "x"}) == f"here: there is no option {name!r} here: {what}"


def test_the_matcher_is_made_once_for_every_request_asks_it() -> None:
    settings = said(match_on=["body"])
    assert settings.matcher is settings.matcher


# --- the lock


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


@pytest.mark.parametrize("written", ["", None, 7])
def test_a_lock_is_a_file(written: object) -> None:
    assert refusal("ini", lock=written) == f"here: samurai_lock is {written!r}; it has to be a file"


@pytest.mark.parametrize("parse", [values.flag, values.estimate, bool])
@pytest.mark.parametrize(("written", "value"), [("true", True), ("False", False), (True, True), (False, False)])
def test_a_switch_may_be_text_where_an_ini_file_may_have_it_whatever_parses_it(
    parse: Callable[[object], object], written: object, value: bool
) -> None:
    assert Option(parse, False, "ini cli", "whether it is so").read(written) is value


def test_a_switch_that_no_ini_file_may_have_is_never_text() -> None:
    with pytest.raises(ValueError, match="True or False"):
        Option(values.flag, False, "cli test", "whether it is so").read("true")


def test_only_what_is_yes_or_no_is_said_by_its_name_alone() -> None:
    assert [name for name, option in OPTIONS.items() if option.is_switch and "cli" in option.places] == ["update"]


# --- the table


def test_the_documentation_has_the_table_of_all_options_word_for_word() -> None:
    assert options_page() in DOCS.read_text(encoding="utf-8"), (
        "docs/options.md is not what settings.py says; to write it anew:"
        " python -c 'from pytest_samurai.settings.page import options_page as page; print(page())'"
    )


def test_every_option_has_a_row_with_all_its_names() -> None:
    rows = [line for line in options_page().splitlines() if line.startswith("|")][2:]
    for option, row in zip(OPTIONS.values(), rows, strict=True):
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        assert cells == [
            f"`{option.ini}`" if "ini" in option.places else "",
            f"`{option.flag}`" if "cli" in option.places else "",
            f"`{option.name}`" if "test" in option.places else "",
            option.default_text,
            option.meaning,
        ]


def test_the_page_tells_which_word_wins() -> None:
    assert options_page().splitlines()[0] == (
        "Where an option is set more than once, the later one wins: defaults < ini file < `samurai_config` fixture"
        " < marker < `SAMURAI_MODE` in the environment < command line."
    )


def test_every_option_may_be_set_somewhere_and_is_not_named_as_other_plugins_name_theirs() -> None:
    for name, option in OPTIONS.items():
        assert option.name == name
        assert option.places
        assert option.places <= PLACES.keys()
        assert re.fullmatch("samurai_[a-z_]+", option.ini)
        assert re.fullmatch("--samurai-[a-z-]+", option.flag)


def test_only_what_holds_several_words_is_a_list_in_the_ini_file_or_repeatable() -> None:
    many = {name for name, option in OPTIONS.items() if option.many}
    assert many == {"endpoints", "match_on", "report", "tolerance"}


def test_the_names_that_can_be_matched_on_are_those_that_have_a_meaning() -> None:
    assert tuple(COMPONENTS) == NAMES
    assert bill.METRICS == METRICS
