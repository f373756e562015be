"""Which calls a test made, and which cassette has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from pytest_samurai.wire import Interaction


@dataclass(frozen=True, slots=True)
class Spoken:
    """The calls that a test or fixture, by its name or label, made with a cassette, in order.

    `cassette` is a path relative to the root directory. Marks identify the calls, because their indexes in a shared
    cassette may change before the run ends: see `mark`.
    """

    user: str
    cassette: str
    calls: Sequence[str]

    @classmethod
    def of(cls, user: str, cassette: str, interactions: Iterable[Interaction]) -> Spoken:
        """The conversation of a test, from its calls in the cassette."""
        return cls(user, cassette, list(map(mark, interactions)))

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {"user": self.user, "cassette": self.cassette, "calls": list(self.calls)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Spoken:
        """The inverse of `as_json`. Raises KeyError, TypeError or ValueError for anything else."""
        texts = [value["user"], value["cassette"], *value["calls"]]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a conversation's name, cassette and calls must be text")
        return cls(texts[0], texts[1], texts[2:])


def mark(interaction: Interaction) -> str:
    """Identifies a call in its cassette: the checksums of both bodies, in 16 hexadecimal digits."""
    return f"{crc32(interaction.request.body):08x}{answer_mark(interaction)}"


def answer_mark(interaction: Interaction) -> str:
    """The second half of a mark.

    In another tool's cassette, the request was marked without the secrets that the file still has. So only this half is
    certain to be the same.
    """
    return f"{crc32(interaction.reply.body):08x}"
