"""Where the calls go, from the environment, and what they ask for."""

from __future__ import annotations

import os

MODEL = "gpt-4o-mini"
CLAUDE = "claude-sonnet-4-5"
GEMINI = "gemini-2.5-flash"


def gateway() -> str:
    """The gateway's URL, without a path."""
    return os.environ["CLIENTS_GATEWAY"]


def v1() -> str:
    """The base URL of an OpenAI-compatible API."""
    return f"{gateway()}/v1"
