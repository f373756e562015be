"""Secrets found in what others have written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_samurai.redaction.known import known_patterns
from pytest_samurai.redaction.plain import is_placeholder
from pytest_samurai.redaction.readable import readable
from pytest_samurai.redaction.shapes import SHAPES
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.wire import Dialect


def find_secrets(text: bytes, known: Mapping[str, str], *, placeholders: bool = False) -> list[tuple[int, str]]:
    """The secrets in a text, from left to right: where each begins, and of what kind it is.

    `known` are values that are secret, each with what its kind is to be called. A secret of two kinds is given once,
    by the one that is known. What would not be cut out is none; nor is what says that it stands in for a key, without
    `placeholders`.
    """
    kinds: dict[str, list[re.Pattern[bytes]]] = {}
    for value, kind in known.items():
        kinds.setdefault(kind, []).extend(known_patterns([value]))
    kinds |= {kind: [pattern] for kind, pattern in SHAPES.items()}
    taken: list[tuple[int, int, str]] = []
    for kind, patterns in kinds.items():
        spans = {match.span() for pattern in patterns for match in pattern.finditer(text)}
        may_be_cut = readable(text, spans, keys=kind in SHAPES)
        real = (span for span in may_be_cut if placeholders or not _stands_in(text[slice(*span)]))
        free = (span for span in real if not any(span[0] < end and begin < span[1] for begin, end, _ in taken))
        taken += [(*span, kind) for span in list(free)]
    return [(begin, kind) for begin, _, kind in sorted(taken)]


def _stands_in(secret: bytes) -> bool:
    return is_placeholder(secret.decode("utf-8", "replace"))


def spoken_texts(body: bytes, dialect: Dialect) -> list[bytes]:
    """What is said in the events of a body, each text put together from its pieces; nothing if it has no events."""
    return list(Talk(body, dialect).said())
