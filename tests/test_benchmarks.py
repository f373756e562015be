"""The benchmarks run, and measure what they claim to. No test asserts how long anything takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contenders import CONTENDERS, Refused
from benchmarks.counting import count_calls
from benchmarks.environments import ROOT
from benchmarks.jobs import WrongAnswer, compare
from benchmarks.render import shown
from benchmarks.rows import FULL, QUICK, SMOKE, Scale, Target, rows
from benchmarks.runner import measured
from benchmarks.suites import project_suite
from benchmarks.workload import EVENTS, LARGE, REWRITTEN, SMALL, STREAM, exchanges, spread
from tests.conftest import uncovered

# One for each kind of job, and for each way to run one.
SMOKED = (
    "replay-httpx.AsyncClient,replay-stream,replay-openai,open-close,load-many,save-test,suite-one,shared-large,"
    "first-chunk,record,memory"
)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """A small run without the peers: its figures, and its page."""
    out = tmp_path_factory.mktemp("smoke") / "results.md"
    command = [sys.executable, "-m", "benchmarks", "--scale", "smoke", "--here", "--only", SMOKED, "--out", str(out)]
    run = subprocess.run(command, cwd=ROOT, env=uncovered(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(out.with_suffix(".json").read_text(encoding="utf-8")), out.read_text(encoding="utf-8")


def test_every_job_of_ours_and_of_the_floor_is_done(smoke: tuple[dict[str, Any], str]) -> None:
    entrants = [entrant for row in smoke[0]["rows"] for entrant in row["entrants"]]
    own = [entrant for entrant in entrants if entrant["contender"] in ("floor", "samurai")]
    assert own
    assert {entrant["label"]: entrant["refused"] for entrant in own if entrant["refused"]} == {}
    assert all(entrant["turns"] for entrant in own)


def test_a_contender_that_cannot_is_shown_with_its_reason(smoke: tuple[dict[str, Any], str]) -> None:
    assert "| vcrpy, N = 3 | - | - | cannot: its environment is not installed |" in smoke[1]


def test_the_page_says_on_what_it_was_measured(smoke: tuple[dict[str, Any], str]) -> None:
    run, text = smoke
    assert f"{run['machine']['cpu']}, {run['machine']['cores']} cores" in text
    assert f"httpx {run['versions']['httpx']}" in text
    assert f"commit {run['commit']}, scale smoke" in text


@pytest.mark.parametrize("scale", [FULL, QUICK, SMOKE], ids=lambda scale: scale.name)
def test_targets_are_about_entrants_of_their_row(scale: Scale) -> None:
    found = rows(scale)
    assert len({row.key for row in found}) == len(found)
    for row in found:
        labels = [entrant.label for entrant in row.entrants]
        assert len(set(labels)) == len(labels), row.key
        assert {entrant.contender for entrant in row.entrants} <= CONTENDERS.keys()
        named = {number[0] for target in row.targets for number in (target.of, target.to) if number is not None}
        assert named <= set(labels), row.key


def test_equal_answers_are_equal_to_the_byte_or_as_json() -> None:
    assert compare([b'{"a": 1}'], [b'{"a": 1}']) == ""
    assert compare([b'{"a": 1}'], [b'{"a":1}']) == "answers equal as JSON, not to the byte"


@pytest.mark.parametrize("given", [[b'{"a": 2}'], [], [b"a"]])
def test_another_answer_does_not_count(given: list[bytes]) -> None:
    with pytest.raises(WrongAnswer):
        compare([b'{"a": 1}'], given)


@pytest.mark.parametrize(("kind", "sent", "replied"), [(SMALL, 1_000, 1_000), (LARGE, 50_000, 1_000)])
def test_exchanges_are_of_the_size_that_they_are_named_after(kind: str, sent: int, replied: int) -> None:
    [one] = exchanges(kind, 1, 7)
    assert 0.9 < len(one.sent) / sent < 1.1
    assert 0.9 < len(one.reply) / replied < 1.1


def test_a_rewritten_request_is_the_same_value_in_other_bytes() -> None:
    [one] = exchanges(REWRITTEN, 1)
    assert one.sent != one.request
    assert json.loads(one.sent) == json.loads(one.request)


def test_a_stream_has_two_hundred_chunks() -> None:
    [one] = exchanges(STREAM, 1)
    assert (len(one.chunks), one.content_type) == (200, EVENTS)


def test_a_sample_is_spread_evenly() -> None:
    items = exchanges(SMALL, 10)
    assert spread(items, 2) == [items[2], items[7]]
    assert spread(items, None) == items


def test_a_large_suite_is_told_from_three_small_ones() -> None:
    start, test, call = 0.5, 2.0, 0.25

    def seconds(tests: int, calls: int) -> float:
        return start + tests * (test + calls * call)

    small = {size: seconds(*size) for size in ((1, 2), (2, 2), (2, 6))}
    assert project_suite(small, 20, 100) == pytest.approx(seconds(20, 100))


def test_a_ratio_is_the_median_of_the_ratios_of_the_repeats() -> None:
    turns = {"ours": [{"n": 2.0}, {"n": 9.0}, {"n": 3.0}], "theirs": [{"n": 1.0}, {"n": 1.0}, {"n": 3.0}]}
    target = Target("", "", ("ours", "n"), ("theirs", "n"), 1.0)
    assert measured(turns, target) == 2.0
    assert measured({**turns, "theirs": []}, target) is None


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (0.000_123_4, "seen", "123 µs"),
        (1.5, "wall", "1.5 s"),
        (2_100_000, "grew", "2.1 MB"),
        (-500, "beyond", "-500 B"),
        (25_000, "test", "25 k"),
        (0, "seen", "0 ns"),
    ],
)
def test_numbers_are_shown_in_their_unit(value: float, name: str, text: str) -> None:
    assert shown(value, name) == text


def test_a_machine_without_valgrind_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="valgrind is not installed here"):
        count_calls(Path(sys.executable), tmp_path, "floor", {"client": "httpx.Client", "size": 2, "seen": False})
