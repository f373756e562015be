"""A conversation on a page: its calls, message by message."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_samurai.bill import Call
from pytest_samurai.files import json
from pytest_samurai.report.conversation import conversation, speaker
from pytest_samurai.report.lines import shown_amount
from pytest_samurai.text import plural, visible
from pytest_samurai.wire import Message, Part, text_length

LONGEST = 4_000
SHORTER = 300
"""The maximum number of characters in a text. A longer one is shown with its beginning and its end."""

_BEGINNING = 90
_LEAST_SECONDS = 0.1
_MOST_BEFORE = 3
_MOST_NEW = 30


@dataclass(frozen=True, slots=True)
class Said:
    """A message, or several that are left out. All its texts are safe to show.

    `parts` are pairs of a label, empty for plain text, and a text. `share` is its part of the prompt in words, and
    `percent` is the same as a number. `before` says where in the test the same was said earlier.
    """

    speaker: str
    parts: Sequence[tuple[str, str]] = ()
    share: str = ""
    percent: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A call on a page. `facts` say what it used and how long it took, `why_unread` why it has no messages."""

    number: int
    model: str
    facts: Sequence[str]
    asked: Sequence[Said]
    answered: Sequence[Said]
    why_unread: str


class Talk:
    """The conversation of one test, call by call. It remembers what was said before.

    If it `is_whole`, it has all messages with their full texts, except what was said before.
    """

    def __init__(self, *, is_whole: bool = False) -> None:
        self._is_whole = is_whole
        self._before: dict[Message, str] = {}

    def told(self, call: Call, longest: int = LONGEST) -> ToldCall:
        """A call after those that were `heard`, with at most `longest` characters of each text."""
        if self._is_whole:
            longest = sys.maxsize
        talk, messages = conversation(call), _sent(call)
        lengths = list(map(_length, messages))
        asked = [
            _shared(self._asked(message, longest), length, sum(lengths), call)
            for message, length in zip(messages, lengths, strict=True)
        ]
        return ToldCall(
            call.number,
            visible(call.model or "unknown model"),
            [*_facts(call), *_sent_before(asked, lengths)],
            asked if self._is_whole else [*_folded(asked)],
            [Said(speaker(message), _parts(message, longest)) for message in talk.answered],
            visible(talk.why_unread or ""),
        )

    def heard(self, call: Call) -> None:
        """Remember what was said in a call."""
        for how, messages in (("sent", _sent(call)), ("answered", conversation(call).answered)):
            for message in messages:
                self._before.setdefault(message, f"{how} before, in call {call.number}")

    def _asked(self, message: Message, longest: int) -> Said:
        before = self._before.get(message, "")
        parts = _parts(message, longest)
        if before:
            parts = [(label, _beginning(text)) for label, text in parts]
        return Said(speaker(message), parts, before=before)


def _parts(message: Message, longest: int) -> list[tuple[str, str]]:
    return [(_label(part), visible(shortened(part.text, longest), keep="\n")) for part in message.parts]


def _label(part: Part) -> str:
    kind = "" if part.kind == "text" else part.kind.replace("_", " ")
    return visible(" ".join(filter(None, [kind, part.name])))


def _beginning(text: str) -> str:
    left_out = len(text) - _BEGINNING
    return f"{text[:_BEGINNING]} [... {plural(left_out, 'character')} more]" if left_out > 0 else text


def shortened(text: str, longest: int) -> str:
    """A text shortened to at most `longest` characters, and the number of characters left out."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    head = longest - tail
    return f"{text[:head]}\n[... {plural(len(text) - longest, 'character')} left out ...]\n{text[len(text) - tail :]}"


# --- shares of the prompt


def _length(message: Message) -> int:
    return text_length([message.role, *(f"{part.name or ''}{part.text}" for part in message.parts)])


def _sent(call: Call) -> list[Message]:
    """The messages of a call. The first one describes the tools to the model, and is part of the prompt."""
    messages = list(conversation(call).asked)
    if messages and call.tools:
        tools = json.dumps(call.tools, ensure_ascii=False)
        messages.insert(0, Message("tools", (Part("text", tools),)))
    return messages


def _shared(said: Said, length: int, whole: int, call: Call) -> Said:
    """A message with its share, estimated from lengths: a reply only counts the whole prompt."""
    percent = round(100 * length / whole)
    tokens = ""
    if call.usage is not None and call.usage.prompt_tokens:
        tokens = f", {plural(round(call.usage.prompt_tokens * length / whole), 'token')}"
    return replace(said, share=f"about {percent}%{tokens}", percent=percent)


def _sent_before(asked: Sequence[Said], lengths: Sequence[int]) -> list[str]:
    before = sum(length for said, length in zip(asked, lengths, strict=True) if said.before)
    return [f"about {100 * before / sum(lengths):.0f}% of the prompt said before"] if before else []


def _folded(asked: Sequence[Said]) -> Iterator[Said]:
    """The messages, without the middle if there are many."""
    runs: list[list[Said]] = []
    for said in asked:
        if runs and bool(runs[-1][0].before) == bool(said.before):
            runs[-1].append(said)
        else:
            runs.append([said])
    for run in runs:
        most = _MOST_BEFORE if run[0].before else _MOST_NEW
        kept = most // 3
        if len(run) <= most + 1:
            yield from run
            continue
        left_out = run[kept : len(run) - most + kept]
        percent = sum(said.percent for said in left_out)
        before = "said before" if run[0].before else ""
        yield from run[:kept]
        yield Said(f"{plural(len(left_out), 'message')} left out", (), f"about {percent}%", percent, before)
        yield from run[len(run) - most + kept :]


# --- what a call used


def _facts(call: Call) -> Iterator[str]:
    if call.status_code >= 300:
        yield f"status {call.status_code}"
    usage = call.usage
    if usage is None:
        yield "tokens unknown"
    else:
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        yield f"{usage.prompt_tokens:,} prompt{cached} + {plural(usage.completion_tokens, 'completion token')}"
    yield "cost unknown" if call.cost is None else shown_amount(call.cost)
    first = call.first_chunk
    if first is not None:
        yield f"streamed, first chunk after {_seconds(first)}"
    if call.duration is not None:
        yield f"{_seconds(call.duration)}{' in all' if first is not None else ''}"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= _LEAST_SECONDS else f"{1000 * seconds:.1f} ms"
