"""Every key of a `vcr_config` is accepted, or refused with what to write instead."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import vcr
import vcr.config
from vcr.record_mode import RecordMode

from pytest_samurai.settings.mistakes import not_here
from pytest_samurai.settings.othertools import MEANS, is_so_anyway
from pytest_samurai.settings.table import OPTIONS
from tests.settings.said import refusal, said

ARGUMENTS = {
    *(set(inspect.signature(vcr.VCR).parameters)),
    # What `use_cassette` also looks up.
    *re.findall(r"kwargs.get\(\s*\"(\w+)\"", inspect.getsource(vcr.config.VCR)),
}


def test_the_arguments_of_vcrpy_are_those_that_were_looked_at() -> None:
    assert {"allow_playback_repeats", "additional_matchers", "before_record", "cassette_library_dir"} <= ARGUMENTS


# The first argument of `use_cassette` is not an option.
@pytest.mark.parametrize("name", sorted(ARGUMENTS - {"path"}))
def test_each_argument_of_vcrpy_is_taken_or_has_words_of_its_own(name: str) -> None:
    if name not in OPTIONS and name not in MEANS and not (is_so_anyway(name, True) and is_so_anyway(name, False)):
        assert not_here(name, "test").startswith(f"there is no option {name!r} here: ")


@pytest.mark.parametrize(
    ("written", "mode"), [("new_episodes", "new_episodes"), (RecordMode.NONE, "none"), ("all", "all")]
)
def test_record_mode_is_another_word_for_mode(written: Any, mode: str) -> None:
    assert said(record_mode=written).mode == mode


def test_before_record_is_another_word_for_before_record_request() -> None:
    assert said(before_record=print).before_record_request == (print,)


def test_a_value_that_cannot_be_is_told_under_our_name() -> None:
    assert refusal(record_mode="never").startswith("here: mode is 'never'; it must be one of none, once")


def test_two_words_for_one_option_are_a_mistake() -> None:
    assert refusal(record_mode="none", mode="all") == (
        "here: record_mode and mode are two names for one option; keep only one"
    )


def test_words_of_vcrpy_are_none_in_the_ini_file() -> None:
    assert "there is no option 'record_mode' here" in refusal("ini", record_mode="none")
    assert "there is no option 'serializer' here" in refusal("ini", serializer="yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decode_compressed_response", True),
        ("decode_compressed_response", False),
        ("serializer", "yaml"),
        ("record_on_exception", True),
        ("drop_unused_requests", False),
    ],
)
def test_what_is_so_anyway_is_taken_and_changes_nothing(name: str, value: object) -> None:
    assert is_so_anyway(name, value)
    assert vars(said(**{name: value})) == vars(said())


def test_the_url_of_vcrpy_is_its_uri() -> None:
    assert said(match_on=["method", "url"]).match_on == ("method", "uri")


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("cassette_library_dir", 7, "a directory"),
        ("cassette_library_dir", "", "a directory"),
        ("path_transformer", "x", "a function"),
        ("allow_playback_repeats", "yes", "True or False"),
    ],
)
def test_a_value_that_vcrpy_would_not_take_either_is_a_mistake(name: str, value: object, right: str) -> None:
    assert refusal(**{name: value}) == f"here: {name} is {value!r}; it must be {right}"


def test_a_marker_whose_meaning_is_not_known_is_a_mistake() -> None:
    assert refusal("ini", marker=["llm"]) == "here: samurai_marker is ['llm']; it must be one of samurai, vcr"
