"""The APIs that calls went to, by the names of their dialects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_CHAT: Final = ("chat",)
_NAME = re.compile(r"[a-z]{1,40}")


def apis_of(endpoints: Iterable[str | None]) -> tuple[str, ...]:
    """The names, each once, in order; calls to an unknown API have none."""
    return tuple(sorted({name for name in endpoints if name is not None}))


def beside_chat(apis: tuple[str, ...]) -> tuple[str, ...]:
    """The same; none if everything is chat, which needn't be mentioned."""
    return () if apis == _CHAT else apis


def in_brackets(apis: tuple[str, ...]) -> str:
    """The text after the name of a model: ` (embeddings, messages)`; empty if everything is chat."""
    named = beside_chat(apis)
    return f" ({', '.join(named)})" if named else ""


def read_apis(written: Any) -> tuple[str, ...]:
    """The names in a report or a lock. Raises ValueError for anything else."""
    names = written if isinstance(written, list) else [None]
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise ValueError("`endpoints` are not names of APIs")
    return tuple(names)
