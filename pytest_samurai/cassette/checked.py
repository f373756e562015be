"""A value that YAML has read, checked to be what it should be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pytest_samurai.redaction import Redactor, environment_secrets

_KINDS: Mapping[str, Any] = {
    "text": str,
    "text or !!binary": (str, bytes),
    "a number": (int, float),
    "a whole number": int,
    "a mapping": dict,
}


def redacted(text: str) -> str:
    """What may be said of a file that another tool may have written a secret to."""
    return Redactor(environment_secrets(os.environ)).text(text)


def shortened(value: object) -> str:
    """A value as an error may quote it."""
    # In this order: half of a secret has no shape any more.
    text = redacted(repr(value))
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."


_MOST_QUOTED = 60


def get(data: Mapping[str, Any], name: str, kind: str, default: Any = None) -> Any:
    """What stands under a name, checked to be of a kind; the default, if there is one, for nothing or null.

    Raises ValueError with the name, what is there and what should be.
    """
    value = data.get(name)
    if value is None:
        value = default
    if value is None:
        raise ValueError(f"`{name}` is missing")
    if isinstance(value, bool) or not isinstance(value, _KINDS[kind]):
        raise ValueError(f"`{name}` is {shortened(value)}, not {kind}")
    return value


def get_any(data: Mapping[str, Any], name: str, kind: str) -> Any:
    """As `get`, but None for nothing or null."""
    return None if data.get(name) is None else get(data, name, kind)
