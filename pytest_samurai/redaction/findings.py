"""Secrets in what others have written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_samurai.redaction.shapes import SHAPES
from pytest_samurai.redaction.spellings import spelled
from pytest_samurai.redaction.streams import channels_of


def find_secrets(text: bytes, known: Mapping[str, str]) -> list[tuple[int, str]]:
    """The secrets in a text: where each begins, and of what kind it is; from left to right.

    `known` are values that are secret, each with the kind that it is to be called. A secret that is of two kinds
    is given once, by what is known of it.
    """
    kinds: dict[str, list[re.Pattern[bytes]]] = {}
    for value, kind in known.items():
        kinds.setdefault(kind, []).extend(spelled([value]))
    kinds |= {kind: [pattern] for kind, pattern in SHAPES.items()}
    taken: list[tuple[int, int, str]] = []
    for kind, patterns in kinds.items():
        spans = {match.span() for pattern in patterns for match in pattern.finditer(text)}
        free = (span for span in spans if not any(span[0] < end and begin < span[1] for begin, end, _ in taken))
        taken += [(*span, kind) for span in list(free)]
    return [(begin, kind) for begin, _, kind in sorted(taken)]


def spoken_texts(stream: bytes) -> list[bytes]:
    """What is said in the events of a stream, each text put together from its deltas."""
    _, channels = channels_of(stream)
    return [b"".join(holder[key].encode("utf-8", "surrogatepass") for _, holder, key in parts) for parts in channels]
