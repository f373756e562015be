"""Each row: the same call answered, with another question, and with too small a budget."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import UnknownUsage

ROWS = json.loads(Path(os.environ["CLIENTS_ROWS"]).read_text(encoding="utf-8"))
QUESTION = "What is the capital of France?"


def _each_row(**limits: int) -> pytest.MarkDecorator:
    """A parameter for each row. All tests of a row share a cassette."""
    rows = [
        pytest.param(row, id=key, marks=pytest.mark.samurai(f"rows/{key}", **row["options"], **limits))
        for key, row in ROWS.items()
    ]
    return pytest.mark.parametrize("row", rows)


@pytest.fixture
def ask(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    for name in ("CLIENTS_GATEWAY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, row["url"])
    for name in ("OPENAI_BASE_URL", "SAMURAI_BASE_URL"):
        monkeypatch.setenv(name, f"{row['url']}/v1")

    def call(text: str) -> Any:
        module, _, function = row["call"].partition(".")
        return getattr(importlib.import_module(f"clients.calls.{module}"), function)(text)

    return call


@_each_row()
def test_call(ask: Callable[[str], Any], samurai: Any, tell: Callable[..., None]) -> None:
    tell(answer=ask(QUESTION))
    calls = [(call.endpoint, call.text, call.streamed) for call in samurai.calls]
    try:
        tell(calls=calls, usage=(samurai.usage.prompt_tokens, samurai.usage.completion_tokens))
    except UnknownUsage:
        tell(calls=calls, usage=None)


@_each_row()
def test_miss(ask: Callable[[str], Any]) -> None:
    ask("What is the capital of Japan?")


@_each_row(max_total_tokens=1)
def test_budget(ask: Callable[[str], Any]) -> None:
    ask(QUESTION)
