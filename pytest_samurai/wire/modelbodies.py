"""Which bodies ask a model, whatever path they are sent to."""

from __future__ import annotations

from typing import Final

from pytest_samurai.files import json

_PROMPTS: Final = ("messages", "input", "prompt", "contents")
"""The keys of the prompt in model APIs: chat and messages, responses and embeddings, completions, Gemini."""


def asks_model(body: bytes) -> bool:
    """Whether a body asks a model: it names a model and has a prompt too. A batch may hold several of these."""
    # Most bodies are ruled out without parsing.
    if b'"model"' not in body or not any(f'"{name}"'.encode() in body for name in _PROMPTS):
        return False
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return any(_asks_model(part) for part in (said if isinstance(said, list) else [said]))


def _asks_model(said: object) -> bool:
    return isinstance(said, dict) and isinstance(said.get("model"), str) and any(said.get(name) for name in _PROMPTS)
