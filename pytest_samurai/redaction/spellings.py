"""A value that is known to be secret, in the text that holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_samurai.redaction.reading import undone

# Those that need no escape anywhere. RFC 3986 calls them unreserved.
_LETTERS = re.compile(rb"[A-Za-z0-9._~-]+")
_SHORTEST_PIECE = 3
_SHORTEST_READ = 6


def spelled(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    """Patterns of secrets, as they are and with their own escapes undone, as they are in a text that was read."""
    raw = sorted(secret.encode("utf-8", "surrogateescape") for secret in secrets)
    # Of a text of nothing but escapes, little may be left.
    read = [value for value in map(undone, raw) if len(value) >= _SHORTEST_READ]
    for value in dict.fromkeys([*raw, *read]):
        # A form has a plus for a blank.
        yield re.compile(re.escape(value).replace(rb"\ ", rb"[ +]"))


def pieces(secret: str) -> Iterator[re.Pattern[bytes]]:
    """Patterns of which one matches in every text that spells a secret with most of its letters as they are.

    So each has only letters that need no escape. A secret that is broken in four has one of them whole.
    """
    raw = secret.encode("utf-8", "surrogateescape")
    number = 4 if len(raw) >= 16 else 2
    size = -(-len(raw) // number)
    runs = [_longest(raw[begin : begin + size]) for begin in range(0, len(raw), size)]
    long = [run for run in runs if len(run) >= _SHORTEST_PIECE] or [_longest(raw)]
    for run in dict.fromkeys(long):
        yield re.compile(re.escape(run))


def _longest(raw: bytes) -> bytes:
    return max(_LETTERS.findall(raw), key=len, default=b"")
