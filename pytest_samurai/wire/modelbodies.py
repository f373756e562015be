"""The bodies that ask a model, whatever the path that they are sent to."""

from __future__ import annotations

from typing import Final

from pytest_samurai.files import json

_PROMPTS: Final = ("messages", "input", "prompt", "contents")
"""Where the APIs of models have the prompt: chat and messages, responses and embeddings, completions, Gemini."""


def asks_model(body: bytes) -> bool:
    """Whether a body asks a model: it names one, and has a prompt beside that. A batch may hold several of these."""
    # Nearly all bodies need not be parsed to tell.
    if b'"model"' not in body or not any(f'"{name}"'.encode() in body for name in _PROMPTS):
        return False
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return any(_asks_model(part) for part in (said if isinstance(said, list) else [said]))


def _asks_model(said: object) -> bool:
    return isinstance(said, dict) and isinstance(said.get("model"), str) and any(said.get(name) for name in _PROMPTS)
