"""The endpoints: URLs whose requests are recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

from pytest_samurai.wire import plain_url


@dataclass(frozen=True)
class Endpoints:
    """URL patterns of the requests that are recorded, as of fnmatch, on scheme://host/path.

    A URL that matches no pattern as it is written may match in its usual spelling, whatever the case of its letters: a
    server takes it for the same.
    """

    patterns: tuple[str, ...]

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_tail, self.patterns)))

    @cached_property
    def _regex_of_plain(self) -> re.Pattern[str]:
        return re.compile("|".join(_tail(_without_last_slash(pattern)) for pattern in self.patterns), re.IGNORECASE)

    def match(self, url: str) -> str | None:
        """The endpoint of a URL: the tail of it that a pattern names. None if no pattern matches."""
        match = self._regex.fullmatch(_without_query(url))
        if match is not None:
            return next(part for part in match.groups() if part is not None)
        match = self._regex_of_plain.fullmatch(plain_url(url))
        if match is None:
            return None
        index, tail = next((index, part) for index, part in enumerate(match.groups()) if part is not None)
        # All spellings of an endpoint are one, and that is spelled as the pattern is.
        pattern = self.patterns[index].removeprefix("*")
        return pattern if _without_last_slash(pattern).lower() == tail.lower() else tail


def _tail(pattern: str) -> str:
    # A leading star is greedy: what follows it is the tail of the path, whatever the base URL.
    return f"(?:.*)({translate(pattern[1:])})" if pattern.startswith("*") else f"({translate(pattern)})"


def _without_last_slash(pattern: str) -> str:
    # `*/` would come to match everything.
    return pattern.rstrip("/") if len(pattern) > 2 else pattern


def _without_query(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]
