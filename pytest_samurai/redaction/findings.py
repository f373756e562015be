"""Secrets found in what others have written."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_samurai.redaction.search import Search, Secret
from pytest_samurai.redaction.shapes import SHAPES
from pytest_samurai.redaction.streams import Talk
from pytest_samurai.wire import Dialect


def find_secrets(text: bytes, known: Mapping[str, str]) -> list[tuple[int, str]]:
    """The secrets in a text, from left to right: where each begins, and of what kind it is.

    `known` are values that are secret, each with what its kind is to be called. A secret of two kinds is given once,
    by the one that is known.
    """
    search = Search(known)
    if search.is_clean(text):
        return []
    ranks = {kind: rank for rank, kind in enumerate(dict.fromkeys([*known.values(), *(shape.kind for shape in SHAPES)]))}
    taken: list[Secret] = []
    for secret in sorted(search.secrets(text), key=lambda secret: (ranks[secret.kind], secret.begin, -secret.end)):
        if not any(secret.begin < other.end and other.begin < secret.end for other in taken):
            taken.append(secret)
    return [(secret.begin, secret.kind) for secret in sorted(taken)]


def spoken_texts(body: bytes, dialect: Dialect) -> list[bytes]:
    """What is said in the events of a body, each text put together from its pieces; nothing if it has no events."""
    return list(Talk(body, dialect).said())
