"""What takes secrets out of requests, replies and texts before they are written down or shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_samurai.redaction.edits import REDACTED, Edit, edited, spliced, united
from pytest_samurai.redaction.glance import spoken
from pytest_samurai.redaction.headers import REQUEST_HEADERS, RESPONSE_HEADERS, AllowList
from pytest_samurai.redaction.parts import Parts, has_tokens
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.search import Search, Secret
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.redaction.urls import without_credentials
from pytest_samurai.wire import UNKNOWN, Channel, Chunk, Dialect, Headers, Reply, Request

_KEPT_OF_REQUESTS = AllowList(REQUEST_HEADERS)
_KEPT_OF_REPLIES = AllowList(RESPONSE_HEADERS)
_BLOCK = 1 << 16


class Redactor:
    """Replaces secrets by `REDACTED`: those that are given, in any spelling, and what has the shape of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._search = Search(dict.fromkeys(secrets, "a secret"))
        # Of what comes again and again. A search takes longer than all else that is done with a small request.
        self._names: dict[str, str] = {}
        self._urls: dict[str, str] = {}

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        return Request(
            request.method,
            self._url(request.url),
            self._headers(request.headers, _KEPT_OF_REQUESTS),
            self._body(without_base64(request.body)),
        )

    def reply(self, reply: Reply, dialect: Dialect = UNKNOWN) -> Reply:
        """The reply as it may be written down. Its chunks shrink by what is cut out of them."""
        reply = replace(
            reply,
            reason=self.text(reply.reason),
            headers=self._headers(reply.headers, _KEPT_OF_REPLIES),
            hidden_usage=reply.hidden_usage and json.loads(self.text(json.dumps(reply.hidden_usage))),
        )
        respelled = Talk(reply.body, dialect).edits(self._edits) if self._may_be_said(reply.body, dialect) else []
        if not respelled and self._search.is_clean(reply.body) and not has_tokens(reply.body):
            return reply
        pieces = spliced([*reply.cut()], respelled)
        pieces = spliced(pieces, self._body_edits(b"".join(pieces)))
        if reply.chunks is None:
            return replace(reply, body=b"".join(pieces))
        chunks = tuple(Chunk(len(data), chunk.at) for data, chunk in zip(pieces, reply.chunks, strict=False))
        return replace(reply, body=b"".join(pieces), chunks=chunks)

    def url(self, url: str) -> str:
        """A URL as it may be written down and shown."""
        return self.text(without_credentials(url))

    def text(self, text: str) -> str:
        """A text without secrets."""
        body = text.encode("utf-8", "surrogateescape")
        edits = self._edits(body)
        return edited(body, edits).decode("utf-8", "surrogateescape") if edits else text

    def name(self, name: str) -> str:
        """A name without secrets. It is searched once, since the same few models are named again and again."""
        if name not in self._names:
            self._names[name] = self.text(name)
        return self._names[name]

    def _body(self, body: bytes) -> bytes:
        edits = self._body_edits(body)
        return edited(body, edits) if edits else body

    def _url(self, url: str) -> str:
        if url not in self._urls:
            self._urls[url] = self.url(url)
        return self._urls[url]

    def _headers(self, headers: Headers, kept: AllowList) -> Headers:
        allowed = kept.allowed(headers)
        # One search in all of them, since there is hardly ever anything to find.
        values = "\n".join(value for _, value in allowed)
        if (self.name if kept is _KEPT_OF_REQUESTS else self.text)(values) == values and not any(name == "location" for name, _ in allowed):
            return allowed
        return tuple((name, self.url(value) if name == "location" else self.text(value)) for name, value in allowed)

    def _edits(self, text: bytes) -> list[Edit]:
        """What has to be cut out of a text, from left to right; what overlaps is cut as one."""
        return [] if self._search.is_clean(text) else _cuts(self._search.secrets(text))

    def _body_edits(self, body: bytes) -> list[Edit]:
        """What has to be cut out of a body, also where it is in several parts of it."""
        if self._search.is_clean(body) and not has_tokens(body):
            return []
        edits = self._edits(body)
        if body.lstrip()[:1] in (b"{", b"["):
            edits += Parts(body).edits(self._in_parts, self._in_tokens)
        return united(edits)

    def _in_parts(self, text: bytes, joints: Sequence[int]) -> list[Edit]:
        return _cuts(self._search.in_parts(text, joints))

    def _in_tokens(self, text: bytes, _: Sequence[int]) -> list[Edit]:
        return self._edits(text)

    def _may_be_said(self, body: bytes, dialect: Dialect) -> bool:
        """Whether what is said in a stream may hold a secret. Hardly any does, so that few streams are parsed.

        Each channel is searched a block at a time, together with so much of the block before that no secret is cut in
        two. Of secrets that may be longer than that, the beginning tells.
        """
        said: dict[Channel, list[bytes]] = {}
        lengths: dict[Channel, int] = {}
        clean = b""
        for channel, text in spoken(body, dialect):
            said.setdefault(channel, []).append(text)
            lengths[channel] = lengths.get(channel, 0) + len(text)
            if lengths[channel] > _BLOCK:
                block = b"".join(said[channel])
                # The channels that a text may continue hold the same, as long as no other text takes turns with it.
                if block != clean and self._search.has_any(block):
                    return True
                clean = block
                said[channel] = [block[-self._search.longest :]]
                lengths[channel] = self._search.longest
        # There may be thousands of channels, so what is left of all is one search. No secret holds what stands between.
        rest = dict.fromkeys(b"".join(texts) for texts in said.values())
        return bool(rest) and self._search.has_any(b"\0\0".join(rest))


def _cuts(secrets: Iterable[Secret]) -> list[Edit]:
    return united((secret.begin, secret.end, REDACTED.encode()) for secret in secrets)


def shown_url(url: str, secrets: Iterable[str]) -> str:
    """A URL as it may stand in a report: without the keys that it may hold."""
    return Redactor(secrets).url(url)


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text))
