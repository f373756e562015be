"""What the clients of a test are made with."""

from __future__ import annotations

import os
from typing import Any

_BASE_URL = "https://www.samuraiapi.in/v1"


def client_options() -> dict[str, Any]:
    """Where the API is, by the environment; the key that it asks for."""
    key = os.environ.get("SAMURAI_API_KEY")
    return {
        "base_url": os.environ.get("SAMURAI_BASE_URL") or _BASE_URL,
        "headers": {"Authorization": f"Bearer {key}"} if key else {},
        # httpx gives up after 5 seconds, models often do not begin before that.
        "timeout": 60.0,
    }
