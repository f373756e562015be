"""pydantic-ai."""

from __future__ import annotations

import os
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from clients.calls.place import CLAUDE, MODEL, gateway


def default(text: str) -> Any:
    """As in the first example of its documentation, which uses the Responses API."""
    return Agent(f"openai:{MODEL}", instructions="Be concise.").run_sync(text).output


def chat(text: str) -> Any:
    return Agent(f"openai-chat:{MODEL}", instructions="Be concise.").run_sync(text).output


def stream(text: str) -> Any:
    return list(Agent(f"openai-chat:{MODEL}").run_stream_sync(text).stream_text(delta=True, debounce_by=None))


def anthropic(text: str) -> Any:
    provider = AnthropicProvider(api_key=os.environ["ANTHROPIC_API_KEY"], base_url=gateway())
    return Agent(AnthropicModel(CLAUDE, provider=provider)).run_sync(text).output
