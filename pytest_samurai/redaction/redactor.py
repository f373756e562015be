"""What may be written down: headers by allow-list, no secrets (by value and by shape), no long base64."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pytest_samurai.redaction.edits import REDACTED, Edit, spliced
from pytest_samurai.redaction.headers import REQUEST_HEADERS, RESPONSE_HEADERS, allowed
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.shapes import BEGINNINGS, IN_BLOCKS, LONGEST_SHAPE, SHAPES
from pytest_samurai.redaction.spellings import spelled
from pytest_samurai.redaction.streams import channels_of, spoken
from pytest_samurai.redaction.urls import without_credentials
from pytest_samurai.wire import Chunk, Headers, Reply, Request

_BLOCK = 1 << 16


class Redactor:
    """Replaces secrets by `REDACTED`, in text, bodies and URLs, however JSON or a URL spells them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # One pattern each: alternatives would not see a secret that begins inside of another.
        self._known = [*spelled(secrets)]
        self._patterns = [*SHAPES.values(), *self._known]
        self._names: dict[str, str] = {}
        self._looked_for = [*BEGINNINGS, *self._known]
        self._longest = max([LONGEST_SHAPE, *(len(pattern.pattern) for pattern in self._known)])

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        return Request(
            request.method,
            self.url(request.url),
            self._headers(request.headers, REQUEST_HEADERS),
            without_base64(self._body(request.body)),
        )

    def reply(self, reply: Reply) -> Reply:
        """The reply as it may be written down; chunks shrink with what is cut out of them."""
        reply = replace(
            reply,
            reason=self.text(reply.reason),
            headers=self._headers(reply.headers, RESPONSE_HEADERS),
            hidden_usage=reply.hidden_usage and json.loads(self.text(json.dumps(reply.hidden_usage))),
        )
        if reply.chunks is None:
            return replace(reply, body=self._body(reply.body))
        respelled = self._in_deltas(reply.body)
        if not respelled and self._is_clean(reply.body):
            return reply
        pieces = self._cut(spliced([*reply.cut()], respelled))
        chunks = tuple(Chunk(len(data), chunk.at) for data, chunk in zip(pieces, reply.chunks, strict=False))
        return replace(reply, body=b"".join(pieces), chunks=chunks)

    def url(self, url: str) -> str:
        return self.text(without_credentials(url))

    def text(self, text: str) -> str:
        body = text.encode("utf-8", "surrogateescape")
        edits = self._edits(body)
        return spliced([body], edits)[0].decode("utf-8", "surrogateescape") if edits else text

    def name(self, name: str) -> str:
        """As `text`, of what is said again and again, as the name of a model is: it is searched once."""
        if name not in self._names:
            self._names[name] = self.text(name)
        return self._names[name]

    def _body(self, body: bytes) -> bytes:
        edits = self._edits(body)
        return spliced([body], edits)[0] if edits else body

    def _headers(self, headers: Headers, patterns: tuple[str, ...]) -> Headers:
        shown = allowed(headers, patterns)
        # One look at all of them, since there is hardly ever anything to find.
        values = "\n".join(value for _, value in shown)
        if self.text(values) == values and not any(name == "location" for name, _ in shown):
            return shown
        return tuple((name, self.url(value) if name == "location" else self.text(value)) for name, value in shown)

    def _edits(self, body: bytes) -> list[Edit]:
        """What has to be cut out of a body, from left to right; what overlaps is cut as one."""
        if self._is_clean(body):
            return []
        edits: list[Edit] = []
        for begin, end in sorted(found.span() for pattern in self._patterns for found in pattern.finditer(body)):
            if edits and begin < edits[-1][1]:
                begin, end = edits[-1][0], max(end, edits.pop()[1])
            edits.append((begin, end, REDACTED.encode()))
        return edits

    def _is_clean(self, text: bytes) -> bool:
        """Whether there is surely no secret in a text, as is true of nearly all."""
        # In a loop: what it is asked for is short, mostly, and a generator would take as long as the searches.
        for pattern in self._looked_for:  # noqa: SIM110
            if pattern.search(text) is not None:
                return False
        return True

    def _in_deltas(self, body: bytes) -> list[Edit]:
        """Events spelled anew that hold a part of a secret: a model that repeats a key does so token by token."""
        if not self._may_be_in_deltas(body):
            return []
        events, channels = channels_of(body)
        changed = set()
        for parts in channels:
            texts = [holder[key].encode("utf-8", "surrogatepass") for _, holder, key in parts]
            for (number, holder, key), old, new in zip(parts, texts, self._cut(texts), strict=True):
                if old != new:
                    holder[key] = new.decode("utf-8", "surrogatepass")
                    changed.add(number)
        return [(*events[number][:2], json.dumps(events[number][2]).encode()) for number in sorted(changed)]

    def _may_be_in_deltas(self, body: bytes) -> bool:
        """Whether what is said in a stream holds anything of a secret; hardly any does, and none of it is kept.

        What has been said in a channel is looked at a block at a time, with so much of the block before that no key
        is cut in two; of secrets that may be longer, the beginning is enough.
        """
        said: dict[tuple[Any, ...], list[bytes]] = {}
        lengths: dict[tuple[Any, ...], int] = {}
        for channel, text in spoken(body):
            said.setdefault(channel, []).append(text)
            lengths[channel] = lengths.get(channel, 0) + len(text)
            if lengths[channel] > _BLOCK:
                block = b"".join(said[channel])
                if not self._has_none_of(block):
                    return True
                said[channel] = [block[-self._longest :]]
                lengths[channel] = self._longest
        return not all(self._has_none_of(b"".join(texts)) for texts in said.values())

    def _has_none_of(self, block: bytes) -> bool:
        return self._is_clean(block) or not any(pattern.search(block) for pattern in (*IN_BLOCKS, *self._known))

    def _cut(self, pieces: Sequence[bytes]) -> list[bytes]:
        return spliced(pieces, self._edits(b"".join(pieces)))


def shown_url(url: str, secrets: Iterable[str]) -> str:
    """A URL as it may stand in a report: without the keys that it may hold."""
    return Redactor(secrets).url(url)


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text("".join(one if one.isprintable() else ascii(one)[1:-1] for one in text))
