"""The options of the clients that tests get from a fixture."""

from __future__ import annotations

import os
from typing import Any

_BASE_URL = "https://www.samuraiapi.in/v1"


def client_options() -> dict[str, Any]:
    """Base URL and key, from the environment."""
    key = os.environ.get("SAMURAI_API_KEY")
    return {
        "base_url": os.environ.get("SAMURAI_BASE_URL") or _BASE_URL,
        "headers": {"Authorization": f"Bearer {key}"} if key else {},
        # In seconds. httpx would give up after 5, and models often take longer to start answering.
        "timeout": 60.0,
    }
