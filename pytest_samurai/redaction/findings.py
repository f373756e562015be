"""Secrets found in text that others have written."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_samurai.redaction.plain import is_placeholder
from pytest_samurai.redaction.readable import readable
from pytest_samurai.redaction.search import Search
from pytest_samurai.redaction.shapes import SHAPES
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.wire import Dialect


def find_secrets(text: bytes, known: Mapping[str, str], *, placeholders: bool = False) -> list[tuple[int, str]]:
    """The secrets in a text, from left to right: the offset in bytes where each begins, and its kind.

    `known` maps each secret value to the name of its kind. A secret of two kinds is listed once, as the known one.
    Values that redaction would keep are left out; so are placeholders, unless `placeholders` is set.
    """
    search = Search(known)
    if search.is_clean(text):
        return []
    ranks = {
        kind: rank for rank, kind in enumerate(dict.fromkeys([*known.values(), *(shape.kind for shape in SHAPES)]))
    }
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for secret in search.secrets(text):
        if placeholders or not is_placeholder(secret.said.decode("utf-8", "replace")):
            by_kind.setdefault(secret.kind, []).append((secret.begin, secret.end))
    taken: list[tuple[int, int, str]] = []
    for kind in sorted(by_kind, key=ranks.__getitem__):
        may_be_cut = readable(text, by_kind[kind], keys=kind not in known.values())
        free = (span for span in may_be_cut if not any(span[0] < end and begin < span[1] for begin, end, _ in taken))
        taken += [(*span, kind) for span in list(free)]
    return [(begin, kind) for begin, _, kind in sorted(taken)]


def spoken_texts(body: bytes, dialect: Dialect) -> list[bytes]:
    """The texts in the events of a body, each joined from its pieces; none if it has no events."""
    return list(Talk(body, dialect).said())
