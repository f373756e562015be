"""The page of all messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manual.collected import FILLED_IN, Message, messages
from manual.situations import NO_MESSAGES, PARTS, Situation

_INTRODUCTION = f"""\
# Messages

Every message of pytest-samurai, with what to do about it. Search this page for a few words of yours: where a message
names a test, a file or a number, the page has `{FILLED_IN}`. A long message is made of several of these lines.
"""


def messages_page() -> str:
    """The text of docs/messages.md."""
    sorted_in = situations_of(messages())
    lines = [_INTRODUCTION]
    for part, situations in PARTS.items():
        lines.append(f"## {part}\n")
        for situation in situations:
            shown = dict.fromkeys(_quoted(message.text) for message in sorted_in[situation.title])
            lines += [f"### {situation.title}\n", f"{situation.advice}\n", *(f"- {text}" for text in shown), ""]
    return "\n".join(lines).rstrip() + "\n"


def situations_of(collected: Iterable[Message]) -> dict[str, list[Message]]:
    """The messages of each situation, by its title. Raises KeyError for a message whose source is in no table."""
    homes: dict[str, Situation | None] = dict.fromkeys(NO_MESSAGES)
    homes |= {source: situation for situation in every_situation() for source in situation.sources}
    told: dict[str, list[Message]] = {situation.title: [] for situation in every_situation()}
    for message in collected:
        known = [name for name in _names(message.source) if name in homes]
        if not known:
            raise KeyError(f"{message.source} says {message.text!r}, and is in no table of manual/situations.py")
        situation = homes[known[0]]
        if situation is not None:
            told[situation.title].append(message)
    return told


def every_situation() -> Iterator[Situation]:
    """All rows of the table, in the order of the page."""
    for situations in PARTS.values():
        yield from situations


def _names(source: str) -> Iterator[str]:
    """The names that a table may use for a source, the longest first."""
    module = source.partition(":")[0]
    yield from (source, module)
    while "/" in module:
        module = module.rpartition("/")[0]
        yield module


def _quoted(text: str) -> str:
    fence = "``" if "`" in text else "`"
    blank = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{blank}{text}{blank}{fence}"
