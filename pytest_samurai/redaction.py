"""What may be written down: headers by allow-list, secrets by value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import quote

from pytest_samurai.chat import Chunk, Headers, Reply, Request

REDACTED = "[REDACTED]"

REQUEST_HEADERS = ("content-type", "accept")
RESPONSE_HEADERS = (
    "content-type",
    "location",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "x-ratelimit-*",
    "x-request-id",
    "x-should-retry",
)
"""What clients act upon (the OpenAI SDK reads the `retry` ones), and what says which model served and how fast."""

_SECRET_NAME = re.compile(r"(_|^)(API_?KEY|TOKEN|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD)$", re.IGNORECASE)
_KEY_HEADERS = ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key")
# Shorter values are words such as "test" or "none", and would be cut out of prompts.
_SHORTEST_SECRET = 8


def allowed(headers: Headers, patterns: Iterable[str]) -> Headers:
    """The headers whose name matches one of the patterns."""
    return tuple((name, value) for name, value in headers if any(fnmatchcase(name, pattern) for pattern in patterns))


def environment_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """Values that the environment holds under a name like `*_API_KEY`, `*_TOKEN` or `*_SECRET`."""
    return frozenset(
        value for name, value in environ.items() if len(value) >= _SHORTEST_SECRET and _SECRET_NAME.search(name)
    )


def request_secrets(headers: Headers) -> frozenset[str]:
    """The key that this very request carries."""
    found = set()
    for name, value in headers:
        if name in _KEY_HEADERS:
            scheme, _, credentials = value.partition(" ")
            found.add(credentials.strip() or scheme)
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET)


class Redactor:
    """Replaces secrets by `REDACTED`, in text, bodies and URLs, however JSON or a URL spells them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))}
        # Longest first: one secret may be the beginning of another.
        forms = sorted((form.encode("utf-8", "surrogateescape") for form in spellings), key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, forms))) if forms else None

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        return Request(
            request.method,
            self.text(request.url),
            self._headers(request.headers, REQUEST_HEADERS),
            self._body(request.body),
        )

    def reply(self, reply: Reply) -> Reply:
        """The reply as it may be written down; chunks shrink with what is cut out of them."""
        return replace(
            reply,
            headers=self._headers(reply.headers, RESPONSE_HEADERS),
            body=self._body(reply.body),
            chunks=None if reply.chunks is None else tuple(self._chunks(reply.body, reply.chunks)),
        )

    def _body(self, body: bytes) -> bytes:
        return self._pattern.sub(REDACTED.encode(), body) if self._pattern else body

    def text(self, text: str) -> str:
        return self._body(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _headers(self, headers: Headers, patterns: Iterable[str]) -> Headers:
        return tuple((name, self.text(value)) for name, value in allowed(headers, patterns))

    def _chunks(self, body: bytes, chunks: Iterable[Chunk]) -> Iterable[Chunk]:
        """A secret that lies across chunks counts in the one where it begins."""
        spans = [match.span() for match in self._pattern.finditer(body)] if self._pattern else []
        end = written = 0
        for chunk in chunks:
            end += chunk.length
            begun = [(start, min(stop, end)) for start, stop in spans if start < end]
            upto = end + sum(len(REDACTED) - (stop - start) for start, stop in begun)
            yield Chunk(upto - written, chunk.at)
            written = upto
