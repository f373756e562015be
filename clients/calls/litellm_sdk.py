"""LiteLLM."""

from __future__ import annotations

import asyncio
from typing import Any

import litellm

from clients.calls.place import CLAUDE, MODEL, gateway, v1


def _asked(text: str) -> Any:
    return {"model": MODEL, "api_base": v1(), "messages": [{"role": "user", "content": text}]}


def chat(text: str) -> Any:
    return litellm.completion(**_asked(text)).choices[0].message.content


def chat_async(text: str) -> Any:
    return asyncio.run(litellm.acompletion(**_asked(text))).choices[0].message.content


def stream(text: str) -> Any:
    return [chunk.choices[0].delta.content for chunk in litellm.completion(**_asked(text), stream=True)]


def anthropic(text: str) -> Any:
    asked = {**_asked(text), "model": f"anthropic/{CLAUDE}", "api_base": gateway()}
    return litellm.completion(**asked).choices[0].message.content


def anthropic_async(text: str) -> Any:
    asked = {**_asked(text), "model": f"anthropic/{CLAUDE}", "api_base": gateway()}
    return asyncio.run(litellm.acompletion(**asked)).choices[0].message.content
