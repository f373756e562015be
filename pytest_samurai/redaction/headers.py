"""The headers that may be written down."""

from __future__ import annotations

from collections.abc import Iterable

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


class AllowList:
    """The names of headers that may pass, in lower case; a star at the end of one stands for any ending."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self._names = frozenset(names)
        self._beginnings = tuple(name.removesuffix("*") for name in names if name.endswith("*"))

    def allowed(self, headers: Headers) -> Headers:
        """Those of the headers that may pass, in their order."""
        return tuple([header for header in headers if self._allows(header[0])])

    def _allows(self, name: str) -> bool:
        return name in self._names or name.startswith(self._beginnings)
