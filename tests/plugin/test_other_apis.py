"""Tests that call other APIs than chat, as their authors see them."""

from __future__ import annotations

import json

import pytest

from tests.intercept.scriptedreplies import serving
from tests.project import without_seconds

TESTS = """
import os
import httpx, pytest

URL = os.environ["ROOT"]

@pytest.mark.samurai(max_total_tokens=36, max_cost=1)
def test_it(samurai):
    httpx.post(URL + "/v1/moderations", json={"input": "Where?"})
    form = {"model": "gpt-4o-transcribe"}
    heard = httpx.post(URL + "/v1/audio/transcriptions", data=form, files={"file": ("a.wav", b"RIFF" + bytes([255]))})
    assert heard.json()["text"] == "Paris."
    assert [call.endpoint for call in samurai.calls] == ["moderations", "audio"]
"""
COUNTS = {"type": "tokens", "input_tokens": 31, "output_tokens": 5, "total_tokens": 36}
HEARD = {"text": "Paris.", "usage": {**COUNTS, "input_token_details": {"text_tokens": 0, "audio_tokens": 31}}}
SCRIPT = {
    "/v1/moderations": {"model": "omni-moderation-latest", "results": [{"flagged": False}]},
    "/v1/audio/transcriptions": HEARD,
}

ROWS = """\
  "test_other_apis.py::test_it":
    gpt-4o-transcribe: {requests: 1, prompt_tokens: 31, completion_tokens: 5, total_tokens: 36, \
prompt_audio_tokens: 31, endpoints: audio} #*
    omni-moderation-latest: {requests: 1, prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, \
endpoints: moderations} #*
"""


def test_they_are_recorded_replayed_limited_and_locked_without_a_setting(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pytester.makepyfile(test_other_apis=TESTS)
    script = {path: ("application/json", [json.dumps(reply).encode()]) for path, reply in SCRIPT.items()}
    # Source: OpenAI's page of prices, 6 $ for a million tokens of audio and 10 $ for those of the answer.
    sums = "36 tokens, $0.000236"
    with serving(script) as root:
        monkeypatch.setenv("ROOT", root)
        recorded = pytester.runpytest_inprocess("--samurai-update")
        recorded.assert_outcomes(passed=1)
        assert f"samurai: 1 test, calls: 0 replayed, 2 recorded, {sums}" in recorded.outlines
    replayed = pytester.runpytest_inprocess("--samurai-mode=none", "--samurai-top=1")
    replayed.assert_outcomes(passed=1)
    lines = [without_seconds(line) for line in replayed.outlines]
    assert f"samurai: 1 test, calls: 2 replayed, {sums}; replay saved $0.000236" in lines
    assert "  $0.000236         36 tokens    2 calls  test_other_apis.py::test_it (audio, moderations)" in lines
    locked = (pytester.path / "samurai.lock").read_text(encoding="utf-8").splitlines()
    pytester.runpytest_inprocess("--samurai-mode=none").assert_outcomes(passed=1)
    at = next(number for number, line in enumerate(locked) if line.startswith('  "test_other'))
    assert [line.partition(" # ")[0] for line in locked[at : at + 3]] == [
        line.partition(" #")[0] for line in ROWS.splitlines()
    ]
    path.write_text(TESTS.replace("max_total_tokens=36", "max_total_tokens=35"))
    broken = pytester.runpytest_inprocess("--samurai-mode=none")
    broken.assert_outcomes(failed=1)
    broken.stdout.fnmatch_lines(
        [
            "max_total_tokens is 35, used 36 (+1)",
            "  call  model                                    prompt  completion      total         cost",
            "     1  omni-moderation-latest (moderations)          0           0          0        $0.00",
            "     2  gpt-4o-transcribe (audio)                    31           5         36    $0.000236",
        ]
    )
