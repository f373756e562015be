"""JSON as the server writes it."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def compact(value: Any) -> str:
    """A value on one line, with its characters as they are."""
    return json.dumps(value, ensure_ascii=False)


def encoded(value: Json) -> bytes:
    """An object as the bytes of a body."""
    # Half of a surrogate pair, which a prompt may hold, has no UTF-8. Python's escape for it is JSON's as well.
    return compact(value).encode("utf-8", "backslashreplace")
