"""Texts of a JSON body that are parts of a longer text: of a message, of an input, of the tokens of a reply."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from pytest_samurai.redaction.edits import REDACTED, Edit, edited, shares, united
from pytest_samurai.redaction.reading import Reading
from pytest_samurai.redaction.streams import parsed, texts_of
from pytest_samurai.wire import (
    TOKEN_ALTERNATIVES,
    TOKEN_BYTES,
    UNKNOWN,
    Channel,
    is_token,
    message_of,
    spells_token,
)

_SIGNS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]', re.DOTALL)
_NUMBERS = re.compile(rb"\[\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*\]")
# Letters and digits at the beginning of a text that look like the rest of a key; an id doesn't count.
_REST = re.compile(
    rb'"(?=[\w-]{8})(?=[A-Za-z_-]{0,40}\d|[A-Za-z_-]{16})'
    rb'(?<!id":")(?<!id": ")(?<!print":")(?<!print": ")'
    rb"(?:[\w-]{0,16}?(?=[A-Za-z]{0,200}\d)(?=\d{0,200}[A-Za-z])[A-Za-z0-9]{8,}"
    rb"|[\w-]{0,16}?(?=[A-Z]{0,200}[a-z])(?=[a-z]{0,200}[A-Z])[A-Za-z]{16,})"
)

# A list whose texts, or the texts of whose objects or lists, may be the tokens of an answer.
_TEXTS = re.compile(rb'"\s*,\s*"[^"]*"\s*[,\]]')
_LISTS = re.compile(rb"[}\]]\s*,\s*[{\[]")

Find = Callable[[bytes, Sequence[int]], Iterable[Edit]]
"""Finds what to cut out of a text. It also gets the offsets where parts begin, except the first."""


def may_continue(body: bytes) -> bool:
    """Whether a text in a JSON body may be the rest of a key that begins, unrecognizably, in the text before."""
    return body.lstrip()[:1] in (b"{", b"[") and _REST.search(body) is not None


def listed_texts(body: bytes) -> Iterator[bytes]:
    """The texts in a JSON body that lists may spell in small pieces, as they do the tokens of an answer."""
    if _TEXTS.search(body) is None and _LISTS.search(body) is None:
        return
    value = parsed(body)
    if value is None:
        return
    channels: dict[Channel, list[str]] = {}
    for channel, holder, key in texts_of(value, UNKNOWN):
        channels.setdefault(channel, []).append(holder[key])
    for texts in channels.values():
        if len(texts) > _MOST_PARTS:
            yield "".join(texts).encode("utf-8", "surrogatepass")


# A secret in more texts than this is spelled by tokens. In fewer, it is in parts of a message.
_MOST_PARTS = 4
_LONGEST_TOKEN = 12
"""In bytes. The first and the last text of a secret may be longer, because they may hold other letters too."""


@dataclass(slots=True)
class _Part:
    """A string, or the numbers of its bytes, and the offset of the object that holds it.

    For a string in a list, `spot` is the offset of the object that holds the list, and the index in the list.
    """

    begin: int
    end: int
    holder: int
    text: bytes
    reading: Reading | None
    spot: tuple[int, int] = (0, 0)
    edits: list[Edit] = field(default_factory=list)

    def edited(self) -> bytes:
        return edited(self.text, united(self.edits))

    def respelled(self) -> Iterator[Edit]:
        """The edits of the body."""
        if self.reading is None:
            if self.edits:
                yield self.begin, self.end, b", ".join(b"%d" % byte for byte in self.edited())
            return
        for begin, end, new in self.edits:
            first, last = self.reading.span(begin, end)
            yield self.begin + first, self.begin + last, new


@dataclass(slots=True)
class _Frame:
    begin: int
    is_object: bool
    key: bytes = b""
    is_value: bool = False
    index: int = 0


class Parts:
    """The strings in a JSON body, by the keys that lead to them. Strings in a list are parts of one text."""

    def __init__(self, body: bytes) -> None:
        self._channels: dict[tuple[bytes, ...], list[_Part]] = {}
        # The same texts again: those that are the whole content of a message together with those that are parts of one.
        self._contents: dict[tuple[bytes, ...], list[_Part]] = {}
        self._ends: dict[int, int] = {}
        # In older completions, the alternative tokens are keys. By the spot of the token that they could have replaced.
        self._alternatives: dict[tuple[int, int], list[_Part]] = {}
        frames: list[_Frame] = []
        for sign in _SIGNS.finditer(body):
            self._read(body, sign, frames)

    def _read(self, body: bytes, sign: re.Match[bytes], frames: list[_Frame]) -> None:
        letters = sign[0]
        if letters in b"}]":
            if frames:
                self._ends[frames.pop().begin] = sign.end()
            return
        top = frames[-1] if frames else _Frame(0, is_object=False)
        if letters in b"{[":
            numbers = _NUMBERS.match(body, sign.start()) if top.key == TOKEN_BYTES else None
            if numbers:
                self._add(frames, numbers.start() + 1, numbers.end() - 1, _bytes(numbers[0]), None)
            frames.append(_Frame(sign.start(), letters == b"{"))
        elif letters in b":,":
            top.is_value = letters == b":"
            top.index += letters == b","
        elif top.is_object and not top.is_value:
            top.key = letters[1:-1]
            if len(frames) > 2 and frames[-3].key == TOKEN_ALTERNATIVES:
                reading = Reading(top.key).undone()
                key = _Part(sign.start() + 1, sign.end() - 1, top.begin, reading.text, reading)
                self._alternatives.setdefault(_spot(frames[:-1]), []).append(key)
        else:
            reading = Reading(letters[1:-1]).undone()
            self._add(frames, sign.start() + 1, sign.end() - 1, reading.text, reading)

    def _add(self, frames: list[_Frame], begin: int, end: int, text: bytes, reading: Reading | None) -> None:
        path = tuple(frame.key for frame in frames if frame.is_object)
        holder = frames[-1].begin if frames else 0
        part = _Part(begin, end, holder, text, reading, _spot(frames))
        self._channels.setdefault(path, []).append(part)
        message = message_of(path)
        if message != path:
            self._contents.setdefault(message, []).append(part)

    def edits(self, find: Find, find_all: Find, *, is_reply: bool = False) -> list[Edit]:
        """The edits of the body that cut out what `find` finds in texts of several parts.

        Tokens aren't parts of a message: nothing comes between one and the next. They go to `find_all`, even if there
        is only one. In a reply, many small parts are tokens, too, whatever their list is called.
        """
        if is_reply:
            for path, parts in self._channels.items():
                self._cut_tokens(path, parts, find_all)
        for path, parts in (*self._channels.items(), *self._contents.items()):
            is_told = is_token(path)
            if len(parts) > 1 or is_told:
                joints = list(accumulate(len(part.text) for part in parts))
                text = b"".join(part.text for part in parts)
                cuts = united((find_all if is_told else find)(text, joints[:-1]))
                for part, share in zip(parts, shares([part.text for part in parts], cuts), strict=True):
                    if is_told and share:
                        part.edits += share
                        self._tell(part)
                    else:
                        # A mark in each part of a message shows that something was there.
                        part.edits += [(begin, end, REDACTED.encode()) for begin, end, _ in share]
        every = (*self._channels.values(), *self._alternatives.values())
        return [edit for parts in every for part in parts for edit in part.respelled()]

    def _cut_tokens(self, path: tuple[bytes, ...], parts: Sequence[_Part], find_all: Find) -> None:
        """Cut what `find_all` finds out of parts that are as many and as small as tokens, and out of candidates."""
        texts = [part.text for part in parts]
        ends = [*accumulate(map(len, texts))]
        edits = united(find_all(b"".join(texts), ends[:-1])) if len(parts) > _MOST_PARTS else []
        cuts = [
            cut for cut in edits if _is_in_tokens(texts[bisect_right(ends, cut[0]) : bisect_left(ends, cut[1]) + 1])
        ]
        for part, share in zip(parts, shares(texts, cuts), strict=True):
            if share:
                part.edits += share
                for other in self._candidates(path, part.text):
                    other.edits = list(share)

    def _candidates(self, path: tuple[bytes, ...], text: bytes) -> Iterator[_Part]:
        """The same text in a neighbouring list, which tells what could have been said."""
        for other, parts in self._channels.items():
            if other != path and other[:-2][: len(path) - 2] == path[:-2] and other[-1:] == path[-1:]:
                yield from (part for part in parts if part.text == text)

    def _tell(self, token: _Part) -> None:
        """Edit the bytes of a token, and its copy among the alternatives."""
        for key in self._alternatives.get(token.spot, ()):
            if key.text == token.text:
                key.edits = list(token.edits)
        end = self._ends.get(token.holder, token.end)
        for path, parts in self._channels.items():
            if spells_token(path):
                first = bisect_left(parts, token.holder, key=lambda part: part.begin)
                for part in parts[first : bisect_left(parts, end, key=lambda part: part.begin)]:
                    if part is not token and part.text == token.text:
                        part.edits = list(token.edits)


def _is_in_tokens(texts: Sequence[bytes]) -> bool:
    return len(texts) > _MOST_PARTS and all(len(text) <= _LONGEST_TOKEN for text in texts[1:-1])


def _spot(frames: Sequence[_Frame]) -> tuple[int, int]:
    return (frames[-2].begin, frames[-1].index) if len(frames) > 1 else (0, 0)


def _bytes(numbers: bytes) -> bytes:
    return bytes(min(int(number), 255) for number in re.findall(rb"\d+", numbers))
