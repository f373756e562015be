"""What may be written down: headers by allow-list, no secrets (by value and by shape), no long base64."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase, translate
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

from pytest_samurai.wire import Chunk, Headers, Interaction, Reply, Request, parse_object

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
    "www-authenticate",
    "x-ratelimit-*",
    "x-request-id",
    "x-should-retry",
)
"""What clients act upon (the OpenAI SDK reads the `retry` ones), and what says which model served and how fast."""

_SECRET_ENDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SECRET_NAME = re.compile(r"(_|^)(API_?KEY|TOKEN|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD)$", re.IGNORECASE)
_KEY_HEADERS = ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key")
# People write "test", "changeme" or "not-needed" where a key has to be: words, which must not be cut out of prompts.
_SHORTEST_SECRET = 8
_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[ _.-](?:[A-Z]?[a-z]+|[A-Z]+))*")
_LONGEST_WORDS = 20


def _shape(begin: bytes, rest: bytes) -> re.Pattern[bytes]:
    # In a body, what stands before a key may be the last letter of an escape: "my key:\nsk-...". This is looked at only
    # after the first letters, since the search for those is many times faster.
    start = rb"%b(?:(?<![\w-]%b)|(?<=\\[nrtbf]%b)|(?<=\\u[0-9a-fA-F]{4}%b))" % ((begin,) * 4)
    return re.compile(start + rest)


_SHAPES: Mapping[str, re.Pattern[bytes]] = {
    # Twelve characters with a digit among them, or many of both cases: sk-learn-compatible-estimators is no key. Nor
    # need those look like one that begin as keys of a maker's do.
    "a key (sk-...)": _shape(
        b"sk-",
        rb"(?:(?:ant|admin|or|proj|svcacct)-[\w-]{16,}"
        rb"|[\w-]{0,40}?(?:(?=\w{0,200}\d)\w{12,}|(?=[a-z]{0,200}[A-Z])(?=[A-Z]{0,200}[a-z])\w{32,})[\w-]*)",
    ),
    "a Google key (AIza...)": _shape(b"AIza", rb"[\w-]{35}(?![\w-])"),
    "a Groq key (gsk_...)": _shape(b"gsk_", rb"[A-Za-z0-9]{32,}"),
    "a Hugging Face token (hf_...)": _shape(b"hf_", rb"[A-Za-z0-9]{30,}"),
    **{
        f"a Slack token (xox{kind}-...)": _shape(f"xox{kind}-".encode(), rb"(?=[\w-]{0,200}\d)[\w-]{10,}")
        for kind in "abprs"
    },
    **{f"a GitHub token (gh{kind}_...)": _shape(f"gh{kind}_".encode(), rb"[A-Za-z0-9]{36,}") for kind in "pousr"},
    "a GitHub token (github_pat_...)": _shape(b"github_pat_", rb"\w{22,}"),
    **{f"an AWS access key ({kind}...)": _shape(kind.encode(), rb"[A-Z0-9]{16}(?!\w)") for kind in ("AKIA", "ASIA")},
    "a JSON web token": _shape(b"eyJ", rb"[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    # To its end, or as far as a text that was cut off goes on with what keys are made of.
    "a private key": re.compile(
        rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
        rb"(?:(?:[^-]|-(?!----))*-----END (?:[A-Z]+ )*PRIVATE KEY-----|(?:\\[nr]|[A-Za-z0-9+/=\s]){64,})"
    ),
}
"""Secrets that nobody told us of, by what they are called in a report."""

# Each of the shapes begins with one of these, and hardly any text holds one. The one letter that they begin with is
# what `re` jumps to, so that five searches tell what two dozen would.
_BEGINNINGS = tuple(
    map(
        re.compile,
        (
            rb"-(?:(?<=sk-)|(?<=xox[abprs]-))",
            rb"_(?:(?<=gsk_)|(?<=hf_)|(?<=gh[pousr]_)|(?<=github_pat_))",
            rb"A(?:Iza|KIA|SIA)",
            rb"eyJ",
            rb"-----BEGIN ",
        ),
    )
)

_LONGEST_SHAPE = 1024
"""So many bytes tell whether a key of a maker's begins: more than the shapes look at to see that it is one."""
_BLOCK = 1 << 16
# Of these it is the beginning that tells, since they may be of any length.
_IN_BLOCKS = (
    *(pattern for kind, pattern in _SHAPES.items() if kind not in ("a JSON web token", "a private key")),
    _shape(b"eyJ", rb"[\w-]{10,}"),
    re.compile(rb"-----BEGIN [A-Z ]*"),
)

