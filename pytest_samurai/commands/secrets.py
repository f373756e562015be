"""The secrets in a cassette that others may have written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import AnyStr, NamedTuple

from pytest_samurai.commands.findings import CLOUDFLARE, CREDENTIAL, RULE, SHAPE, VALUE
from pytest_samurai.redaction import (
    NAMED_RULES,
    AllowList,
    MadeRedactors,
    Redactor,
    Rule,
    Rules,
    body_secrets,
    cloudflare_cookies,
    environment_names,
    find_secrets,
    is_credential,
    is_placeholder,
    made_of,
    own_keys,
    spoken_texts,
    url_credentials,
    without_base64,
    without_secrets,
)
from pytest_samurai.wire import Headers, Interaction, Reply, Request, dialect_of, without_files

_CREDENTIAL = "a credential"
_OWN = "the key of this request"
_IN_PIECES = "a secret, in pieces,"


class Found(NamedTuple):
    """A secret: its kind, and the part of the interaction it is in.

    `cookies` are Cloudflare's, if it is one of them.
    """

    kind: str
    part: str
    cookies: tuple[str, ...] = ()


class Secrets:
    """Finds what redaction would remove: values of the environment, known patterns, matches of `rules`."""

    def __init__(self, environ: Mapping[str, str], rules: Sequence[Rule]) -> None:
        names = environment_names(environ)
        self._known = {value: f"the value of {name}" for value, name in names.items() if not is_placeholder(value)}
        self._rules = {_called(rule): Rules([rule]) for rule in rules}
        self._made = MadeRedactors()
        self._values = frozenset(names)
        self._all_rules = tuple(rules)
        self.redactor = Redactor(names, rules)

    def code(self, kind: str, cookies: Sequence[str] = ()) -> str:
        """The code of a finding of this kind. `cookies` are Cloudflare's, if it is one of them."""
        if kind in self._known.values():
            return VALUE
        if kind in self._rules:
            return RULE
        if kind in (_CREDENTIAL, _OWN):
            return CLOUDFLARE if cookies else CREDENTIAL
        return SHAPE

    def cut(self, interactions: Sequence[Interaction]) -> dict[int, Interaction]:
        """The interactions that contain secrets, by index, without the secrets and otherwise unchanged.

        An interaction that would keep a secret stays unchanged too.
        """
        held = [index for index, each in enumerate(interactions) if next(self.in_interaction(each), None)]
        if not held:
            return {}
        kept = frozenset(
            name for each in interactions for name, value in each.reply.headers if not is_credential(name, value)
        )
        clean = without_secrets(interactions, self._values, self._all_rules, AllowList(kept))
        changed = {}
        for index in held:
            before, after = interactions[index].request, clean[index].request
            headers = tuple(
                (name, self.redactor.text(value)) for name, value in before.headers if not is_credential(name, value)
            )
            changed[index] = replace(clean[index], request=replace(after, headers=headers))
        return {index: each for index, each in changed.items() if next(self.in_interaction(each), None) is None}

    def in_file(self, content: bytes, interactions: Sequence[Interaction] = ()) -> list[tuple[int, str]]:
        """The byte offset and the kind of each secret in a file. `interactions` are the readable ones.

        It does not know which parts of the file are JSON. So `in_interaction` judges numbers and model names.
        """
        harmless = frozenset(value for value in self._known if value.isdecimal()) if interactions else frozenset()
        harmless = harmless.union(*(made_of(each.request, self._known) for each in interactions))
        return find_secrets(content, {value: kind for value, kind in self._known.items() if value not in harmless})

    def in_interaction(self, interaction: Interaction) -> Iterator[Found]:
        """The secrets in an interaction: each kind once for each part that contains it."""
        request, reply = interaction.request, interaction.reply
        harmless = made_of(request, self._known)
        known = {value: kind for value, kind in self._known.items() if value not in harmless}
        # A cookie or a URL parameter is reported where it is.
        of_body = body_secrets(request.body)
        of_headers = own_keys(tuple(header for header in request.headers if header[0] != "cookie"))
        in_url, everywhere = (
            known | dict.fromkeys(own - set(known), _OWN)
            for own in (of_headers, of_headers | own_keys((), request.url) | of_body)
        )
        kinds = [kind for kind in _kinds([_bytes(request.url)], in_url) if kind != _CREDENTIAL]
        kinds += self._ruled(request.url, (rules.url(request.url) for rules in self._rules.values()))
        yield from (Found(kind, "the URL") for kind in kinds)
        yield from (Found(_CREDENTIAL, f"the URL ({part})") for part in url_credentials(request.url) if not kinds)
        # In its own header, the key of this request is reported as a credential.
        yield from self._in_headers("request", request.headers, known)
        yield from (Found(kind, "the request body") for kind in self._in_request(request, everywhere))
        yield from self._in_headers("reply", reply.headers, everywhere)
        yield from (Found(kind, "the reply body") for kind in self._in_reply(request, reply, everywhere))

    def _in_headers(self, side: str, headers: Headers, known: Mapping[str, str]) -> Iterator[Found]:
        for name, value in dict.fromkeys(headers):
            kinds = _kinds([_bytes(value)], known)
            kinds += self._ruled(value, (rules.text(value) for rules in self._rules.values()))
            cookies: Sequence[str] = ()
            if not kinds and is_credential(name, value):
                kinds, cookies = [_CREDENTIAL], cloudflare_cookies(name, value)
            yield from (Found(kind, f"the {side} header {name!r}", tuple(cookies)) for kind in kinds)

    def _in_request(self, request: Request, known: Mapping[str, str]) -> Iterator[str]:
        bare = replace(request, body=without_files(without_base64(request.body)))
        redacted = self._redactor(known).request(bare).body
        yield from _kinds([request.body], known) or in_pieces([bare.body], known, redacted)
        yield from self._ruled(request.body, (rules.body(request.body) for rules in self._rules.values()))

    def _in_reply(self, request: Request, reply: Reply, known: Mapping[str, str]) -> Iterator[str]:
        dialect = dialect_of(request.url)
        texts = [reply.body, *spoken_texts(reply.body, dialect)]
        redacted = self._redactor(known).reply(reply, dialect).body
        yield from _kinds(texts, known) or in_pieces(texts, known, redacted)
        pieces = [*reply.cut()]
        yield from self._ruled(reply.body, (b"".join(rules.pieces(pieces, dialect)) for rules in self._rules.values()))

    def _redactor(self, known: Mapping[str, str]) -> Redactor:
        """A redactor for these values."""
        return self._made.of(frozenset(known))

    def _ruled(self, text: AnyStr, ruled: Iterable[AnyStr]) -> list[str]:
        """The names of the rules that have changed a text."""
        return [kind for kind, changed in zip(self._rules, ruled, strict=True) if changed != text]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _kinds(texts: Sequence[bytes], known: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(kind for text in texts for _, kind in find_secrets(text, known)))


def in_pieces(texts: Sequence[bytes], known: Mapping[str, str], redacted: bytes) -> list[str]:
    """The kind of a secret that only redaction finds, as no single text contains it; nothing for a placeholder."""
    if redacted == texts[0] or any(find_secrets(text, known, placeholders=True) for text in texts):
        return []
    return [_IN_PIECES]


def _called(rule: Rule) -> str:
    name = next((name for name, named in NAMED_RULES.items() if named is rule), None)
    if name is not None:
        return f"an {name} address"
    return f"a match of {rule.pattern!r}" if isinstance(rule, re.Pattern) else "what a function cuts out"
