"""The search for secrets in a text, however they are spelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_samurai.redaction.encoded import Encoded, encoded, encoded_keys, wraps
from pytest_samurai.redaction.joints import across, goes_on_in_line, goes_on_in_part
from pytest_samurai.redaction.reading import Reading, hides
from pytest_samurai.redaction.shapes import BEGINNINGS, IN_BLOCKS, LONGEST_SHAPE, SHAPES, Shape
from pytest_samurai.redaction.spellings import known_patterns, pieces

# The look-behind is for the character before the blanks. Without it, a run of blanks would take quadratic time.
_LINE_BREAK = re.compile(rb"(?<![ \t])[ \t]*(?:\r\n?|\n)[ \t]*")
# How mail, shells and source code break a text in two, with few blanks. A known key may be broken like this.
_BREAK = re.compile(
    rb"[=\\]?[ \t]{0,4}(?:\r\n?|\n)(?:[ \t]{0,4}>)+[ \t]{0,4}|[=\\](?:\r\n?|\n)[ \t]{0,40}"
    rb"|(['\"])\s{0,40}[+.&]?\s{0,40}\1"
)


class Secret(NamedTuple):
    """A secret in a text: its bounds in bytes, its kind, and its text."""

    begin: int
    end: int
    kind: str
    said: bytes


class Search:
    """Finds secrets: the `known` values, each with the name of its kind, and anything shaped like a secret."""

    def __init__(self, known: Mapping[str, str]) -> None:
        # One pattern each: a single one with alternatives would miss a secret that begins within another.
        self._known = [
            Shape(kind, pattern.pattern, ()) for secret, kind in known.items() for pattern in known_patterns([secret])
        ]
        self._pieces = [piece for secret in known for piece in pieces(secret)]
        self._traces = [*BEGINNINGS, *self._pieces]
        self.longest = max([LONGEST_SHAPE, *(8 * len(shape.source) for shape in self._known)])
        """The most bytes needed to recognize a secret, in any spelling."""

    def is_clean(self, text: bytes) -> bool:
        """Whether a text surely holds no secret, like nearly all texts."""
        # A loop: most texts are short, and a generator would take as long as the searches.
        for trace in self._traces:
            if trace.search(text) is not None:
                return False
        said = encoded_keys(text)
        if not hides(text) and not (said and wraps(text)):
            return not said or not self._say(said)
        layers = [layer.text for layer in Reading(text).layers()]
        layers += [_LINE_BREAK.sub(b"", layer) for layer in layers]
        return not any(self._shows(layer) or self._say(encoded_keys(layer)) for layer in layers)

    def _shows(self, text: bytes) -> bool:
        return any(trace.search(text) for trace in self._traces)

    def _say(self, said: Collection[bytes]) -> bool:
        """Whether texts decoded from base64 may hold a secret."""
        return self._shows(b"\0".join(said)) or not all(self.is_clean(text) for text in said if text.isascii())

    def secrets(self, text: bytes) -> Iterator[Secret]:
        """The secrets in a text, the known ones first in each layer. Two of them may overlap or be equal."""
        return self._in_layers(text, [*self._known, *SHAPES])

    def has_any(self, block: bytes) -> bool:
        """Whether a block holds a secret, or the beginning of one that may continue after it."""
        shapes = [*self._known, *IN_BLOCKS]
        return not self.is_clean(block) and next(self._in_layers(block, shapes), None) is not None

    def in_parts(self, text: bytes, joints: Sequence[int]) -> Iterator[Secret]:
        """The secrets that continue from part to part of a joined text; known ones also within one part."""
        yield from self._in_layers(text, self._known)
        yield from _broken(text, joints, SHAPES, goes_on_in_part)

    def _in_layers(self, text: bytes, shapes: Sequence[Shape]) -> Iterator[Secret]:
        for layer in Reading(text).layers():
            if self._shows(layer.text):
                yield from _moved(layer, _plain(layer.text, shapes))
            lines = layer.without(_LINE_BREAK)
            if lines.joints and self._shows(lines.text):
                yield from _moved(lines, _broken(lines.text, lines.joints, shapes, goes_on_in_line))
            whole = layer.without(_BREAK)
            if whole.joints and self._shows(whole.text):
                yield from _moved(whole, _plain(whole.text, self._known))
            for reading in (layer, lines) if lines.joints else (layer,):
                yield from _moved(reading, self._in_base64(reading.text, shapes))

    def _in_base64(self, text: bytes, shapes: Sequence[Shape]) -> Iterator[Secret]:
        runs = [*encoded(text)]
        if self._shows(b"\0".join([run.said for run in runs])) or any(run.said.isascii() for run in runs):
            for run in runs:
                if self._shows(run.said) or (run.said.isascii() and not self.is_clean(run.said)):
                    yield from _moved(run, self._in_layers(run.said, shapes))


def _moved(part: Reading | Encoded, secrets: Iterable[Secret]) -> Iterator[Secret]:
    """Secrets with their bounds in the text that this one was made from."""
    for begin, end, kind, said in secrets:
        yield Secret(*part.span(begin, end), kind, said)


def _plain(text: bytes, shapes: Iterable[Shape]) -> Iterator[Secret]:
    for shape in shapes:
        if shape.may_be_in(text):
            group = "cut" if "cut" in shape.pattern.groupindex else 0
            yield from (Secret(*match.span(group), shape.kind, match[group]) for match in shape.pattern.finditer(text))


def _broken(
    text: bytes, joints: Sequence[int], shapes: Sequence[Shape], goes_on: Callable[[bytes], bool]
) -> Iterator[Secret]:
    def begins(text: bytes, at: int) -> bool:
        return any(shape.pattern.match(text, at) for shape in shapes)

    for shape in shapes if joints else ():
        if shape.may_break and shape.may_be_in(text):
            for begin, end in across(shape.pattern, text, joints, goes_on, begins):
                yield Secret(begin, end, shape.kind, text[begin:end])
