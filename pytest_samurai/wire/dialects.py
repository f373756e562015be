"""The known dialects, and how to tell which one a request uses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from pytest_samurai.wire.answer import Answer
from pytest_samurai.wire.audio import AUDIO
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.cohere import COHERE
from pytest_samurai.wire.completions import COMPLETIONS
from pytest_samurai.wire.converse import CONVERSE
from pytest_samurai.wire.dialect import Dialect
from pytest_samurai.wire.embeddings import EMBEDDINGS
from pytest_samurai.wire.gemini import GEMINI
from pytest_samurai.wire.hostedmessages import ON_BEDROCK, ON_VERTEX
from pytest_samurai.wire.images import IMAGES
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.messages import MESSAGES
from pytest_samurai.wire.moderations import MODERATIONS
from pytest_samurai.wire.ollama import OLLAMA
from pytest_samurai.wire.responses import RESPONSES
from pytest_samurai.wire.spelling import plain_url
from pytest_samurai.wire.texts import every_text

DIALECTS: Final = (
    CHAT,
    COMPLETIONS,
    RESPONSES,
    MESSAGES,
    EMBEDDINGS,
    GEMINI,
    OLLAMA,
    COHERE,
    ON_VERTEX,
    ON_BEDROCK,
    CONVERSE,
    IMAGES,
    AUDIO,
    MODERATIONS,
)
"""They are asked in this order. If two paths end the same way, the more specific one comes first."""


PATTERNS: Final = tuple(pattern for dialect in DIALECTS for pattern in dialect.patterns)
"""The endpoints of all dialects, as fnmatch patterns on scheme://host/path."""

AMBIGUOUS: Final = frozenset(pattern[1:] for dialect in DIALECTS if dialect.may_be_own for pattern in dialect.patterns)
"""The ends of endpoints that an application may use for something else."""


UNKNOWN: Final = replace(CHAT, name=None, paths=(), patterns=(), texts=every_text)
"""For endpoints that no dialect knows. Many are gateways' own paths to chat, so anything that looks like chat is read
as chat, but each of its texts may come piece by piece."""


_UNUSUAL = re.compile(r"[A-Z;%\\]|[^:]//|/\.|/$")
"""What makes a URL differ from its usual spelling."""


def dialect_of(url: str) -> Dialect:
    """The dialect of an endpoint, by the end of its path in any spelling; `UNKNOWN` if none matches."""
    path = url.partition("?")[0].partition("#")[0]
    if _UNUSUAL.search(path):
        path = plain_url(path).lower()
    for dialect in DIALECTS:
        if path.endswith(dialect.paths) and dialect.within in path:
            return dialect
    return UNKNOWN


def comes_in_pieces(url: str, dialect: Dialect) -> bool:
    """Whether the reply to a URL of this dialect comes piece by piece, whatever its headers say."""
    return bool(dialect.streams) and plain_url(url.partition("?")[0]).lower().endswith(dialect.streams)


def answer_of(interaction: Interaction) -> Answer:
    """The reply of a call, as its dialect reads it."""
    return Answer(interaction.reply, dialect_of(interaction.request.url))
