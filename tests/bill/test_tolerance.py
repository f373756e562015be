"""The tolerance: how much growth is allowed, by metric, wherever it is set."""

from __future__ import annotations

import pytest

from pytest_samurai.bill.tolerance import Tolerance, parse_tolerance
from tests.bill.test_lock import (
    RECORD,
    Locked,
    used,
)
from tests.bill.test_lock import locked as locked
from tests.bill.test_regression import verdict
from tests.recorder.conftest import fail as fail


@pytest.mark.parametrize(
    ("said", "grown"),
    [
        (["50%"], set()),
        (["prompt_tokens:50%"], {"total_tokens", "cost"}),
        (["prompt_tokens:50%", "total_tokens:400", "cost:0.0004"], set()),
        (["prompt_tokens:399", "50%"], {"prompt_tokens"}),
        (["0%", "cost:0.0003"], {"prompt_tokens", "total_tokens", "cost"}),
        (["requests:0%"], {"prompt_tokens", "total_tokens", "cost"}),
    ],
)
def test_a_tolerance_is_for_all_metrics_or_for_one(said: list[str], grown: set[str]) -> None:
    assert verdict([used("m", 1000, 0)], [used("m", 1400, 0)], parse_tolerance(said)).keys() == grown


def test_a_higher_layer_says_it_metric_by_metric() -> None:
    lower, higher = parse_tolerance(["cost:50%", "requests:1"]), parse_tolerance(["requests:2", "total_tokens:30%"])
    assert lower.under(higher) == parse_tolerance(["cost:50%", "requests:2", "total_tokens:30%"])
    assert higher.under(lower) == parse_tolerance(["cost:50%", "requests:1", "total_tokens:30%"])
    assert lower.under(Tolerance()) == Tolerance().under(lower) == lower


def test_an_amount_is_let_pass_and_not_one_token_more_whatever_the_floor() -> None:
    exact = parse_tolerance(["total_tokens:3"])
    assert verdict([used("m", 10, 0)], [used("m", 13, 0)], exact) == {}
    assert verdict([used("m", 10, 0)], [used("m", 14, 0)], exact).keys() == {"total_tokens"}


@pytest.mark.parametrize("entry", ["10", "cost", "price:10%", "-1%", "1e3%", "cost:", "٣%", "requests:10%%", "nan%"])
def test_what_is_no_tolerance_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r'a list of "10%", "metric:10%" and "metric:200", the metric being requests,'):
        parse_tolerance(["10%", entry])


def test_a_tolerance_holds_from_the_ini_file_and_the_command_line_and_markers_by_metric(locked: Locked) -> None:
    marked = "@pytest.mark.samurai({})\ndef test_it(samurai_client): say(samurai_client, {})"
    locked.start(marked.format("", ""))
    locked.tests(marked.format("tolerance='prompt_tokens:50%'", 140))
    locked.run(RECORD).stdout.fnmatch_lines(["total_tokens is 102 *up to 10% is allowed"])
    (locked.project.pytester.path / "pytest.ini").write_text("[pytest]\nsamurai_tolerance = cost:50% total_tokens:40\n")
    locked.run().assert_outcomes(passed=1)
    result = locked.run("--samurai-tolerance=total_tokens:39 cost:90%", "--samurai-tolerance=cost:100%")
    result.stdout.fnmatch_lines(["total_tokens is 102 in samurai.lock, used 142 (+40, +39%); up to 39 is allowed"])
    result = locked.run("--samurai-tolerance=much")
    result.stderr.fnmatch_lines(["ERROR: the command line: --samurai-tolerance is [[]'much']; it must be a list of *"])


def test_the_help_of_pytest_has_the_options_with_their_percent(locked: Locked) -> None:
    text = " ".join(" ".join(locked.run("--help").outlines).split())
    assert "growth over the lock that is allowed: `10%`; `metric:10%`" in text
    assert "--samurai-update write to the lock what the tests of this run use (default: off)" in text
