"""Halves of secrets in a text that was cut short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_samurai.redaction.edits import REDACTED, Edit
from pytest_samurai.redaction.plain import is_plain
from pytest_samurai.redaction.shapes import STARTS
from pytest_samurai.redaction.spellings import as_bytes

# Fewer letters may be the beginning of anything.
_SHORTEST_HALF = 4
_SHORTEST_END = 8
_CUT = re.compile(r"([\w.~+/=-]*?)(\.\.\.)([\w~+/=-]*)")
_SHORTEST_SHAPE = 6


def without_halves(text: str, secrets: Iterable[str]) -> str:
    """A text without the rest of a secret before or after three dots, which show where a value was cut short."""
    if "..." not in text:
        return text
    for secret in secrets:
        text = _without_halves_of(text, secret)
    return _CUT.sub(_without_shape, text)


def half_at_end(text: bytes, secrets: Iterable[str]) -> Iterator[Edit]:
    """The edit that cuts the beginning of a secret out of the end of a text that broke off."""
    for secret in secrets:
        whole = as_bytes(secret)[0]
        for length in range(len(whole) - 1, _SHORTEST_END - 1, -1):
            if text.endswith(whole[:length]) and not is_plain(whole[:length].decode("utf-8", "replace")):
                yield len(text) - length, len(text), REDACTED.encode()


def _without_halves_of(text: str, secret: str) -> str:
    lengths = range(len(secret), _SHORTEST_HALF - 1, -1)
    parts = text.split("...")
    for number in range(1, len(parts)):
        left, right = parts[number - 1 : number + 1]
        if head := next((length for length in lengths if left.endswith(secret[:length])), 0):
            parts[number - 1] = left[:-head] + REDACTED
        if tail := next((length for length in lengths if right.startswith(secret[-length:])), 0):
            parts[number] = REDACTED + right[tail:]
    return "...".join(parts)


def _without_shape(match: re.Match[str]) -> str:
    before, dots, after = match.groups()
    if len(before) < _SHORTEST_SHAPE or not any(start in before.encode() for start in STARTS):
        return match[0]
    return f"{REDACTED}{dots}{REDACTED if after else ''}"
