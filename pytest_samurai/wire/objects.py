"""JSON objects, read with care."""

from __future__ import annotations

from typing import Any

from pytest_samurai.errors import SamuraiError
from pytest_samurai.files import json


def parse_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object in `body`, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def as_text(value: object) -> str | None:
    """The text; None for anything else."""
    return value if isinstance(value, str) else None


def as_object(value: object) -> dict[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def no_object(body: bytes, what: str) -> SamuraiError:
    """The error for a body without a JSON object; `what` says which body it is."""
    return SamuraiError(f"the {what} is not a JSON object: {body[:80]!r}")
