"""How a secret may be spelled in a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from pytest_samurai.files import json


def spelled(secrets: Iterable[str]) -> Iterator[re.Pattern[bytes]]:
    """A pattern for each spelling of the secrets: plain, in a URL, in JSON, in JSON within JSON, in base64."""
    for spelling in sorted({spelling for secret in secrets for spelling in _spellings(secret)}):
        yield re.compile(re.escape(spelling))


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
    """What base64 of all texts with the secret has in common, for each of its places in a group of three bytes."""
    for before, first in ((0, 0), (1, 2), (2, 3)):
        end = (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + raw)[first:end]
