"""Which calls a test made, as a run carries them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_samurai.report.spoken import Spoken, answer_mark, mark
from pytest_samurai.wire import Request
from tests.report.calls import interaction, user

PARIS = interaction(user("France?"))


def test_a_call_is_told_from_others_by_both_of_its_bodies() -> None:
    other_request, other_reply = interaction(user("Japan?")), interaction(user("France?"), status=200, usage=None)
    assert len({mark(PARIS), mark(other_request), mark(other_reply)}) == 3
    assert mark(PARIS)[8:] == answer_mark(PARIS) == answer_mark(other_request) != answer_mark(other_reply)
    assert len(mark(PARIS)) == 16
    assert mark(replace(PARIS, request=Request("PUT", "http://h", (), PARIS.request.body), price=None)) == mark(PARIS)


def test_it_survives_the_way_through_json() -> None:
    spoken = Spoken.of("t.py::test_a", "cassettes/t/test_a.yaml", [PARIS, PARIS])
    assert spoken.calls == [mark(PARIS)] * 2
    assert Spoken.from_json(json.loads(json.dumps(spoken.as_json()))) == spoken


@pytest.mark.parametrize("changed", [{"user": 1}, {"cassette": None}, {"calls": [1]}, {"calls": 7}])
def test_what_is_no_text_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Spoken.from_json({"user": "t", "cassette": "c", "calls": [], **changed})