_USER_INFO = re.compile(r"\A(\w+://)[^/?#]*@")
_QUERY_KEY = re.compile(r"(?i)(?<=[?&])(key|api[_-]?key|access_token|token|sig|signature)=[^&#]*")
_BASE64 = re.compile(
    rb"(?<![A-Za-z0-9+/_-])(?=[a-zA-Z+/_-]{0,200}\d)(?=[a-z0-9+/_-]{0,200}[A-Z])[A-Za-z0-9+/_-]{1024,}={0,2}"
)
# To see that there is none takes a hundredth of the time if all of its letters look the same.
_AS_BASE64 = bytes(ord("x" if re.match(rb"[A-Za-z0-9+/_-]", bytes([byte])) else " ") for byte in range(256))
_LONG_BASE64 = b"x" * 1024
_EVENT = re.compile(rb"data:(?<![^\r\n]data:) ?(\{[^\r\n]*\})")


def _without_credentials(url: str) -> str:
    return _QUERY_KEY.sub(rf"\1={REDACTED}", _USER_INFO.sub(r"\1", url))


def shown_url(url: str, secrets: Iterable[str]) -> str:
    """A URL as it may stand in a report: without the keys that it may hold."""
    return Redactor(secrets).url(url)


def allowed(headers: Headers, patterns: tuple[str, ...]) -> Headers:
    """The headers whose name matches one of the patterns."""
    return tuple(header for header in headers if _is_allowed(header[0], patterns))


@lru_cache(maxsize=1024)
def _is_allowed(name: str, patterns: tuple[str, ...]) -> bool:
    return _names(patterns).match(name) is not None


