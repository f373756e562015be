"""What takes secrets out of requests, replies and texts before they are written down or shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from pytest_samurai.files import json
from pytest_samurai.redaction.credentials import set_cookies
from pytest_samurai.redaction.edits import REDACTED, Edit, edited, spliced, united
from pytest_samurai.redaction.glance import spoken
from pytest_samurai.redaction.headers import REQUEST_HEADERS, AllowList, kept_of_replies
from pytest_samurai.redaction.parts import Parts, has_tokens, may_continue
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.readable import is_json, readable, spoken_json
from pytest_samurai.redaction.rules import Rule, Rules
from pytest_samurai.redaction.search import Search, Secret
from pytest_samurai.redaction.spellings import as_bytes, pieces
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.redaction.urls import without_credentials
from pytest_samurai.text import visible
from pytest_samurai.wire import UNKNOWN, Channel, Chunk, Dialect, Headers, Reply, Request, without_files

_KEPT_OF_REQUESTS = AllowList(REQUEST_HEADERS)
_KEPT_OF_REPLIES = kept_of_replies()
_BLOCK = 1 << 16
_KNOWN = "a secret"


class Redactor:
    """Replaces secrets by `REDACTED`: those that are given, in any spelling, and what has the shape of one.

    After that it applies the user's own `rules`.
    """

    def __init__(self, secrets: Iterable[str], rules: Sequence[Rule] = ()) -> None:
        self._rules = Rules(rules) if rules else None
        self._secrets = frozenset(secrets)
        self._search = Search(dict.fromkeys(self._secrets, _KNOWN))
        # Of what comes again and again. A search takes longer than all else that is done with a small request.
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

        Its chunks shrink by what is cut out of them.
        """
        # A cookie is set with nearly every reply, and hardly any repeats it.
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
            # Without a body, as after HEAD, its length is not told by anything else.
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
        """A name without secrets. It is searched once, since the same few models are named again and again."""
        return _remembered(self._names, name, self.text)

    def _body(self, body: bytes) -> bytes:
        edits = [] if self._is_clean(body) else self._body_edits(body)
        return edited(body, edits) if edits else body

    def _headers(self, headers: Headers, kept: AllowList, more: str = "") -> Headers:
        allowed = kept.allowed(headers, more)
        # One search in all of them, since there is hardly ever anything to find.
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
            # Clients read these, to know what the body is.
            return self._cut(value)
        return self.url(value) if name == "location" else self.text(value)

    def _edits(self, body: bytes, whole: Collection[str] = ()) -> list[Edit]:
        """What has to be cut out of a body, from left to right; what overlaps is cut as one.

        For `whole` see `readable`, which keeps JSON what it is.
        """
        if self._search.is_clean(body):
            return []
        secrets = [*self._search.secrets(body)]
        known = [secret[:2] for secret in secrets if secret.kind == _KNOWN]
        shaped = [secret[:2] for secret in secrets if secret.kind != _KNOWN]
        # The name of a field may be a known value by chance. None has the shape of a key.
        spans = [
            *readable(body, shaped, keys=True, whole=whole),
            *readable(body, known, keys=False, whole=whole),
        ]
        return united((begin, end, REDACTED.encode()) for begin, end in spans)

    def _body_edits(self, body: bytes, whole: Collection[str] = ()) -> list[Edit]:
        """The same, and what has to be cut out of several parts of a body."""
        if body.strip().isdigit():
            return []
        edits = self._edits(body, whole)
        if body.lstrip()[:1] in (b"{", b"["):
            edits += Parts(body).edits(self._in_parts, self._in_tokens)
        return united(edits)

    def _in_parts(self, text: bytes, joints: Sequence[int]) -> list[Edit]:
        ends = [*joints, len(text)]

        def is_judged(secret: Secret) -> bool:
            """Whether a secret is in one part that is JSON itself, in which `_edits` has found what may be cut."""
            number = bisect_right(joints, secret.begin)
            part = text[ends[number - 1] if number else 0 : ends[number]]
            return secret.end <= ends[number] and is_json(part)

        return _cuts(secret for secret in self._search.in_parts(text, joints) if not is_judged(secret))

    def _in_tokens(self, text: bytes, _: Sequence[int]) -> list[Edit]:
        return _cuts(self._search.secrets(text))

    def _is_clean(self, body: bytes) -> bool:
        """Whether there is surely no secret in a body, as is true of nearly all."""
        return self._search.is_clean(body) and not has_tokens(body) and not may_continue(body)

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


def _in_pieces(reply: Reply, pieces: Sequence[bytes]) -> Reply:
    """The reply with its body in other pieces, each in the place of one that it had."""
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
    """A URL as it may stand in a report: without the keys that it may hold."""
    return Redactor(secrets).url(url)


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text(visible(text))
