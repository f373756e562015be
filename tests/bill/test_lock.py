"""The lock: what it holds for a test, and when a row is written."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pytest_samurai import Usage
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.lock import (
    PRICES,
    TESTS,
    Lock,
    accepted,
    fixture_cassette,
    fixture_key,
    held_from_text,
    held_text,
    row_of,
    united,
)
from pytest_samurai.bill.regression import Regression
from pytest_samurai.wire.price import Price
from tests.project import Project
from tests.recorder.conftest import fail as fail

CHEAP = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4))
DEAR = Price(source="a", input_mtok=Decimal(10), output_mtok=Decimal(40))


def used(
    model: str, prompt: int, completion: int, requests: int = 1, price: Price | None = CHEAP, **more: Any
) -> ModelFigures:
    usage = Usage(requests, prompt, completion, prompt + completion, **more)
    return ModelFigures(model, requests, usage, price, None, None)


def unknown(model: str, requests: int = 1, price: Price | None = CHEAP) -> ModelFigures:
    return ModelFigures(model, requests, None, price, None, None)


def figures(*models: ModelFigures, test: str = "t.py::a") -> TestFigures:
    return TestFigures(test, models=models)


def test_rows_are_replaced_one_by_one_and_others_stay() -> None:
    before = accepted(None, [figures(used("m", 1, 1), test="a"), figures(used("n", 1, 1), test="b")])
    after = accepted(before, [figures(used("m", 2, 2), test="a"), figures(test="c")], gone={"b"})
    assert after.tests == {"a": row_of(figures(used("m", 2, 2))), "c": {}}
    assert after.prices.keys() == {"m"}


def test_the_price_of_a_lock_stays_while_a_recording_has_it() -> None:
    before = accepted(None, [figures(used("m", 1, 1))])
    both = [figures(used("m", 1, 1)), figures(used("m", 1, 1, price=DEAR), test="b")]
    assert accepted(before, both).prices == {"m": CHEAP}
    assert accepted(before, both[1:]).prices == {"m": DEAR}
    assert accepted(None, both).prices == accepted(None, both[::-1]).prices == {"m": DEAR}
    assert accepted(before, [figures(used("m", 1, 1, price=None))]).prices == {"m": CHEAP}


def test_another_source_of_the_same_price_changes_nothing() -> None:
    before = accepted(None, [figures(used("m", 1, 1))])
    assert accepted(before, [figures(used("m", 1, 1, price=replace(CHEAP, source="b")))]) == before


def test_of_both_sides_of_a_conflict_ours_is_taken_and_what_differs_is_marked() -> None:
    same, mine, other = (row_of(figures(used("m", tokens, 0))) for tokens in (1, 2, 3))
    ours = Lock({"a": same, "b": mine, "c": mine}, {"m": CHEAP, "n": CHEAP}, frozenset({(TESTS, "c")}))
    theirs = Lock({"a": same, "b": other, "d": other}, {"m": CHEAP, "n": DEAR}, frozenset({(TESTS, "d")}))
    both = united(ours, theirs)

    assert both.tests == {"a": same, "b": mine, "c": mine, "d": other}
    assert both.prices == {"m": CHEAP, "n": CHEAP}
    assert both.by_hand == {(TESTS, "b"), (TESTS, "c"), (TESTS, "d"), (PRICES, "n")}
    assert both.in_conflict


def test_a_row_that_a_run_confirms_is_no_longer_marked() -> None:
    marked = frozenset({(TESTS, "t.py::a"), (TESTS, "t.py::b"), (PRICES, "m"), (PRICES, "n")})
    rows = {test: row_of(figures(used(model, 1, 0))) for test, model in (("t.py::a", "m"), ("t.py::b", "n"))}
    lock = Lock(rows, {"m": CHEAP, "n": CHEAP}, marked)

    assert accepted(lock, [figures(used("m", 1, 0))]).by_hand == {(TESTS, "t.py::b"), (PRICES, "n")}
    without_price = accepted(lock, [figures(used("m", 1, 0, price=None))])
    assert without_price.by_hand == {(TESTS, "t.py::b"), (PRICES, "m"), (PRICES, "n")}
    assert accepted(lock, [], gone=["t.py::b"]).by_hand == {(TESTS, "t.py::a"), (PRICES, "m")}


def test_figures_and_regressions_survive_their_way_from_another_process() -> None:
    held = figures(used("m", 1, 2), unknown("n"))
    assert held_from_text(held_text(held)) == held
    assert Regression.from_json(Regression(*"abcdefg").as_json()) == Regression(*"abcdefg")


def test_the_row_of_a_fixture_knows_its_cassette_and_that_of_a_test_has_none() -> None:
    key = fixture_key("module fixture answer[(a) b]", "cassettes/test_a/fixtures/answer (1).yaml")
    assert fixture_cassette(key) == "cassettes/test_a/fixtures/answer (1).yaml"
    assert fixture_cassette("tests/test_a.py::test_a[a fixture b (c)]") is None


# --- as a user meets it

SAY = """
def say(client, prompt=100, completion=2, model="gpt-4o-mini"):
    # A message to the embedded server costs 4 tokens and a word is one; its answers are short, so there are several.
    answers = 1 if completion < 8 else 8
    ask(client, ("word " * (prompt - 4)).strip(), model=model, max_tokens=completion // answers, n=answers)
"""
ONE = "def test_it(samurai_client): say(samurai_client)"
THREE = """
@pytest.mark.samurai
@pytest.mark.parametrize("prompt", [100, 200, 300])
def test_it(samurai_client, prompt): say(samurai_client, prompt)
"""
RECORD = "--samurai-mode=all"
UPDATE = "--samurai-update"
WIDE = """
@pytest.fixture(scope="module")
def wide(request):
    import os
    url, key = os.environ["SAMURAI_BASE_URL"], os.environ.get("SAMURAI_API_KEY", "none")
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}) as client:
        say(client, SIZE)

