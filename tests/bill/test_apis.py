"""The APIs of calls: shown if not all of them are chat."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai.bill.apis import apis_of, beside_chat, in_brackets, read_apis
from pytest_samurai.bill.budget import Budget
from pytest_samurai.bill.call import Call
from pytest_samurai.bill.change import models_text
from pytest_samurai.bill.figures import TestFigures
from pytest_samurai.bill.lock import Lock, Spent, row_of
from pytest_samurai.bill.lockfile import dump, load, parse
from pytest_samurai.errors import SettingsError
from pytest_samurai.report.lines import top_lines
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.wire.calls import call

EMBEDDED = call(
    {"data": [], "model": "e", "usage": {"prompt_tokens": 8, "total_tokens": 8}},
    request={"model": "e", "input": "a"},
    url="https://h/v1/embeddings",
)
TIMED = call({"text": "a", "usage": {"type": "duration", "seconds": 2}}, url="https://h/v1/audio/transcriptions")

BEFORE = """\
# Written by `pytest --samurai-update`: what each test used when that was last accepted.
version: 1
prices: {}
tests:
  "test_a.py::test_a":
    e: {requests: 1, prompt_tokens: 8, completion_tokens: 0, total_tokens: 8} # c8915d7c
    gpt-4o: {requests: 1, prompt_tokens: 11, completion_tokens: 2, total_tokens: 13} # 395ac37e
# The end: a lock without this line was cut off.
"""


def test_each_is_named_once_and_chat_alone_is_not() -> None:
    assert apis_of(["messages", None, "chat", "messages"]) == ("chat", "messages")
    assert [beside_chat(apis) for apis in ((), ("chat",), ("audio",))] == [(), (), ("audio",)]
    assert [in_brackets(apis) for apis in (("chat",), ("audio", "chat"))] == ["", " (audio, chat)"]


@pytest.mark.parametrize("written", ["chat", [1], ["a b"], ["\x1b[2J"], None])
def test_what_is_no_name_is_refused(written: Any) -> None:
    with pytest.raises(ValueError, match="`endpoints` are not names of APIs"):
        read_apis(written)


def test_figures_have_them_by_model_and_those_from_before_have_none() -> None:
    figures = TestFigures.of("t", [EMBEDDED, call()], recorded=0)
    assert figures.endpoints == ("chat", "embeddings")
    told = figures.as_json()
    assert TestFigures.from_json("t", told) == figures
    for model in told["models"]:
        del model["endpoints"]
    assert TestFigures.from_json("t", told).endpoints == ()


def test_a_lock_tells_them_and_one_from_before_is_read(tmp_path: Path) -> None:
    row = row_of(TestFigures.of("t", [EMBEDDED, call()], recorded=0))
    assert row["e"] == Spent(1, Usage(1, 8, 0, 8), ("embeddings",))
    lock = Lock({"test_a.py::test_a": row}, {})
    written = dump(lock).decode()
    assert "    e: {requests: 1, prompt_tokens: 8, completion_tokens: 0, total_tokens: 8, endpoints: embeddings} #" in (
        written
    )
    assert parse(dump(lock), "samurai.lock") == lock
    (tmp_path / "samurai.lock").write_text(BEFORE)
    before = load(tmp_path / "samurai.lock")
    assert before is not None
    assert before.by_hand == frozenset()
    assert before.tests["test_a.py::test_a"]["e"] == Spent(1, Usage(1, 8, 0, 8))
    assert dump(before).decode() == BEFORE
    with pytest.raises(SettingsError, match=r"lock:6: `endpoints` are not names of APIs; restore it"):
        parse(written.replace("endpoints: embeddings", "endpoints: [x]").encode(), "lock")


def test_a_test_of_another_api_is_named_with_it_among_the_dearest() -> None:
    figures = TestFigures.of("t.py::t", [EMBEDDED], recorded=0)
    assert top_lines([figures], 1) == ["  ?          8 tokens     1 call  t.py::t (embeddings)"]


def test_a_budget_and_what_moved_name_them() -> None:
    verdict = Budget(max_total_tokens=7).verdict([EMBEDDED])
    assert verdict is not None
    assert "     1  e (embeddings)          8           0          8" in verdict.splitlines()
    unjudged = Budget(max_total_tokens=7).verdict([call({"choices": []}, request={"model": "m"}), TIMED])
    assert unjudged is not None
    assert unjudged.splitlines()[0] == (
        "max_total_tokens cannot be judged: the usage of call 1 (m) is unknown: the reply has no usage;"
        " the usage of call 1 (m, audio) is unknown: the reply has one, but not in tokens"
    )
    row = row_of(TestFigures.of("t", [EMBEDDED, call()], recorded=0))
    assert models_text(row) == "1 x e (embeddings), 1 x m-served"


def test_what_has_a_price_beside_the_tokens_is_said_to_have_one() -> None:
    reply = {"output": [{"type": "web_search_call"}], "model": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}
    asked = Request("POST", "https://h/v1/responses", (), b'{"model": "m"}')
    price = Price(source="s", input_mtok=Decimal(1), output_mtok=Decimal(1))
    searched = Call(
        Interaction(asked, Reply(200, "", (), json.dumps(reply).encode()), price=price), number=1, replayed=True
    )
    verdict = Budget(max_cost=Decimal(1)).verdict([searched])
    assert verdict is not None
    assert verdict.splitlines()[0] == (
        "max_cost cannot be judged: the cost of call 1 (m, responses) is unknown:"
        " besides tokens, it used something with its own price, such as a search"
    )
