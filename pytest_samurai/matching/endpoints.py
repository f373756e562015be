"""The endpoints: URLs whose requests are recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import Final

from pytest_samurai.wire import AMBIGUOUS, PATTERNS, plain_url

KNOWN: Final = "known"
"""The word for the endpoints of all dialects."""


@dataclass(frozen=True)
class Endpoints:
    """URL patterns of the requests that are recorded, as of fnmatch, on scheme://host/path.

    A URL that matches no pattern as it is written may match in its usual spelling, whatever the case of its letters: a
    server takes it for the same. The word `known` stands for the endpoints of all dialects.
    """

    patterns: tuple[str, ...]

    @cached_property
    def _patterns(self) -> list[_Tail | _Wildcards]:
        return [pattern for text in self.patterns for pattern in (_KNOWN if text == KNOWN else [_pattern(text)])]

    @cached_property
    def _as_written(self) -> list[_Tail | _Wildcards]:
        # The end of `/chat//completions` is that of another API, so of the known ones only the first is asked.
        return [pattern for text in self.patterns for pattern in (_KNOWN[:1] if text == KNOWN else [_pattern(text)])]

    def is_ambiguous(self, endpoint: str) -> bool:
        """Whether an application may have an endpoint for something else: see `calls_model`.

        One that a user has spelled out is not.
        """
        return endpoint in AMBIGUOUS and f"*{endpoint}" not in self.patterns

    def match(self, url: str) -> str | None:
        """The endpoint of a URL: the tail of it that a pattern names. None if no pattern matches."""
        written = url.partition("?")[0].partition("#")[0]
        for pattern in self._as_written:
            if (endpoint := pattern.endpoint(written)) is not None:
                return endpoint
        plain = plain_url(url)
        for pattern in self._patterns:
            if (endpoint := pattern.endpoint_in_usual_spelling(plain)) is not None:
                return endpoint
        return None


_TAIL = re.compile(r"\*[^*?\[]+")


class _Tail:
    """A star and a text without wildcards, as most patterns are.

    It needs no regular expression: to make that would take longer than to replay a call.
    """

    def __init__(self, tail: str) -> None:
        self._tail = tail
        self._plain = (tail.rstrip("/") or tail).lower()

    def endpoint(self, written: str) -> str | None:
        return self._tail if written.endswith(self._tail) else None

    def endpoint_in_usual_spelling(self, plain: str) -> str | None:
        # All spellings of an endpoint are one, and that is spelled as the pattern is.
        return self._tail if plain.lower().endswith(self._plain) else None


class _Wildcards:
    """Any other pattern. What follows a leading star is the tail of the path, whatever the base URL."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(_with_tail(self._pattern))

    @cached_property
    def _plain_regex(self) -> re.Pattern[str]:
        # `*/` would come to match everything.
        pattern = self._pattern if len(self._pattern) < 3 else self._pattern.rstrip("/")
        return re.compile(_with_tail(pattern), re.IGNORECASE)

    def endpoint(self, written: str) -> str | None:
        match = self._regex.fullmatch(written)
        return None if match is None else match[1]

    def endpoint_in_usual_spelling(self, plain: str) -> str | None:
        match = self._plain_regex.fullmatch(plain)
        return None if match is None else match[1]


def _pattern(text: str) -> _Tail | _Wildcards:
    return _Tail(text[1:]) if _TAIL.fullmatch(text) else _Wildcards(text)


def _with_tail(pattern: str) -> str:
    return f"(?:.*)({translate(pattern[1:])})" if pattern.startswith("*") else f"({translate(pattern)})"


_KNOWN: Final = tuple(map(_pattern, PATTERNS))
