"""The chunks of a stream, as a cassette notes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from functools import cached_property

from pytest_samurai.wire import Chunk, Chunks, Headers, event_lengths, is_event_stream

_CHUNK = re.compile(r"\d+@\d+(?:\.\d+)?", re.ASCII)


def chunks_of(headers: Headers, body: bytes, noted: str | None) -> Sequence[Chunk] | None:
    """The chunks as YAML has read them. For a stream without a note, one for each event, at 0 seconds.

    Raises ValueError for a malformed note.
    """
    if noted is not None:
        words = noted.split()
        wrong = next((word for word in words or [""] if not _CHUNK.fullmatch(word)), None)
        if wrong is not None:
            raise ValueError(f"`chunks` holds {wrong!r}; a chunk is written as bytes@milliseconds, as in 120@35.2")
        return Noted(" ".join(words), body)
    return tuple(Chunk(length, 0.0) for length in event_lengths(body)) if is_event_stream(headers) else None


def noted_chunks(noted: str) -> list[Chunk]:
    """The chunks in the note, whether they fit the body or not."""
    words = (word.split("@") for word in noted.split())
    return [Chunk(int(length), float(f"{milliseconds}e-3")) for length, milliseconds in words]


class Noted(Chunks):
    """Chunks from the text of their note: `bytes@milliseconds` for each. For an edited body, one chunk per event."""

    def __init__(self, text: str, body: bytes) -> None:
        self._text = text
        self._body = body

    @cached_property
    def lengths(self) -> Sequence[int]:
        lengths = list(map(int, self._words[::2]))
        return lengths if sum(lengths) == len(self._body) else event_lengths(self._body)

    @cached_property
    def times(self) -> Sequence[float]:
        words = self._words
        if sum(map(int, words[::2])) != len(self._body):
            return [0.0] * len(self.lengths)
        return [float(word + "e-3") for word in words[1::2]]

    @property
    def _words(self) -> list[str]:
        return self._text.replace("@", " ").split()


_LINE_WIDTH = 110
_EXACT = Context(prec=20)


def _milliseconds(seconds: float) -> str:
    return f"{Decimal(repr(seconds)).scaleb(3, _EXACT):f}"


def chunks_text(chunks: Sequence[Chunk]) -> str:
    """Chunks as a folded YAML block; empty if there are none. The width of its lines is limited."""
    lines = [""]
    for chunk in chunks:
        word = f"{chunk.length}@{_milliseconds(chunk.at)}"
        if len(lines[-1]) + len(word) > _LINE_WIDTH:
            lines.append("")
        lines[-1] += f"{word} "
    return ">-" + "".join(f"\n        {line.rstrip()}" for line in lines) if chunks else ""
