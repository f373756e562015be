"""The spellings of a known secret in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_samurai.redaction.plain import NUMBER
from pytest_samurai.redaction.reading import undone

# The letters that never need an escape. RFC 3986 calls them unreserved.
_LETTERS = re.compile(rb"[A-Za-z0-9._~-]+")
_SHORTEST_PIECE = 3
_SHORTEST_READ = 6


def as_bytes(text: str) -> tuple[bytes, str]:
    """A text in UTF-8, with the error handler that turns it back.

    The environment may have bytes that aren't UTF-8, and JSON may have halves of characters, as in `"\\ud800"`.
    """
    try:
        return text.encode("utf-8", "surrogateescape"), "surrogateescape"
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass"), "surrogatepass"


def spelled(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    """Patterns of secrets, as they are and with their own escapes undone, in a text whose escapes are undone."""
    for value in dict.fromkeys(value for secret in sorted(secrets) for value in _values(secret)):
        # A form has a plus for a blank.
        yield re.compile(re.escape(value).replace(rb"\ ", rb"[ +]"))


def known_patterns(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    """A pattern for each spelling of the secrets. A number is found only alone, not within a longer one."""
    secrets = frozenset(secrets)
    numbers = {secret for secret in secrets if NUMBER.fullmatch(secret)}
    yield from spelled(secrets - numbers)
    for number in sorted(numbers):
        yield re.compile(rb"(?<![\w.])%b(?!\w|\.\d)" % number.encode())


def pieces(secret: str) -> Iterator[re.Pattern[bytes]]:
    """Patterns; one of them matches in every text that spells a secret with most of its letters unescaped.

    Each has only letters that need no escape. A secret broken into four still contains one of them whole.
    """
    for value in _values(secret):
        number = 4 if len(value) >= 16 else 2
        size = -(-len(value) // number)
        runs = [_longest(value[begin : begin + size]) for begin in range(0, len(value), size)]
        long = [run for run in runs if len(run) >= _SHORTEST_PIECE] or [_longest(value)]
        for run in dict.fromkeys(long):
            yield re.compile(re.escape(run))


def _values(secret: str) -> list[bytes]:
    """A secret as it is, and with its escapes undone."""
    raw, _ = as_bytes(secret)
    read = undone(raw)
    # Little may be left of a text that is nothing but escapes.
    return [raw] if read == raw or len(read) < _SHORTEST_READ else [raw, read]


def _longest(raw: bytes) -> bytes:
    return max(_LETTERS.findall(raw), key=len, default=b"")
