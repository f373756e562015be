"""The interactions of a cassette, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction

_NOTES = tuple(field.name for field in fields(Interaction) if field.name not in ("request", "reply"))


class Recordings(Sequence[Interaction]):
    """The interactions of a cassette, in the order of the file."""

    are_redacted = False
    """Whether they surely are what we wrote, with nothing in them that would be cut out of a request here."""

    def __init__(self, interactions: Sequence[Interaction] = ()) -> None:
        self._interactions = interactions

    def __len__(self) -> int:
        return len(self._interactions)

    def __getitem__(self, place: Any) -> Any:
        return self._interactions[place]

    def request(self, place: int) -> Request:
        return self._interactions[place].request

    def asks(self, place: int, request: Request) -> bool:
        """Whether a request is the recorded one byte for byte, headers aside."""
        return self._interactions[place].request.has_bytes_of(request)

    def as_json(self, place: int) -> Request:
        """A request, or the same with other white space between what its JSON is made of, if that is there sooner."""
        return self._interactions[place].request

    def reply(self, place: int) -> Reply:
        return self._interactions[place].reply

    def notes(self, place: int) -> Mapping[str, Any]:
        """What an interaction has besides request and reply, by name."""
        item = self._interactions[place]
        return {name: getattr(item, name) for name in _NOTES}

    def status(self, place: int) -> int:
        return self._interactions[place].reply.status

    def recorded_at(self, place: int) -> str | None:
        return self._interactions[place].recorded_at

    def times(self) -> Iterator[str | None]:
        """When each was recorded."""
        return map(self.recorded_at, range(len(self)))
