"""JSON as the server writes it."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def compact(value: Any) -> str:
    """A value on one line, with all characters unescaped."""
    return json.dumps(value, ensure_ascii=False)


def encoded(value: Json) -> bytes:
    """An object as the bytes of a body."""
    # A prompt may contain half of a surrogate pair, which UTF-8 cannot encode. Python's escape for it is valid JSON.
    return compact(value).encode("utf-8", "backslashreplace")
