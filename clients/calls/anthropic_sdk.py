"""The Anthropic SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic

from clients.calls.place import CLAUDE, gateway


def _asked(text: str) -> Any:
    return {"model": CLAUDE, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}


def messages(text: str) -> Any:
    with anthropic.Anthropic(base_url=gateway()) as client:
        return client.messages.create(**_asked(text)).model_dump(mode="json")


def messages_async(text: str) -> Any:
    async def ask() -> Any:
        async with anthropic.AsyncAnthropic(base_url=gateway()) as client:
            return await client.messages.create(**_asked(text))

    return asyncio.run(ask()).model_dump(mode="json")


def stream(text: str) -> Any:
    with anthropic.Anthropic(base_url=gateway()) as client, client.messages.stream(**_asked(text)) as events:
        return [
            *(event.model_dump(mode="json") for event in events),
            events.get_final_message().model_dump(mode="json"),
        ]


def stream_async(text: str) -> Any:
    async def ask() -> Any:
        async with (
            anthropic.AsyncAnthropic(base_url=gateway()) as client,
            client.messages.stream(**_asked(text)) as all_,
        ):
            return [event.model_dump(mode="json") async for event in all_]

    return asyncio.run(ask())
