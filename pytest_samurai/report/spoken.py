"""Which calls a test made, and in which cassette they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from pytest_samurai.wire import Interaction


@dataclass(frozen=True, slots=True)
class Spoken:
    """The calls that a test or fixture, by its name or label, made with a cassette, in their order.

    `cassette` is a path as seen from the root directory. The calls are told by marks, since their indexes in a shared
    cassette may move before the run ends: see `mark`.
    """

    user: str
    cassette: str
    calls: Sequence[str]

    @classmethod
    def of(cls, user: str, cassette: str, interactions: Iterable[Interaction]) -> Spoken:
        """What a test spoke, from its calls as they stand in the cassette."""
        return cls(user, cassette, list(map(mark, interactions)))

    def as_json(self) -> dict[str, Any]:
        """The same in JSON values."""
        return {"user": self.user, "cassette": self.cassette, "calls": list(self.calls)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Spoken:
        """What `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        texts = [value["user"], value["cassette"], *value["calls"]]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a conversation's name, cassette and calls must be text")
        return cls(texts[0], texts[1], texts[2:])


def mark(interaction: Interaction) -> str:
    """What tells a call from the others of its cassette: the checksums of both bodies, in 16 hexadecimal digits."""
    return f"{crc32(interaction.request.body):08x}{answer_mark(interaction)}"


def answer_mark(interaction: Interaction) -> str:
    """The second half of a mark.

    Of a cassette of another tool, the request was marked without the secrets that the file still has, so only this half
    is sure to be the same.
    """
    return f"{crc32(interaction.reply.body):08x}"
