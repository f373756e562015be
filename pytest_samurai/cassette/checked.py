"""Checks that a value read by YAML is what it should be."""

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
    """A text without secrets: another tool may have written one to the file."""
    return Redactor(environment_secrets(os.environ)).text(text)


def shortened(value: object) -> str:
    """A value, shortened for an error message."""
    # Redact first: half a secret wouldn't be recognized.
    text = redacted(repr(value))
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."


_MOST_QUOTED = 60


def get(data: Mapping[str, Any], name: str, kind: str, default: Any = None) -> Any:
    """The value under a name, if it is of this kind. If it is missing or null, the default, if there is one.

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
    """Like `get`, but None for a missing value or null."""
    return None if data.get(name) is None else get(data, name, kind)
