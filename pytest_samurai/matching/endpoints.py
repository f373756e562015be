"""The endpoints: URLs whose requests are recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property


@dataclass(frozen=True)
class Endpoints:
    """URL patterns of the requests that are recorded, as of fnmatch, on scheme://host/path."""

    patterns: tuple[str, ...]

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        # A leading star is greedy: what follows it is the tail of the path, whatever the base URL.
        return re.compile(
            "|".join(
                f"(?:.*)({translate(pattern[1:])})" if pattern.startswith("*") else f"({translate(pattern)})"
                for pattern in self.patterns
            )
        )

    def match(self, url: str) -> str | None:
        """The endpoint of a URL: the tail of it that a pattern names. None if no pattern matches."""
        match = self._regex.fullmatch(_without_query(url))
        return next(part for part in match.groups() if part is not None) if match else None


def _without_query(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]
