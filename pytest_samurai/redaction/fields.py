"""The keys in the body of a request, found by telling names."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from pytest_samurai.files import json
from pytest_samurai.redaction.carried import keys_in_fields
from pytest_samurai.redaction.credentials import is_secret_value
from pytest_samurai.wire import form_of

_NAME = re.compile(rb'"((?:[^"\\]|\\.){1,80})"\s*:')
# Most bodies have no such name, and needn't be parsed.
_TELLING = re.compile(rb"(?i)key|token|secret|pass|pwd|authori|authenti|credential|jwt|bearer|cookie|headers")
_FORM = re.compile(rb"[\w.%+\[\]-]+=[^&\s]*(?:&[\w.%+\[\]-]+=[^&\s]*)*")


def body_secrets(body: bytes) -> frozenset[str]:
    """The values of JSON keys and form fields named like a credential, without plain values."""
    return frozenset(filter(is_secret_value, keys_in_fields(_fields(body))))


def _fields(body: bytes) -> object:
    """A body as JSON, a form as an object; None if it is neither, or if it has no telling name."""
    if body[:2] == b"--":
        return form_of(body)
    if body.lstrip()[:1] in (b"{", b"["):
        return _parsed(body) if _TELLING.search(b"\n".join({*_NAME.findall(body)})) else None
    if _FORM.fullmatch(body):
        return [{name: value} for name, value in parse_qsl(body.decode("ascii", "replace"), errors="replace")]
    return None


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
