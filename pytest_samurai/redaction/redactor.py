"""Removes secrets from requests, replies and texts before they are written down or shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from pytest_samurai.files import json
from pytest_samurai.redaction.credentials import set_cookies
from pytest_samurai.redaction.edits import REDACTED, Edit, edited, spliced, united
from pytest_samurai.redaction.glance import spoken
from pytest_samurai.redaction.headers import REQUEST_HEADERS, AllowList, kept_of_replies
from pytest_samurai.redaction.parts import Parts, may_continue
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.readable import is_json, readable, spoken_json
from pytest_samurai.redaction.rules import Rule, Rules
from pytest_samurai.redaction.search import Search, Secret
from pytest_samurai.redaction.spellings import as_bytes, pieces
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.redaction.urls import without_credentials
from pytest_samurai.text import visible
from pytest_samurai.wire import UNKNOWN, Channel, Chunk, Dialect, Headers, Reply, Request, has_logprobs, without_files

_KEPT_OF_REQUESTS = AllowList(REQUEST_HEADERS)
_KEPT_OF_REPLIES = kept_of_replies()
_BLOCK = 1 << 16
_KNOWN = "a secret"


class Redactor:
    """Replaces secrets with `REDACTED`: those that it was given, in any spelling, and anything shaped like a secret.

    After that it applies the user's own `rules`.
    """

    def __init__(self, secrets: Iterable[str], rules: Sequence[Rule] = ()) -> None:
        self._rules = Rules(rules) if rules else None
        self._secrets = frozenset(secrets)
        self._search = Search(dict.fromkeys(self._secrets, _KNOWN))
        # Results for repeated names. A search takes longer than everything else done with a small request.
        self._names: dict[str, str] = {}
        self._urls: dict[str, str] = {}

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        body = without_files(self._body(without_base64(request.body)))
        return Request(
            request.method,
            _remembered(self._urls, request.url, self.url),
            self._headers(request.headers, _KEPT_OF_REQUESTS),
            body if self._rules is None else self._rules.body(body),
        )

    def reply(self, reply: Reply, dialect: Dialect = UNKNOWN, kept: AllowList = _KEPT_OF_REPLIES) -> Reply:
        """The reply as it may be written down, with the headers that are `kept`.

        Its chunks become shorter by what is cut out of them.
        """
        # Nearly every reply sets a cookie, and hardly any repeats its value.
        cookies = [
            cookie for cookie in set_cookies(reply.headers) if any(piece.search(reply.body) for piece in pieces(cookie))
        ]
        redactor = Redactor(self._secrets.union(cookies)) if cookies else self
        reply = redactor._without_secrets(reply, dialect, kept)
        return reply if self._rules is None else _in_pieces(reply, self._rules.pieces([*reply.cut()], dialect))

    def _without_secrets(self, reply: Reply, dialect: Dialect, kept: AllowList) -> Reply:
        reply = replace(
            reply,
            reason=self.text(reply.reason),
            error=reply.error and self.text(reply.error),
            # Without a body, as after HEAD, only this header tells the length.
            headers=self._headers(reply.headers, kept, "" if reply.body else "content-length"),
            hidden_usage=reply.hidden_usage and json.loads(self.text(json.dumps(reply.hidden_usage))),
        )
        respelled = Talk(reply.body, dialect).edits(self._edits) if self._may_be_said(reply.body, dialect) else []
        if not respelled and self._is_clean(reply.body):
            return reply
        pieces = spliced([*reply.cut()], respelled)
        body = b"".join(pieces)
        if not self._is_clean(body):
            pieces = spliced(pieces, self._body_edits(body, spoken_json(body, dialect)))
        return _in_pieces(reply, pieces)

    def url(self, url: str) -> str:
        """A URL as it may be written down and shown."""
        url = self._cut(without_credentials(url))
        return url if self._rules is None else self._rules.url(url)

    def text(self, text: str) -> str:
        """A text without secrets."""
        text = self._cut(text)
        return text if self._rules is None else self._rules.text(text)

    def _cut(self, text: str) -> str:
        body, errors = as_bytes(text)
        edits = self._edits(body)
        return edited(body, edits).decode("utf-8", errors) if edits else text

    def name(self, name: str) -> str:
        """A name without secrets. It is searched only once, because the same few models are named again and again."""
        return _remembered(self._names, name, self.text)

    def _body(self, body: bytes) -> bytes:
        edits = [] if self._is_clean(body) else self._body_edits(body)
        return edited(body, edits) if edits else body

    def _headers(self, headers: Headers, kept: AllowList, more: str = "") -> Headers:
        allowed = kept.allowed(headers, more)
        # One search for all of them, because there is hardly ever anything to find.
        values = "\n".join(value for _, value in allowed)
        may_stay = self._rules is None and not any(name == "location" for name, _ in allowed)
        cut = _remembered(self._names, values, self._cut) if kept is _KEPT_OF_REQUESTS else self._cut(values)
        if may_stay and cut == values:
            return allowed
        return tuple((name, self._header(name, value)) for name, value in allowed)

    def _header(self, name: str, value: str) -> str:
        if value.isdecimal():
            return value
        if name in REQUEST_HEADERS:
            # Clients read these to know what the body is.
            return self._cut(value)
        return self.url(value) if name == "location" else self.text(value)

    def _edits(self, body: bytes, whole: Collection[str] = ()) -> list[Edit]:
        """What to cut out of a body, from left to right; overlapping cuts become one.

        For `whole` see `readable`, which keeps JSON readable.
        """
        if self._search.is_clean(body):
            return []
        secrets = [*self._search.secrets(body)]
        known = [secret[:2] for secret in secrets if secret.kind == _KNOWN]
        shaped = [secret[:2] for secret in secrets if secret.kind != _KNOWN]
        # A field name may equal a known value by chance. None has the shape of a key.
        spans = [
            *readable(body, shaped, keys=True, whole=whole),
            *readable(body, known, keys=False, whole=whole),
        ]
        return united((begin, end, REDACTED.encode()) for begin, end in spans)

    def _body_edits(self, body: bytes, whole: Collection[str] = ()) -> list[Edit]:
        """The same, plus what to cut out of several parts of a body."""
        if body.strip().isdigit():
            return []
        edits = self._edits(body, whole)
        if body.lstrip()[:1] in (b"{", b"["):
            edits += Parts(body).edits(self._in_parts, self._in_tokens)
        return united(edits)

    def _in_parts(self, text: bytes, joints: Sequence[int]) -> list[Edit]:
        ends = [*joints, len(text)]

        def is_judged(secret: Secret) -> bool:
            """Whether a secret is in one part that is JSON itself. There, `_edits` has found what may be cut."""
            number = bisect_right(joints, secret.begin)
            part = text[ends[number - 1] if number else 0 : ends[number]]
            return secret.end <= ends[number] and is_json(part)

        return _cuts(secret for secret in self._search.in_parts(text, joints) if not is_judged(secret))

    def _in_tokens(self, text: bytes, _: Sequence[int]) -> list[Edit]:
        return _cuts(self._search.secrets(text))

    def _is_clean(self, body: bytes) -> bool:
        """Whether a body surely holds no secret. That is true of nearly all."""
        return self._search.is_clean(body) and not has_logprobs(body) and not may_continue(body)

    def _may_be_said(self, body: bytes, dialect: Dialect) -> bool:
        """Whether the texts of a stream may hold a secret. Hardly any does, so few streams are parsed.

        Each channel is searched block by block, together with enough of the previous block that no secret is cut in
        two. A secret that may be even longer is recognized by its beginning.
        """
        said: dict[Channel, list[bytes]] = {}
        lengths: dict[Channel, int] = {}
        clean = b""
        for channel, text in spoken(body, dialect):
            said.setdefault(channel, []).append(text)
            lengths[channel] = lengths.get(channel, 0) + len(text)
            if lengths[channel] > _BLOCK:
                block = b"".join(said[channel])
                # All channels that a text may continue are the same, as long as no other text takes turns with it.
                if block != clean and self._search.has_any(block):
                    return True
                clean = block
                said[channel] = [block[-self._search.longest :]]
                lengths[channel] = self._search.longest
        # There may be thousands of channels, so all the rest is one search. No secret contains the separator.
        rest = dict.fromkeys(b"".join(texts) for texts in said.values())
        return bool(rest) and self._search.has_any(b"\0\0".join(rest))


def _in_pieces(reply: Reply, pieces: Sequence[bytes]) -> Reply:
    """The reply with its body in other pieces, each in the place of an original one."""
    body = b"".join(pieces)
    if reply.chunks is None:
        return replace(reply, body=body)
    chunks = tuple(Chunk(len(data), chunk.at) for data, chunk in zip(pieces, reply.chunks, strict=False))
    return replace(reply, body=body, chunks=chunks)


def _cuts(secrets: Iterable[Secret]) -> list[Edit]:
    return united((secret.begin, secret.end, REDACTED.encode()) for secret in secrets)


def _remembered(memory: dict[str, str], text: str, make: Callable[[str], str]) -> str:
    if text not in memory:
        memory[text] = make(text)
    return memory[text]


def shown_url(url: str, secrets: Iterable[str]) -> str:
    """A URL as it may be shown in a report, without any keys in it."""
    return Redactor(secrets).url(url)


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text(visible(text))
