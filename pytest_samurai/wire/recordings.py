"""The interactions of a cassette, each read when it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.origins import Origins

_NOTES = tuple(field.name for field in fields(Interaction) if field.name not in ("request", "reply"))


class Recordings(Sequence[Interaction]):
    """The interactions of a cassette, in the order of the file."""

    are_redacted = False
    """Whether we surely recorded these, so that nothing in them would be redacted from a request here."""

    def __init__(self, interactions: Sequence[Interaction] = ()) -> None:
        self._interactions = interactions

    def __len__(self) -> int:
        return len(self._interactions)

    def __getitem__(self, index: Any) -> Any:
        return self._interactions[index]

    def request(self, index: int) -> Request:
        return self._interactions[index].request

    def url(self, index: int) -> str:
        return self._interactions[index].request.url

    def asks(self, index: int, request: Request) -> bool:
        """Whether a request equals the recorded one byte for byte, apart from the headers."""
        return self._interactions[index].request.has_bytes_of(request)

    def as_json(self, index: int) -> Request:
        """The request, or the same JSON with different white space if that is cheaper to read."""
        return self._interactions[index].request

    def reply(self, index: int) -> Reply:
        return self._interactions[index].reply

    def notes(self, index: int) -> Mapping[str, Any]:
        """What an interaction has besides request and reply, by name; a missing note has its default."""
        interaction = self._interactions[index]
        return {name: getattr(interaction, name) for name in _NOTES}

    def status(self, index: int) -> int:
        return self._interactions[index].reply.status

    def recorded_at(self, index: int) -> str | None:
        return self._interactions[index].recorded_at

    @cached_property
    def origins(self) -> Origins:
        """How many differ from what was recorded. Each test of a shared cassette asks."""
        return Origins.of(self._interactions)

    def times(self) -> Iterator[str | None]:
        """When each was recorded."""
        return map(self.recorded_at, range(len(self)))
