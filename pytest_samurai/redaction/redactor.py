"""What takes secrets out of requests, replies and texts before they are written down or shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_samurai.files import json
from pytest_samurai.redaction.edits import REDACTED, Edit, edited, spliced, united
from pytest_samurai.redaction.glance import spoken
from pytest_samurai.redaction.headers import REQUEST_HEADERS, AllowList, kept_of_replies
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.shapes import BEGINNINGS, IN_BLOCKS, LONGEST_SHAPE, SHAPES
from pytest_samurai.redaction.spellings import spelled
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.redaction.urls import without_credentials
from pytest_samurai.text import visible
from pytest_samurai.wire import UNKNOWN, Channel, Chunk, Dialect, Headers, Reply, Request, without_files

_KEPT_OF_REQUESTS = AllowList(REQUEST_HEADERS)
_KEPT_OF_REPLIES = kept_of_replies()
_BLOCK = 1 << 16


class Redactor:
    """Replaces secrets by `REDACTED`: those that are given, in any spelling, and what has the shape of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # A pattern for each: one of alternatives would not find a secret that begins inside of another.
        self._known = [*spelled(secrets)]
        self._patterns = [*SHAPES.values(), *self._known]
        self._traces = [*BEGINNINGS, *self._known]
        self._longest = max([LONGEST_SHAPE, *(len(pattern.pattern) for pattern in self._known)])
        self._names: dict[str, str] = {}

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        return Request(
            request.method,
            self.url(request.url),
            self._headers(request.headers, _KEPT_OF_REQUESTS),
            without_files(without_base64(self._body(request.body))),
        )

    def reply(self, reply: Reply, dialect: Dialect = UNKNOWN, kept: AllowList = _KEPT_OF_REPLIES) -> Reply:
        """The reply as it may be written down, with the headers that are `kept`.

        Its chunks shrink by what is cut out of them.
        """
        reply = replace(
            reply,
            reason=self.text(reply.reason),
            error=reply.error and self.text(reply.error),
            # Without a body, as after HEAD, its length is not told by anything else.
            headers=self._headers(reply.headers, kept, "" if reply.body else "content-length"),
            hidden_usage=reply.hidden_usage and json.loads(self.text(json.dumps(reply.hidden_usage))),
        )
        respelled = Talk(reply.body, dialect).edits(self._edits) if self._may_be_said(reply.body, dialect) else []
        if not respelled and self._is_clean(reply.body):
            return reply
        pieces = spliced([*reply.cut()], respelled)
        pieces = spliced(pieces, self._edits(b"".join(pieces)))
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
        edits = self._edits(body)
        return edited(body, edits) if edits else body

    def _headers(self, headers: Headers, kept: AllowList, more: str = "") -> Headers:
        allowed = kept.allowed(headers, more)
        # One search in all of them, since there is hardly ever anything to find.
        values = "\n".join(value for _, value in allowed)
        if self.text(values) == values and not any(name == "location" for name, _ in allowed):
            return allowed
        return tuple((name, self.url(value) if name == "location" else self.text(value)) for name, value in allowed)

    def _edits(self, body: bytes) -> list[Edit]:
        """What has to be cut out of a body, from left to right; what overlaps is cut as one."""
        if self._is_clean(body):
            return []
        spans = (match.span() for pattern in self._patterns for match in pattern.finditer(body))
        return united((begin, end, REDACTED.encode()) for begin, end in spans)

    def _is_clean(self, text: bytes) -> bool:
        """Whether there is surely no secret in a text, as is true of nearly all."""
        # A loop: most texts are short, and a generator would take as long as the searches.
        for trace in self._traces:  # noqa: SIM110
            if trace.search(text) is not None:
                return False
        return True

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
                if block != clean and self._is_in(block):
                    return True
                clean = block
                said[channel] = [block[-self._longest :]]
                lengths[channel] = self._longest
        # There may be thousands of channels, so what is left of all is one search. No secret holds what stands between.
        rest = dict.fromkeys(b"".join(texts) for texts in said.values())
        return bool(rest) and self._is_in(b"\0\0".join(rest))

    def _is_in(self, block: bytes) -> bool:
        """Whether there is a secret in a block, or the beginning of one that may go on after it."""
        return not self._is_clean(block) and any(pattern.search(block) for pattern in (*IN_BLOCKS, *self._known))


def shown_url(url: str, secrets: Iterable[str]) -> str:
    """A URL as it may stand in a report: without the keys that it may hold."""
    return Redactor(secrets).url(url)


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text(visible(text))