@pytest.mark.samurai
def test_one(wide, samurai_client): say(samurai_client)

@pytest.mark.samurai
def test_two(wide, samurai_client): say(samurai_client)
"""
ROW = "module fixture wide (cassettes/test_{}/fixtures/wide.yaml)"


class Locked:
    """A project with a lock."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = project.pytester.path / "samurai.lock"

    def tests(self, text: str, name: str = "test_it.py") -> None:
        self.project.tests(SAY + text, name)

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.project.run(*arguments)

    def start(self, text: str) -> None:
        """Record the tests, and accept what they use."""
        self.tests(text)
        assert self.run(UPDATE).ret == 0

    def rows(self) -> dict[str, str]:
        """The total tokens, by the id of the test, as text."""
        return dict(re.findall(r'^  "(.*)":\n.*total_tokens: (\d+)', self.path.read_text("utf-8"), re.MULTILINE))


@pytest.fixture
def locked(project: Project) -> Locked:
    return Locked(project)


def said_of_lock(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("samurai: ") and "lock" in line]


def test_an_update_writes_a_file_that_is_read_in_a_diff_and_twice_changes_nothing(locked: Locked) -> None:
    locked.tests(ONE + "\n\ndef test_again(samurai_client): [say(samurai_client, model=m) for m in ('gpt-4o', 'none')]")
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: 2 new"]
    text = locked.path.read_text("utf-8")
    source = re.findall("source: (genai-prices [0-9.]+),", text)[0]
    assert len(re.findall(r"\} # [0-9a-f]{8}$", text, re.MULTILINE)) == 5
    assert re.sub(r"\} # [0-9a-f]{8}$", "}", text, flags=re.MULTILINE) == textwrap.dedent(f"""\
        # Written by `pytest --samurai-update`: what each test used when that was last accepted.
        version: 1
        prices:
          gpt-4o: {{source: {source}, input_mtok: "2.5", output_mtok: "10", cache_read_mtok: "1.25"}}
          gpt-4o-mini: {{source: {source}, input_mtok: "0.15", output_mtok: "0.6", cache_read_mtok: "0.075"}}
        tests:
          "test_it.py::test_again":
            gpt-4o: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
            none: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
          "test_it.py::test_it":
            gpt-4o-mini: {{requests: 1, prompt_tokens: 100, completion_tokens: 2, total_tokens: 102}}
        # The end: a lock without this line was cut off.
        """)
    written = locked.path.stat()
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: nothing to change"]
    assert locked.path.stat() == written
    assert said_of_lock(locked.run()) == []


