"""A short value on its line: written, and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_samurai.text import scalar


def flow(value: Any) -> str:
    """A JSON value on one line. Not as JSON would spell it: YAML 1.1 takes `1e-07` for text."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            return scalar(value)
        case None:
            return "null"
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value)) if isinstance(value, float) else str(value).lower()


# A number, or a word that is plain in YAML; JSON knows what stands in quotes.
_FLOW = re.compile(r'("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*)|([^\s"\[\]{},:](?:[^"\[\]{},:]|:(?! ))*)')


def read_value(text: str) -> Any:
    """A value that stands on its line: a mapping, a list, or a word."""
    return json.loads(_FLOW.sub(_as_json, text))


def _as_json(found: re.Match[str]) -> str:
    word = found[2]
    return found[0] if word is None or word in ("true", "false", "null") else json.dumps(word)


def unquoted(text: str) -> str:
    """What a scalar of ours says."""
    if not text.startswith('"'):
        return text
    return str(json.loads(text)) if "\\" in text else text[1:-1]


def read_number(text: str) -> float:
    """What a number of ours says."""
    return int(text) if text.isdigit() else float(text)
