"""A user's tests with annotations, checked as in a project of their own: see tests/test_typed.py."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import httpx
import pytest

from pytest_samurai import (
    Budget,
    BudgetExceeded,
    Call,
    Message,
    Part,
    Recorder,
    RequestNotRecorded,
    SamuraiError,
    SamuraiFailure,
    UnknownUsage,
    Usage,
    use_cassette,
)


@pytest.fixture(scope="session")
def samurai_config() -> dict[str, Any]:
    return {"mode": "none", "max_total_tokens": 100}


@pytest.mark.samurai(max_cost="0.01")
def test_calls(samurai: Recorder, samurai_client: httpx.Client) -> None:
    with samurai.budget(max_requests=1):
        samurai_client.post("/chat/completions", json={})
    assert_type(samurai.calls, tuple[Call, ...])
    assert_type(samurai.usage, Usage)
    assert_type(samurai.usage.total_tokens, int)
    assert_type(samurai.cost, Decimal)
    assert_type(samurai.replaying, bool)
    assert samurai.calls[0].usage is not None


def test_what_a_call_says(samurai: Recorder) -> None:
    [call] = samurai.calls
    assert_type(call.messages, tuple[Message, ...])
    assert_type(call.messages[0].parts, tuple[Part, ...])
    assert_type(call.request, dict[str, Any])
    assert_type(call.text, str | None)
    assert_type(call.model, str | None)
    assert_type(call.cost, Decimal | None)
    assert_type(call.usage, Usage | None)


async def test_async(samurai_async_client: httpx.AsyncClient) -> None:
    with pytest.raises(RequestNotRecorded):
        await samurai_async_client.post("/chat/completions", json={})


@use_cassette("capital.yaml", mode="none")
def ask(question: str, *, times: int = 1) -> list[str]:
    return [question] * times


@use_cassette(Path("capital.yaml"))
async def ask_later(question: str) -> str:
    return question


async def both() -> Decimal:
    assert_type(ask("What?", times=2), list[str])
    assert_type(await ask_later("What?"), str)
    async with use_cassette("async.yaml") as recorder:
        assert_type(recorder, Recorder)
    with use_cassette("sync.yaml", max_requests=2) as recorder:
        return recorder.cost


def test_errors() -> None:
    mistakes: tuple[type[Exception], ...] = (SamuraiError, UnknownUsage, SamuraiFailure, BudgetExceeded)
    with pytest.raises(mistakes):
        asyncio.run(both())
    assert Budget(max_total_tokens=1, max_cost=Decimal("0.1")).limits()