@pytest.mark.parametrize(
    ("arguments", "earned"),
    [
        (["-k", "200"], {"200"}),
        (["test_it.py::test_it[300]"], {"300"}),
        (["--deselect", "test_it.py::test_it[100]"], {"200", "300"}),
        (["-n", "2"], {"100", "200", "300"}),
        (["-n", "2", "-k", "not 200"], {"100", "300"}),
        (["--collect-only"], set()),
        (["--samurai-mode=live"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_update_rewrites_the_rows_of_the_tests_that_ran_and_no_other(
    locked: Locked, arguments: list[str], earned: set[str]
) -> None:
    locked.start(THREE)
    locked.tests(THREE.replace("say(samurai_client, prompt)", "say(samurai_client, prompt, 40)"))
    locked.run(RECORD)
    result = locked.project.pytester.runpytest_inprocess(UPDATE, *arguments)
    assert result.ret == 0
    assert locked.rows() == {
        f"test_it.py::test_it[{prompt}]": str(prompt + (40 if str(prompt) in earned else 2))
        for prompt in (100, 200, 300)
    }


OUTCOMES = """
@pytest.fixture
def breaks():
    yield
    assert 0, "as it is torn down"

def test_fails(samurai_client): say(samurai_client, SIZE); assert SIZE == 100
def test_is_skipped(samurai_client): say(samurai_client, SIZE); SIZE == 100 or pytest.skip()
def test_errs(samurai_client, request): SIZE == 100 or request.getfixturevalue("breaks"); say(samurai_client, SIZE)
def test_passes(samurai_client): say(samurai_client, SIZE)
def test_may_fail(samurai_client, request):
    SIZE == 100 or request.applymarker(pytest.mark.xfail)
    say(samurai_client, SIZE)
    assert SIZE == 100
"""


def test_a_test_that_did_not_pass_earns_no_row_and_nothing_is_removed_then(locked: Locked) -> None:
    locked.start(OUTCOMES.replace("SIZE", "100") + "\ndef test_that_goes(samurai_client): say(samurai_client)")
    locked.tests(OUTCOMES.replace("SIZE", "300"))
    result = locked.run(RECORD, UPDATE)
    result.assert_outcomes(failed=1, errors=1, passed=2, skipped=1, xfailed=1)
    assert said_of_lock(result) == ["samurai: samurai.lock: 1 changed"]
    assert {test.partition("::")[2]: tokens for test, tokens in locked.rows().items()} == {
        "test_fails": "102",
        "test_is_skipped": "102",
        "test_errs": "102",
        "test_passes": "302",
        "test_may_fail": "102",
        "test_that_goes": "102",
    }


def test_last_failed_and_stopping_at_the_first_failure_leave_the_other_rows(locked: Locked) -> None:
    locked.start(THREE)
    pytester = locked.project.pytester
    locked.tests(THREE.replace("say(samurai_client, prompt)", "(say(samurai_client, prompt, 40), 1 // (prompt - 200))"))
    pytester.runpytest_inprocess(RECORD, "-x", UPDATE).assert_outcomes(passed=1, failed=1)
    assert list(locked.rows().values()) == ["140", "202", "302"]
    locked.tests(THREE.replace("say(samurai_client, prompt)", "say(samurai_client, prompt, 40)"))
    pytester.runpytest_inprocess("--lf", RECORD, UPDATE).assert_outcomes(passed=1)
    assert list(locked.rows().values()) == ["140", "240", "302"]


def test_a_row_of_a_test_that_is_no_more_is_named_and_removed_on_full_green_runs_only(locked: Locked) -> None:
    locked.tests("def test_far(samurai_client): say(samurai_client)", "test_far.py")
    locked.tests("def test_no_more(samurai_client): say(samurai_client)", "test_near.py")
    locked.start(THREE)
    locked.tests(THREE.replace("[100, 200, 300]", "[100, 200]"))
    (locked.project.pytester.path / "test_far.py").unlink()
    # The test still exists, but no longer has its marker.
    locked.tests("def test_no_more(): pass", "test_near.py")
    gone = ["test_far.py::test_far", "test_it.py::test_it[300]", "test_near.py::test_no_more"]
    line = f"samurai: samurai.lock has rows for tests that no longer exist: {', '.join(gone)}"
    pytester = locked.project.pytester
    assert said_of_lock(locked.run()) == [line]
    assert said_of_lock(pytester.runpytest_inprocess("-n", "2")) == [line]
    before = locked.path.read_bytes()
    for chosen in ("-k=test_it", "test_it.py", "--lf", "--ignore=test_near.py", "--deselect=test_it.py::test_it[100]"):
        assert said_of_lock(locked.run(chosen)) == []
        assert said_of_lock(pytester.runpytest_inprocess(chosen, UPDATE)) == [
            "samurai: samurai.lock: nothing to change"
        ]
    assert locked.path.read_bytes() == before
    assert said_of_lock(pytester.runpytest_inprocess("-n", "2", UPDATE)) == ["samurai: samurai.lock: 3 removed"]
    assert list(locked.rows()) == ["test_it.py::test_it[100]", "test_it.py::test_it[200]"]


def test_rows_of_tests_that_were_skipped_or_left_out_are_not_gone(locked: Locked) -> None:
    for name in ("skipped", "left_out", "part"):
        locked.tests("def test_it(samurai_client): say(samurai_client)", f"test_{name}.py")
    locked.start(ONE)
    locked.tests("pytest.skip('no such library', allow_module_level=True)", "test_skipped.py")
    locked.tests("@pytest.mark.skip\ndef test_it(samurai_client): say(samurai_client)", "test_part.py")
    (locked.project.pytester.path / "conftest.py").write_text("collect_ignore = ['test_left_out.py']")
    before = locked.path.read_bytes()
    assert said_of_lock(locked.run()) == []
    locked.run(UPDATE).assert_outcomes(passed=1, skipped=2)
    assert locked.path.read_bytes() == before


def test_a_test_that_is_distributed_in_groups_has_one_id(locked: Locked) -> None:
    locked.start("@pytest.mark.xdist_group('a')\n@pytest.mark.samurai\n" + ONE)
    result = locked.project.pytester.runpytest_inprocess("-n", "1", "--dist=loadgroup", UPDATE)
    assert said_of_lock(result) == ["samurai: samurai.lock: nothing to change"]


def test_a_test_that_asks_for_the_recorder_as_it_runs_has_a_row_too(locked: Locked) -> None:
    locked.start("def test_it(request): say(request.getfixturevalue('samurai_client'))")
    assert locked.rows() == {"test_it.py::test_it": "102"}
    assert said_of_lock(locked.run(UPDATE)) == ["samurai: samurai.lock: nothing to change"]


def test_what_a_test_calls_as_it_is_torn_down_is_neither_in_the_lock_nor_in_the_verdict(locked: Locked) -> None:
    late = """
@pytest.fixture
def late(samurai_client):
    yield
    say(samurai_client, SIZE)

def test_it(late, samurai_client): say(samurai_client)
"""
    locked.start(late.replace("SIZE", "200"))
    assert locked.rows() == {"test_it.py::test_it": "102"}
    locked.tests(late.replace("SIZE", "900"))
    locked.run(RECORD).assert_outcomes(passed=1)
    result = locked.run(UPDATE, "--samurai-unused=ignore")
    assert said_of_lock(result) == ["samurai: samurai.lock: nothing to change"]


def test_a_row_of_a_fixture_is_its_own_whatever_becomes_of_the_test_and_is_gone_with_its_cassette(
    locked: Locked,
) -> None:
    text = WIDE.replace("SIZE", "50").replace("say(samurai_client)", "say(samurai_client); assert 0", 1)
    locked.tests(text)
    locked.run(UPDATE).assert_outcomes(passed=1, failed=1)
    assert locked.rows() == {ROW.format("it"): "52", "test_it.py::test_two": "102"}
    locked.tests("@pytest.mark.samurai\ndef test_two(samurai_client): say(samurai_client)")
    assert said_of_lock(locked.run()) == []
    (locked.project.pytester.path / "cassettes/test_it/fixtures/wide.yaml").unlink()
    assert said_of_lock(locked.run()) == [
        f"samurai: samurai.lock has rows for tests that no longer exist: {ROW.format('it')}"
    ]


def test_a_fixture_that_calls_nothing_has_no_row_and_a_fixture_is_no_test_in_common(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = """
@pytest.fixture(scope="session")
def database(tmp_path_factory):
    return tmp_path_factory

"""
    locked.start(fixture + "def test_it(samurai_client, database): say(samurai_client)\n\ndef test_mute(samurai): pass")
    assert "fixture" not in locked.path.read_text()
    assert "test_mute" not in locked.path.read_text()
    locked.tests(fixture + "def test_renamed(samurai_client, database): say(samurai_client)")
    locked.run(RECORD)
    monkeypatch.setenv("CI", "1")
    assert locked.run().ret == 1


def test_the_rows_of_the_last_tests_are_removed_with_them(locked: Locked) -> None:
    locked.start(ONE)
    locked.tests("def test_plain(): pass")
    locked.run(UPDATE, "-q")
    assert "test_it" not in locked.path.read_text()


@pytest.mark.parametrize("arguments", [[], [UPDATE], ["-n", "1"]], ids=lambda value: " ".join(value) or "plain")
def test_a_lock_that_cannot_be_read_is_a_usage_error_with_its_line(locked: Locked, arguments: list[str]) -> None:
    locked.start(ONE)
    text = locked.path.read_text().replace("prompt_tokens: 100", "prompt_tokens: many")
    locked.path.write_text(text)
    # In a separate process: an xdist worker that has started survives such an error until its pytest is gone.
    result = locked.project.pytester.runpytest_subprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: */samurai.lock:7: `prompt_tokens` is many, not a count; restore it, *"])
    assert locked.path.read_text() == text


def test_a_lock_that_cannot_be_written_is_an_error_of_the_run_and_stays_as_it_was(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    locked.start(ONE)
    before = locked.path.read_bytes()
    locked.tests("def test_it(samurai_client): say(samurai_client, 140)")
    monkeypatch.setattr("pytest_samurai.bill.lockfile.replace_whole", full)
    result = locked.run(RECORD, UPDATE)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["samurai: */samurai.lock: cannot be written: No space left on device"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert locked.path.read_bytes() == before
