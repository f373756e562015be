"""Recorded calls, and a git repository with them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction

SYSTEM = {"role": "system", "content": "You are a guide to the cities of the world."}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


def user(content: str) -> dict[str, Any]:
    return {"role": "user", "content": content}


def item(
    tokens: tuple[int, int] | None,
    *messages: dict[str, Any],
    model: str = "m",
    status: int = 200,
    body: bytes | None = None,
    details: dict[str, Any] | None = None,
    served: str | None = None,
    **more: Any,
) -> Interaction:
    asked = json.dumps({"model": model, "messages": list(messages), **more}).encode() if body is None else body
    reply: dict[str, Any] = {"model": served or model}
    if tokens is not None:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
        reply["usage"] = usage | {"completion_tokens_details": details or {}}
    request = Request("POST", "https://h/v1/chat/completions", (), asked)
    return Interaction(request, Reply(status, "", (), json.dumps(reply).encode()))


def git(directory: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=directory, check=True)


def answered(interaction: Interaction, *texts: str, number: int = 1, ended: str = "stop", **more: Any) -> Interaction:
    """The interaction with a choice for each text. `number` goes into made-up values, `more` into the messages."""
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text, **more}, "finish_reason": ended}
        for index, text in enumerate(texts)
    ]
    reply = json.loads(interaction.reply.body)
    reply |= {"id": f"chatcmpl-{number}", "created": number, "choices": choices}
    body = json.dumps(reply, sort_keys=number % 2 == 0).encode()
    return replace(
        interaction,
        reply=replace(interaction.reply, body=body, duration=float(number)),
        recorded_at=f"2026-01-0{number}T00:00:00Z",
    )
