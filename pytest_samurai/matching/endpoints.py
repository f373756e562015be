"""The endpoints: the URLs to record."""

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
    """The URL patterns of the requests that are recorded, as fnmatch patterns on scheme://host/path.

    If no pattern matches a URL as written, its usual spelling is tried, whatever the case of its letters, because a
    server treats both the same. The word `known` stands for the endpoints of all dialects.
    """

    patterns: tuple[str, ...]

    @cached_property
    def _patterns(self) -> list[_Tail | _Wildcards]:
        return [pattern for text in self.patterns for pattern in (_KNOWN if text == KNOWN else [_pattern(text)])]

    @cached_property
    def _as_written(self) -> list[_Tail | _Wildcards]:
        # The end of `/chat//completions` belongs to another API, so only the first of the known ones is tried.
        return [pattern for text in self.patterns for pattern in (_KNOWN[:1] if text == KNOWN else [_pattern(text)])]

    def is_ambiguous(self, endpoint: str) -> bool:
        """Whether an application may use an endpoint for something else: see `calls_model`.

        Not if the user has spelled the endpoint out.
        """
        return endpoint in AMBIGUOUS and f"*{endpoint}" not in self.patterns

    def match(self, url: str) -> str | None:
        """The endpoint of a URL: the tail that a pattern names. None if no pattern matches."""
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
    """A star and a text without wildcards, like most patterns.

    It needs no regular expression: making one would take longer than replaying a call.
    """

    def __init__(self, tail: str) -> None:
        self._tail = tail
        self._plain = (tail.rstrip("/") or tail).lower()

    def endpoint(self, written: str) -> str | None:
        return self._tail if written.endswith(self._tail) else None

    def endpoint_in_usual_spelling(self, plain: str) -> str | None:
        # All spellings of an endpoint are the same endpoint, spelled as in the pattern.
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
        pattern = self._pattern.rstrip("/")
        # `**/` would end up matching everything.
        return re.compile(_with_tail(pattern if pattern.strip("*") else self._pattern), re.IGNORECASE)

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
