"""A call as a conversation: what was said before, and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_samurai.bill import Call
from pytest_samurai.errors import SamuraiError
from pytest_samurai.text import visible
from pytest_samurai.wire import Message, Part

_MARGIN = "  "


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of a request, and those of its reply, one for each choice.

    `why_unread` says why there are none, if the request or the reply is not JSON of this API.
    """

    asked: Sequence[Message]
    answered: Sequence[Message]
    why_unread: str | None = None


def conversation(call: Call) -> Conversation:
    """The conversation of a call."""
    try:
        asked = call.messages
    except SamuraiError as error:
        return Conversation((), call.answers, str(error))
    return Conversation(asked, call.answers)


def message_lines(message: Message) -> Iterator[str]:
    """A message as lines that are safe to show: its role, then each of its parts."""
    texts = [_part_lines(part) for part in message.parts] or [["(nothing)"]]
    [first, *more], *others = texts
    yield f"{speaker(message)}: {first}"
    for line in [*more, *(line for lines in others for line in lines)]:
        yield f"{_MARGIN}{line}"


def speaker(message: Message) -> str:
    """The sender of a message, safe to show: its role, and its name if it has one."""
    return visible(" ".join(filter(None, [message.role or "text", message.name])))


def _part_lines(part: Part) -> list[str]:
    return visible(part.said, keep="\n").split("\n")
