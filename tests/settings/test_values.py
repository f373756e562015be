"""What may be written for an option, and the answer to an invalid value."""

from __future__ import annotations

import math
import re

import pytest

from pytest_samurai import bill
from pytest_samurai.matching.matcher import COMPONENTS
from pytest_samurai.matching.normalize import VOLATILE
from pytest_samurai.settings.values import COMPONENTS as NAMES
from pytest_samurai.settings.values import METRICS, VARYING
from tests.settings.said import refusal, said

MATCHERS = f"{', '.join(COMPONENTS)}, and of functions (r1, r2)"


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
        ("mode", "twice", "it must be one of none, once, new_episodes, update, all (or rewrite), live"),
        ("mode", None, "it must be one of none, once, new_episodes, update, all (or rewrite), live"),
        ("mode", ["none"], "it must be one of none, once, new_episodes, update, all (or rewrite), live"),
        ("endpoints", [], "it must be a list of URL patterns, with at least one in it"),
        ("endpoints", " ", "it must be a list of URL patterns, with at least one in it"),
        ("endpoints", [""], "it must be a list of strings"),
        ("endpoints", 5, "it must be a list of strings"),
        ("match_on", ["method", "boddy"], f"it must be a list of one or more of {MATCHERS}"),
        ("match_on", [], f"it must be a list of one or more of {MATCHERS}"),
        ("match_on", [1], "it must be a list of strings and of functions (r1, r2)"),
        ("filter_headers", "authorization", "it must be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [1], "it must be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [("a", 1)], "it must be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [("a", "b", "c")], "it must be a list of names and of pairs (name, replacement)"),
        ("filter_headers", [(1, "b")], "it must be a list of names and of pairs (name, replacement)"),
        ("before_record_request", "drop", "it must be a function, or a list of functions"),
        ("before_record_response", [None], "it must be a function, or a list of functions"),
        ("ignore_hosts", "localhost", "it must be a list of host names and of compiled patterns"),
        ("ignore_hosts", [1], "it must be a list of host names and of compiled patterns"),
        ("ignore_localhost", "yes", "it must be True or False"),
        ("ignore", {"user": 1}, "it must be a list of strings"),
        ("ignore", ["user", "a..b"], "'a..b' is not a path into a JSON body; write it like \"messages[0].content\""),
        ("normalize", 1, "it must be a list of names and of pairs (pattern, replacement)"),
        (
            "normalize",
            ["uid"],
            f"'uid' is neither one of {', '.join(VARYING)} nor a pair (pattern, replacement)",
        ),
        (
            "normalize",
            [("(", "")],
            "'(' is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
        ("pace", "fast", 'it must be "recorded" or a number, 0 or more'),
        ("pace", -1, 'it must be "recorded" or a number, 0 or more'),
        ("pace", True, 'it must be "recorded" or a number, 0 or more'),
        ("pace", math.inf, 'it must be "recorded" or a number, 0 or more'),
        ("pace", math.nan, 'it must be "recorded" or a number, 0 or more'),
        ("stream_usage", "no", "it must be True or False"),
        ("stream_usage", 0, "it must be True or False"),
        ("stream_usage", "true", "it must be True or False"),
        ("lazy_tls", "no", "it must be True or False"),
        ("lazy_tls", 1, "it must be True or False"),
        ("max_requests", -1, "it must be a whole number, 0 or more"),
        ("max_requests", True, "it must be a whole number, 0 or more"),
        ("max_requests", 1.5, "it must be a whole number, 0 or more"),
        ("max_requests", "-1", "it must be a whole number, 0 or more"),
        ("max_requests", "many", "it must be a whole number, 0 or more"),
    ],
)
def test_an_impossible_value_is_answered_with_what_it_has_to_be(name: str, written: object, right: str) -> None:
    assert refusal(**{name: written}) == f"here: {name} is {written!r}; {right}"


@pytest.mark.parametrize("name", ["ignore", "normalize", "match_on"])
def test_what_can_be_read_only_once_is_refused_rather_than_lost_the_second_time(name: str) -> None:
    assert f"{name} is <generator" in refusal(**{name: (word for word in ["uuid"])})


@pytest.mark.parametrize("written", ["", None, 7])
def test_a_lock_is_a_file(written: object) -> None:
    assert refusal("ini", lock=written) == f"here: samurai_lock is {written!r}; it must be a file"


def test_the_names_that_can_be_matched_on_are_those_that_have_a_meaning() -> None:
    assert tuple(COMPONENTS) == NAMES
    assert tuple(VOLATILE) == VARYING
    assert bill.METRICS == METRICS
