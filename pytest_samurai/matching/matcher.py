"""The matcher. It gives equal keys to requests that count as the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from pytest_samurai.matching.bodies import Json, canonical, marked, parse_body
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.normalize import Substitution, substitute
from pytest_samurai.matching.paths import Path_, without
from pytest_samurai.wire import USUAL_PORTS, Request

OF_BODIES = frozenset({"chat", "body", "raw_body"})
"""The components that look at the body."""


@dataclass(frozen=True)
class Matcher:
    """What counts in a request, and how it is compared.

    `match_on` names what counts: see `COMPONENTS`. `ignore` are paths of the body that don't count. `normalize`
    replaces what varies in the texts of the body.
    """

    match_on: tuple[str, ...]
    endpoints: Endpoints
    ignore: tuple[Path_, ...] = ()
    normalize: tuple[Substitution, ...] = ()

    @property
    def is_of_bytes(self) -> bool:
        """Whether requests with the same method, URL and body have the same key."""
        return "headers" not in self.match_on

    @property
    def is_of_values(self) -> bool:
        """Whether requests with equal JSON have the same key, other things being equal."""
        return "raw_body" not in self.match_on

    @property
    def compares_bodies(self) -> bool:
        """Whether the contents of a body count."""
        return not OF_BODIES.isdisjoint(self.match_on)

    def key(self, request: Request) -> bytes:
        """The key of a request: 32 bytes."""
        digest = sha256()
        for name in self.match_on:
            part = COMPONENTS[name](self, request)
            digest.update(b"%d:" % len(part) + part)
        return digest.digest()

    def surely_equal(self, left: Request, right: Request) -> bool:
        """Whether two requests have the same key, found without making the keys.

        True is certain. Bodies are compared as values: spelling and the order of keys don't count.
        """
        return all(
            self._have_same_value(left.body, right.body)
            if name in ("chat", "body")
            else COMPONENTS[name](self, left) == COMPONENTS[name](self, right)
            for name in self.match_on
        )

    def _have_same_value(self, left: bytes, right: bytes) -> bool:
        try:
            return bool(self._compared(marked(left)) == self._compared(marked(right)))
        except (ValueError, RecursionError):
            return left == right

    def value(self, request: Request) -> Json:
        """The body to compare: ignored parts are gone, and varying parts are normalized."""
        return self._compared(parse_body(request.body))

    def _compared(self, value: Json) -> Json:
        for path in self.ignore:
            value = without(value, path)
        return substitute(value, self.normalize) if self.normalize else value


def _query(_: Matcher, request: Request) -> bytes:
    return repr(sorted(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))).encode()


def _port(_: Matcher, request: Request) -> bytes:
    url = urlsplit(request.url)
    return str(url.port or USUAL_PORTS.get(url.scheme)).encode()


def _part(name: str) -> Callable[[Matcher, Request], bytes]:
    return lambda _, request: str(getattr(urlsplit(request.url), name)).encode()


def _body(matcher: Matcher, request: Request) -> bytes:
    # A form is a different request from JSON with the same keys. No JSON begins like a form.
    return (b"form:" if request.body.startswith(b"--") else b"") + canonical(matcher.value(request))


_BOUNDARY = re.compile(r"(?i)(multipart/[^;]*;.*?\bboundary=)[^;]*")


def _headers(_: Matcher, request: Request) -> bytes:
    # A form gets a new boundary each time.
    return repr(sorted((name, _BOUNDARY.sub(r"\1", value)) for name, value in request.headers)).encode()


COMPONENTS: Mapping[str, Callable[[Matcher, Request], bytes]] = {
    "method": lambda _, request: request.method.upper().encode(),
    "endpoint": lambda matcher, request: (matcher.endpoints.match(request.url) or request.url).encode(),
    "chat": _body,
    "uri": lambda _, request: request.url.encode(),
    "scheme": _part("scheme"),
    "host": _part("hostname"),
    "port": _port,
    "path": _part("path"),
    "query": _query,
    "headers": _headers,
    "body": _body,
    "raw_body": lambda _, request: request.body,
}
"""What can be compared. From `uri` on, names and meanings are vcrpy's; only stored headers count."""
