"""Calls for conversations, as cassettes store them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pytest_samurai.bill import Call, PriceList
from pytest_samurai.bill.call import Meter
from pytest_samurai.wire import Chunk, Interaction, Reply, Request
from pytest_samurai.wire.price import Price

CHAT = "https://api.test/v1/chat/completions"
PRICE = Price(source="genai-prices 0.2.3", input_mtok=Decimal(1), output_mtok=Decimal(2))
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def interaction(
    *messages: dict[str, Any],
    answer: dict[str, Any] | None = None,
    usage: dict[str, Any] | None = USAGE,
    status: int = 200,
    chunks: tuple[Chunk, ...] | None = None,
    duration: float | None = 1.5,
    price: Price | None = PRICE,
    url: str = CHAT,
    **asked: Any,
) -> Interaction:
    said = answer or assistant("Paris.")
    reply = {"model": "gpt-4o-mini", "choices": [{"index": 0, "message": said}], "usage": usage}
    return Interaction(
        Request("POST", url, (), json.dumps({"model": "gpt-4o-mini", "messages": messages, **asked}).encode()),
        Reply(
            status,
            "OK",
            (("content-type", "application/json"),),
            json.dumps(reply).encode(),
            chunks=chunks,
            duration=duration,
        ),
        "2026-11-24T13:00:00Z",
        price=price,
    )


def call(recorded: Interaction, number: int = 1) -> Call:
    return Call(recorded, number=number, replayed=True, meter=Meter(PriceList(), lambda _, text: text))
