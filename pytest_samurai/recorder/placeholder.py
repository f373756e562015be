"""The key that a replayed test gets where it has none."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pytest_samurai.text import visible
from pytest_samurai.wire import Headers, Request

_PLACEHOLDER_KEY = "sk-placeholder-of-a-replayed-test"
_KEY_NAMES = ("SAMURAI_API_KEY", "OPENAI_API_KEY")


def set_placeholders() -> list[str]:
    """Give a placeholder to each key that the environment lacks. Returns the names of these keys."""
    missing = [name for name in _KEY_NAMES if not os.environ.get(name)]
    for name in missing:
        os.environ[name] = _PLACEHOLDER_KEY
    return missing


def remove_placeholders(names: Iterable[str]) -> None:
    """Take the placeholders away again, unless the test has put something else in their place."""
    for name in names:
        if os.environ.get(name) == _PLACEHOLDER_KEY:
            del os.environ[name]


def has_placeholder(headers: Headers) -> bool:
    """Whether a request carries the key of a replay, which must not go out."""
    return any(_PLACEHOLDER_KEY in value for _, value in headers)


def placeholder_refusal(request: Request, test: str) -> str:
    """Why a request that carries a placeholder may not go live. `request` is the request as it may be shown."""
    return (
        f"{visible(request.method)} {visible(request.url)} has to go live to be recorded, and its key is the"
        f" placeholder that replayed tests get.\n  test      {test}\n"
        f"  Set {' or '.join(_KEY_NAMES)}, and make the client after that."
    )
