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
    """A text without secrets: another tool may have written one to the file that it quotes."""
    return Redactor(environment_secrets(os.environ)).text(text)


def shortened(value: object) -> str:
    """A value as an error may quote it."""
    # In this order: half a secret is not known as one.
    text = redacted(repr(value))
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."


_MOST_QUOTED = 60


def get(data: Mapping[str, Any], name: str, kind: str, default: Any = None) -> Any:
    """The value under a name, checked to be of a kind; the default, if there is one, for no value or null.

    Raises ValueError, which says the name, what is there and what should be.
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
    """As `get`, but None for no value or null."""
    return None if data.get(name) is None else get(data, name, kind)
