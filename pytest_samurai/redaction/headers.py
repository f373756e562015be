"""The headers that may be written down."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_samurai.errors import SettingsError
from pytest_samurai.redaction.names import is_secret_header
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
"""Headers that clients act on (the OpenAI SDK reads the `retry` ones), or that say which model served and how fast."""


_CARRIAGE = frozenset({"content-encoding", "transfer-encoding", "connection", "trailer", "upgrade"})
"""Headers about how a body was transferred: recorded bodies are whole and decoded."""

# Source of the alphabet: RFC 9110, 5.6.2.
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


def never_kept(name: str) -> str | None:
    """Why a header, by its lower-case name, is never written down; None if it may be."""
    if is_secret_header(name):
        return "carries a credential, and none may be written to a cassette"
    return "says how a body was sent, which does not apply to a recorded body" if name in _CARRIAGE else None


def parse_header(entry: str) -> str:
    """The name of a header to keep, or the beginning of names and a star, in lower case.

    Raises SettingsError for a header that must not be kept, or if `entry` is not a name.
    """
    name = entry.lower()
    beginning = name.removesuffix("*")
    if not _NAME.fullmatch(name) or "*" in beginning or not beginning.strip("-_."):
        raise SettingsError(f"{entry!r} is neither the name of a header nor the beginning of one, as in x-name-*")
    if why := never_kept(beginning):
        raise SettingsError(f"{entry!r} {why}; leave it out")
    return name


class AllowList:
    """The names of headers to keep, in lower case; a star at the end stands for any ending.

    The star never matches the name of a credential, or of a header about how a body was transferred.
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self._names = frozenset(names)
        self._beginnings = tuple(name.removesuffix("*") for name in names if name.endswith("*"))

    def allowed(self, headers: Headers, more: str = "") -> Headers:
        """The headers that are allowed, in their order; `more` is allowed as well."""
        return tuple([header for header in headers if self.allows(header[0]) or header[0] == more])

    def allows(self, name: str) -> bool:
        """Whether a header is allowed."""
        if name in self._names:
            return True
        return name.startswith(self._beginnings) and never_kept(name) is None


def kept_of_replies(more: Iterable[str] = ()) -> AllowList:
    """The reply headers that are written down; `more` are those added by a setting, from `parse_header`."""
    return AllowList((*RESPONSE_HEADERS, *more))
