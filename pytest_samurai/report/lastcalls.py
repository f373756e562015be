"""The last calls of a failed test as a conversation, short enough for the space below its traceback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_samurai.bill import Call
from pytest_samurai.report.conversation import conversation, message_lines
from pytest_samurai.text import cut_in_the_middle, plural, visible
from pytest_samurai.wire import Message

MOST_LINES = 40

_MOST_OF_MESSAGE = 8
_MOST_ASKED = 3
_MOST_ANSWERED = 3
_LONGEST_LINE = 120
_OURS = frozenset({"assistant", "model"})
"""The roles that answer. What follows the last of their messages was asked last."""


def last_calls(calls: Sequence[Call], most: int = MOST_LINES) -> list[str]:
    """The last calls, the newest at the end: what was asked last, which tools were called, what was answered.

    It shows as many calls as fit into `most` lines, after the number of earlier ones.
    """
    shown: list[list[str]] = []
    room = most
    for call in reversed(calls):
        # Reserve a line for the number of lines left out.
        lines = _call_lines(call)
        if shown and len(lines) > room - 1:
            break
        lines = _fitting(lines, room - 1)
        shown.insert(0, lines)
        room -= len(lines)
    left_out = len(calls) - len(shown)
    head = [f"({plural(left_out, 'call')} before {'these' if len(shown) > 1 else 'this'})"] if left_out else []
    return [*head, *(line for lines in shown for line in lines)]


def _call_lines(call: Call) -> list[str]:
    lines = [_head(call)]
    talk = conversation(call)
    if talk.why_unread is not None:
        lines.append(f"  {_line(call.redacted(talk.why_unread))}")
    asked = _asked_last(talk.asked)
    lines += _messages(call, asked[-_MOST_ASKED:])
    lines += _messages(call, talk.answered[:_MOST_ANSWERED])
    if len(talk.answered) > _MOST_ANSWERED:
        lines.append(f"  ({plural(len(talk.answered) - _MOST_ANSWERED, 'answer')} more)")
    return lines


def _head(call: Call) -> str:
    how = "replayed" if call.replayed else "live"
    said = [how, call.model or "model unknown", *([f"status {call.status_code}"] if call.status_code >= 300 else [])]
    if call.usage is not None and call.usage.total_tokens:
        said.append(f"{call.usage.prompt_tokens:,} + {call.usage.completion_tokens:,} tokens")
    return f"call {call.number} ({visible(', '.join(said))})"


def _asked_last(asked: Sequence[Message]) -> Sequence[Message]:
    """The messages since the last answer."""
    answers = [index for index, message in enumerate(asked) if message.role in _OURS]
    return asked[answers[-1] + 1 :] if answers else asked


def _messages(call: Call, messages: Iterable[Message]) -> list[str]:
    return [f"  {_line(line)}" for message in messages for line in _fitting(_lines(call, message), _MOST_OF_MESSAGE)]


def _lines(call: Call, message: Message) -> list[str]:
    # Secrets go before anything is shortened: half a secret looks like any other word.
    parts = tuple(replace(part, text=call.redacted(part.text)) for part in message.parts)
    return "\n".join(message_lines(replace(message, parts=parts))).rstrip().split("\n")


def _line(text: str) -> str:
    return cut_in_the_middle(text, _LONGEST_LINE)


def _fitting(lines: Sequence[str], most: int) -> list[str]:
    """The lines. If there are too many, their number replaces the middle."""
    if len(lines) <= most:
        return list(lines)
    first = most // 2
    last = most - first - 1
    left_out = len(lines) - first - last
    return [*lines[:first], f"  [... {plural(left_out, 'line')} ...]", *lines[len(lines) - last :]]
