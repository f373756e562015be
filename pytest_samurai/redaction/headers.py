"""The headers that may be written down."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import cache, lru_cache

from pytest_samurai.wire import Headers

REQUEST_HEADERS = ("content-type", "accept")
RESPONSE_HEADERS = (
    "content-type",
    "location",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "www-authenticate",
    "x-ratelimit-*",
    "x-request-id",
    "x-should-retry",
)
"""What clients act upon (the OpenAI SDK reads the `retry` ones), and what says which model served and how fast."""


def allowed(headers: Headers, patterns: tuple[str, ...]) -> Headers:
    """The headers whose name matches one of the patterns."""
    return tuple(header for header in headers if _is_allowed(header[0], patterns))


@lru_cache(maxsize=1024)
def _is_allowed(name: str, patterns: tuple[str, ...]) -> bool:
    return _names(patterns).match(name) is not None


@cache
def _names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))