@cache
def _names(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def environment_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """Values that the environment holds under a name like `*_API_KEY`, `*_TOKEN` or `*_SECRET`, words excepted."""
    return frozenset(environment_names(environ))


def environment_names(environ: Mapping[str, str]) -> dict[str, str]:
    """The same values, each with the name under which the environment holds it."""
    # By their names first: every test asks, and to decode a value costs more than to see that nothing is said by it.
    names = [name for name in environ if name.upper().endswith(_SECRET_ENDS) and _SECRET_NAME.search(name)]
    return {secret: name for name in names for secret in _secrets([environ[name]])}


def request_secrets(headers: Headers) -> frozenset[str]:
    """The key that this very request carries, words excepted."""
    # "Bearer x" and "Basic x" have their key at the end; the other headers are nothing but a key.
    keys = [value.split(maxsplit=1)[-1] for name, value in headers if name in _KEY_HEADERS and value.strip()]
    return _secrets([*keys, *(password for key in keys if (password := _password(key)))])


def _password(basic: str) -> str | None:
    """The password in the credentials of Basic authentication; None if they are something else."""
    try:
        _, colon, password = base64.b64decode(basic, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password if colon else None


def _secrets(values: Iterable[str]) -> frozenset[str]:
    return frozenset(
        value for value in map(str.strip, values) if len(value) >= _SHORTEST_SECRET and not _is_word(value)
    )


def _is_word(value: str) -> bool:
    return len(value) < _LONGEST_WORDS and _WORDS.fullmatch(value) is not None


Edit = tuple[int, int, bytes]
"""Where it begins and ends in a body, and what is put there."""


class Redactor:
    """Replaces secrets by `REDACTED`, in text, bodies and URLs, however JSON or a URL spells them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # One pattern each: alternatives would not see a secret that begins inside of another.
        self._known = [*_spelled(secrets)]
        self._patterns = [*_SHAPES.values(), *self._known]
        self._names: dict[str, str] = {}
        self._looked_for = [*_BEGINNINGS, *self._known]
        self._longest = max([_LONGEST_SHAPE, *(len(pattern.pattern) for pattern in self._known)])

    def request(self, request: Request) -> Request:
        """The request as it may be written down, which is also how it is matched."""
        return Request(
            request.method,
            self.url(request.url),
            self._headers(request.headers, REQUEST_HEADERS),
            _without_base64(self._body(request.body)),
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
        pieces = self._cut(_spliced([*reply.cut()], respelled))
        chunks = tuple(Chunk(len(data), chunk.at) for data, chunk in zip(pieces, reply.chunks, strict=False))
        return replace(reply, body=b"".join(pieces), chunks=chunks)

    def url(self, url: str) -> str:
        return self.text(_without_credentials(url))

    def text(self, text: str) -> str:
        body = text.encode("utf-8", "surrogateescape")
        edits = self._edits(body)
        return _spliced([body], edits)[0].decode("utf-8", "surrogateescape") if edits else text

    def name(self, name: str) -> str:
        """As `text`, of what is said again and again, as the name of a model is: it is searched once."""
        if name not in self._names:
            self._names[name] = self.text(name)
        return self._names[name]

    def _body(self, body: bytes) -> bytes:
        edits = self._edits(body)
        return _spliced([body], edits)[0] if edits else body

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
        events, channels = _channels(body)
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
        for channel, text in _spoken(body):
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
        return self._is_clean(block) or not any(pattern.search(block) for pattern in (*_IN_BLOCKS, *self._known))

    def _cut(self, pieces: Sequence[bytes]) -> list[bytes]:
        return _spliced(pieces, self._edits(b"".join(pieces)))


def one_line(redactor: Redactor, text: str) -> str:
    """A text as it may be printed: without secrets, on one line, and with nothing in it that a terminal obeys."""
    return redactor.text("".join(one if one.isprintable() else ascii(one)[1:-1] for one in text))


def without_secrets(there: Sequence[Interaction], secrets: Iterable[str]) -> list[Interaction]:
    """Interactions as they would be written down here; a key of one request may be told by the reply of another."""
    redactor = Redactor(frozenset(secrets).union(*(own_keys(item.request.headers) for item in there)))
    return [replace(item, request=redactor.request(item.request), reply=redactor.reply(item.reply)) for item in there]


_MOST_MADE = 64


class Redactors:
    """A redactor for each request, which knows the key that the request carries and what is secret in `environ`.

    What is secret there is looked up once, when it is first needed: `secrets` will do. Redactors are kept in `made`, by
    the secrets that they know: the patterns of each take longer to make than a call to replay.
    """

    def __init__(self, environ: Mapping[str, str], made: dict[frozenset[str], Redactor] | None = None) -> None:
        self._environ = environ
        self._made = {} if made is None else made

    @cached_property
    def secrets(self) -> frozenset[str]:
        """What was secret in `environ` when it was looked at."""
        return environment_secrets(self._environ)

    def of(self, request: Request) -> Redactor:
        secrets = self.secrets | request_secrets(request.headers)
        found = self._made.get(secrets)
        if found is None:
            if len(self._made) >= _MOST_MADE:
                # Of a run whose every test makes up a key.
                self._made.pop(next(iter(self._made)), None)
            found = self._made[secrets] = Redactor(secrets)
        return found

    def look_again(self) -> None:
        """What is secret in `environ` now is so from now on, as what was secret there before stays so."""
        self.secrets |= environment_secrets(self._environ)

    def name(self, request: Request, name: str) -> str:
        """As `Redactor.name`, by the redactor of a request."""
        return self.of(request).name(name)

    def request(self, request: Request) -> Request:
        """The request as it may be shown and written down."""
        return self.of(request).request(request)


def _spelled(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    for form in sorted({form for secret in secrets for form in _spellings(secret)}):
        yield re.compile(re.escape(form))


def _spellings(secret: str) -> Iterator[bytes]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield raw
    yield quote(raw, safe="").encode()
    yield quote(raw).encode()
    for text in _in_json(secret):
        yield text.encode("utf-8", "surrogateescape")
        # The arguments of a tool call are JSON within JSON.
        for twice in _in_json(text):
            yield twice.encode("utf-8", "surrogateescape")
    yield from _in_base64(raw)


def _in_json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        spelled = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield spelled
        yield spelled.replace("/", "\\/")


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What base64 of any text that holds the secret has in common, for each place in a group of three bytes."""
    for before, first in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw)[first:whole]


Part = tuple[int, Any, Any]
"""A text in a stream: the number of its event, and the place where it is kept, as a container and the key in it."""


def _channels(body: bytes) -> tuple[list[tuple[int, int, dict[str, Any] | None]], list[list[Part]]]:
    """The events of a stream (begin, end, value), and the texts in them, each with those that it goes on with."""
    events = [(*found.span(1), parse_object(found[1])) for found in _EVENT.finditer(body)]
    channels: dict[tuple[Any, ...], list[Part]] = {}
    for number, (_, _, event) in enumerate(events):
        for channel, holder, key in _texts((event or {}).get("choices"), ()):
            channels.setdefault(channel, []).append((number, holder, key))
    return events, list(channels.values())


_QUOTED = re.compile(rb'"((?:[^"\\]++|\\.)*+)"')
_MOST_SHAPES = 1000


def _spoken(body: bytes) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """The same texts, one after the other, each with its channel; of an event that is no JSON there may be some too.

    Nearly all events of a stream are the same but for what stands between quotes. So where the texts are in those of
    one shape is found out once, which takes a third of the time of parsing each.
    """
    shapes: dict[tuple[bytes, ...], tuple[list[int], dict[tuple[bytes, ...], list[tuple[tuple[Any, ...], int]]]]] = {}
    for event in _objects(body):
        # What stands around the quotes and between them, in turn.
        parts = event.split(b'"') if b"\\" not in event else _QUOTED.split(event)
        if len(parts) % 2 == 0:
            # An event that is cut off is no JSON.
            continue
        around = tuple(parts[::2])
        if around not in shapes:
            if len(shapes) == _MOST_SHAPES:
                shapes.clear()
            shapes[around] = ([n for n in range(1, len(parts), 2) if parts[n + 1].lstrip().startswith(b":")], {})
        keys_at, known = shapes[around]
        keys = tuple([parts[n] for n in keys_at])
        if keys not in known:
            known[keys] = _places(parts, keys_at)
        for channel, place in known[keys]:
            text = parts[place]
            yield channel, _unescaped(text) if b"\\" in text else text


def _objects(body: bytes) -> Iterator[bytes]:
    """The data of the events that `_EVENT` finds."""
    if b"\r" in body:
        yield from (found[1] for found in _EVENT.finditer(body))
        return
    # With LF for all line ends there is a quicker way, and it is what servers send.
    begin = 0
    while (begin := body.find(b"data:", begin)) >= 0:
        end = body.find(b"\n", begin)
        end = len(body) if end < 0 else end
        if begin == 0 or body.startswith(b"\n", begin - 1):
            start = begin + (6 if body.startswith(b" ", begin + 5) else 5)
            if body.startswith(b"{", start):
                yield body[start : body.rfind(b"}", start, end) + 1]
        begin = end


def _places(parts: Sequence[bytes], keys_at: Sequence[int]) -> list[tuple[tuple[Any, ...], int]]:
    """Where the texts of an event are among its parts, each with its channel: each is told by its own number."""
    numbered = [part if n % 2 == 0 else b'"%b"' % (part if n in keys_at else b"%d" % n) for n, part in enumerate(parts)]
    choices = (parse_object(b"".join(numbered)) or {}).get("choices")
    return [(channel, int(holder[key])) for channel, holder, key in _texts(choices, ())]


def _unescaped(text: bytes) -> bytes:
    try:
        return str(json.loads(b'"%b"' % text)).encode("utf-8", "surrogatepass")
    except ValueError:
        return text


def _texts(value: Any, channel: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Every text in an event: what it goes on with in the next one, and the place where it is kept."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            step = item["index"] if isinstance(item, dict) and isinstance(item.get("index"), int) else key
            if isinstance(item, str):
                yield (*channel, step), value, key
            else:
                yield from _texts(item, (*channel, step))


def _spliced(pieces: Sequence[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The pieces with edits made in what they are when joined; what is put in goes where the edit begins."""
    spliced = []
    start = 0
    for piece in pieces:
        stop, at, parts = start + len(piece), start, []
        for begin, end, new in edits:
            if begin < stop and end > start:
                parts += [piece[at - start : max(begin - start, 0)], new if begin >= start else b""]
                at = min(end, stop)
        spliced.append(b"".join([*parts, piece[at - start :]]))
        start = stop
    return spliced


def _without_base64(body: bytes) -> bytes:
    return _BASE64.sub(_digest, body) if _LONG_BASE64 in body.translate(_AS_BASE64) else body


def _digest(found: re.Match[bytes]) -> bytes:
    return b"[base64: %d characters, SHA-256 %s]" % (len(found[0]), sha256(found[0]).hexdigest().encode())


# --- what others let through

_CREDENTIAL_HEADERS = (*_KEY_HEADERS, "cookie", "set-cookie", "*api-key", "*-token", "*-secret")
_COOKIE = re.compile(r"=([^;]*)")


def found(text: bytes, known: Mapping[str, str]) -> list[tuple[int, str]]:
    """The secrets in a text: where each begins, and of what kind it is; from left to right.

    `known` are values that are secret, each with the kind that it is to be called. A secret that is of two kinds
    is given once, by what is known of it.
    """
    kinds: dict[str, list[re.Pattern[bytes]]] = {}
    for value, kind in known.items():
        kinds.setdefault(kind, []).extend(_spelled([value]))
    kinds |= {kind: [pattern] for kind, pattern in _SHAPES.items()}
    taken: list[tuple[int, int, str]] = []
    for kind, patterns in kinds.items():
        spans = {match.span() for pattern in patterns for match in pattern.finditer(text)}
        free = (span for span in spans if not any(span[0] < end and begin < span[1] for begin, end, _ in taken))
        taken += [(*span, kind) for span in list(free)]
    return [(begin, kind) for begin, _, kind in sorted(taken)]


def said(stream: bytes) -> list[bytes]:
    """What is said in the events of a stream, each text put together from its deltas."""
    _, channels = _channels(stream)
    return [b"".join(holder[key].encode("utf-8", "surrogatepass") for _, holder, key in parts) for parts in channels]


def own_keys(headers: Headers) -> frozenset[str]:
    """The key that a recorded request still carries; what another tool has put in its place is none."""
    return frozenset(filter(_is_credential, request_secrets(headers)))


def is_credential(name: str, value: str) -> bool:
    """Whether a header is one that carries a secret, and does so: `Bearer [REDACTED]` and words do not."""
    if not any(fnmatchcase(name, pattern) for pattern in _CREDENTIAL_HEADERS):
        return False
    if name in ("cookie", "set-cookie"):
        # What follows the first value of a Set-Cookie are its attributes.
        return any(map(_is_credential, _COOKIE.findall(value)[: 1 if name == "set-cookie" else None]))
    return any(map(_is_credential, value.split(maxsplit=1)[-1:]))


def url_credentials(url: str) -> list[str]:
    """The parts of a URL that hold a secret, by their names."""
    user = _USER_INFO.match(url)
    names = ["user and password"] if user and any(map(_is_credential, user[0][len(user[1]) : -1].split(":"))) else []
    pairs = (match[0].partition("=") for match in _QUERY_KEY.finditer(url))
    return names + [f"parameter {name!r}" for name, _, value in pairs if _is_credential(value)]


def _is_credential(value: str) -> bool:
    """Whether this may be a secret, and not what people and tools put in the place of one."""
    return bool(_secrets([re.sub(r"\A[\W_]+|[\W_]+\Z", "", unquote(value))]))
