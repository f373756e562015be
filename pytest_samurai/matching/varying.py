"""Values in a request that will hardly be the same in another run."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Final

from pytest_samurai.matching.bodies import Json, spelled
from pytest_samurai.matching.moments import MOMENTS, is_near
from pytest_samurai.matching.normalize import parse_substitution
from pytest_samurai.matching.paths import Path_, format_path

NUMBER: Final = "number"
"""A number whose digits are too many to be written by hand. No entry of `normalize` replaces it."""

ORDER: Final = "order"
"""A list in the order of a set of strings, which differs in each process."""

NOUNS: Final = {
    "uuid": "a UUID",
    "datetime": "a date",
    "tmp_path": "a temporary path",
    "date": "a written date",
    "time": "a time of day",
    "epoch": "a Unix time",
    "hex": "a hexadecimal id",
    "port": "a port",
    "address": "a memory address",
    NUMBER: "a random number",
    ORDER: "the order of a set",
}
"""What varies, in words, by kind: an entry of `normalize`, or one of the two kinds that have no entry."""

KINDS: Final = ("uuid", "tmp_path", "address", "port", "datetime", "date", "epoch", "time", "hex")
"""The entries of `normalize`, in the order in which they are searched for.

Text that has matched isn't searched again: a UUID contains hexadecimal groups, a moment contains a time of day.
"""
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}\.\d{12,}(?!\w)")
_FIRST_OF_MANY_PORTS = 32_768
"""Systems assign ports from here on: Linux from 32768, others from 49152 (RFC 6335)."""
_FEWEST_IN_ORDER = 5
_LONGEST_WORD = 1_000
_MOST_PERMUTED = 4
_STRAYS = {20: 6, 12: 3, 8: 1}
"""By the number of strings, how many may be out of order: few enough that hardly any other list passes."""
_ENDS = re.compile(r"[:;\n\[\](){}]|\.(?!\w)")
"""What ends a list that is written on one line, or comes before it."""
_LINES = re.compile(r"(?m)(?:^[-*] [^\n]+(?:\n|\Z)){5,}")


@dataclass(frozen=True, slots=True)
class Variation:
    """Something that varies: one of the `NOUNS`, and its part of the request, like messages[0]; `sample` is its value.

    `is_text` says that it is in a text, where `normalize` reaches it. `is_of_clock` says that it changes only with
    time, so an immediate replay doesn't show it.
    """

    kind: str
    where: str
    sample: str
    is_text: bool = True

    @property
    def is_of_clock(self) -> bool:
        return self.kind in MOMENTS

    def as_json(self) -> list[object]:
        """The form in which it travels with a pytest report."""
        return [self.kind, self.where, self.sample, self.is_text]


def variations(value: Json, moment: datetime, is_known: Callable[[str, bool], bool]) -> Iterator[Variation]:
    """What varies in a request, as it is compared, sent at a moment; each text once.

    A time counts if it is near this moment. Nothing counts that comes back: `is_known` is asked about each text, and is
    told whether it changes with time.
    """
    told: set[tuple[str, bool]] = set()
    for path, node in nodes(value):
        where = format_path(path[:2])
        if isinstance(node, str):
            candidates = [(kind, text, True) for kind, text in _in_text(node, moment)]
        elif isinstance(node, list):
            candidates = [(ORDER, ", ".join(node), False)] if _is_of_set(node) else []
        else:
            candidates = [(kind, spelled(node), False) for kind in _of_number(node, moment)]
        for kind, text, is_text in candidates:
            if (text, is_text) not in told and not any(
                is_known(spelling, kind in MOMENTS) for spelling in _spellings(kind, text, moment)
            ):
                told.add((text, is_text))
                yield Variation(kind, where, text, is_text)


def orders(value: Json) -> Iterator[list[str]]:
    """The lists in a request, even short ones, that are in the order of a set in this process.

    Most of them are so by chance. The others would have another order in another process.
    """
    for _, node in nodes(value):
        lists = [node] if isinstance(node, list) else _lists(node, 3) if isinstance(node, str) else []
        for items in lists:
            is_of_texts = len(items) > 1 and all(isinstance(text, str) for text in items)
            if is_of_texts and _has_order_of_set(items):
                yield items


def _has_order_of_set(items: list[str]) -> bool:
    """Whether a set in this process may have these strings in this order. If hashes collide, the first one decides."""
    ways = permutations(items) if len(items) <= _MOST_PERMUTED else [items]
    return any([*set(way)] == items for way in ways)


def nodes(value: Json) -> Iterator[tuple[Path_, Json]]:
    """A value and everything in it, each with its path; nothing inside a vector."""
    # Not recursive: a body may be nested deeper than Python's stack.
    todo: list[tuple[Path_, Json]] = [((), value)]
    while todo:
        path, node = todo.pop()
        yield path, node
        if isinstance(node, dict | list):
            children = list(node.items() if isinstance(node, dict) else enumerate(node))
            # Many numbers are a vector, or the samples of a sound.
            is_vector = isinstance(node, list) and len(node) > 1 and isinstance(node[0], float)
            todo += [] if is_vector else [((*path, key), child) for key, child in reversed(children)]


def _in_text(text: str, moment: datetime) -> Iterator[tuple[str, str]]:
    if _is_binary(text):
        return
    for items in _lists(text, _FEWEST_IN_ORDER):
        if _is_of_set(items):
            yield ORDER, ", ".join(items)
    for kind in KINDS:
        pattern, _ = parse_substitution(kind)
        for match in pattern.finditer(text):
            if may_vary(kind, match[0], moment):
                yield kind, match[0]
        text = pattern.sub(" ", text)
    for match in _NUMBER.finditer(text):
        if _is_random(float(match[0])):
            yield NUMBER, match[0]


def _is_binary(text: str) -> bool:
    """Whether it is a picture, a sound or the like as text, which may contain anything."""
    return text.startswith("data:") or (len(text) >= _LONGEST_WORD and not re.search(r"\s", text[:_LONGEST_WORD]))


def _lists(text: str, fewest: int) -> Iterator[list[str]]:
    """The lists in a text: with commas between their items, or with each item on a line, after a sign."""
    for stretch in _ENDS.split(text):
        if stretch.count(",") >= fewest - 1:
            yield [part.strip().strip("'\"") for part in stretch.split(",")]
    for lines in _LINES.finditer(text):
        yield [line[2:] for line in lines[0].splitlines()]


def _is_of_set(items: Sequence[Json]) -> bool:
    """Whether strings are in the order of a set in this process. Of five, 1 in 120 are so by chance."""
    if len(items) < _FEWEST_IN_ORDER or not all(isinstance(text, str) for text in items):
        return False
    distinct = set(items)
    if len(distinct) < len(items) or list(items) in (sorted(items), sorted(items, reverse=True)):
        return False
    # A set made from a set may have another size, and so another order. If two hashes collide, the order depends on
    # which came first: a few of many strings may be elsewhere.
    strays = next((strays for least, strays in _STRAYS.items() if len(items) >= least), 0)
    orders = ([*distinct], [*distinct.copy()])
    return any(_in_order([order.index(text) for text in items]) >= len(items) - strays for order in orders)


def _in_order(numbers: Sequence[int]) -> int:
    """How many of the numbers are in ascending order, after leaving out as few as possible."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)


def may_vary(kind: str, text: str, moment: datetime | None) -> bool:
    """Whether a text of a kind probably varies, in a request sent at a moment; None if that is not known."""
    if kind in MOMENTS:
        return moment is not None and is_near(kind, text, moment)
    return kind != "port" or int(text.rpartition(":")[2]) >= _FIRST_OF_MANY_PORTS


def _of_number(value: Json, moment: datetime) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if is_near("epoch", spelled(value), moment):
        yield "epoch"
    elif isinstance(value, float) and _is_random(value):
        yield NUMBER


def _is_random(value: float) -> bool:
    """Whether a number has more digits than anybody writes, and is neither a simple fraction nor a sum of decimals."""
    from fractions import Fraction

    has_digits = abs(value - round(value, 9)) > 1e-12
    return has_digits and float(Fraction(value).limit_denominator(1_000)) != value


def _spellings(kind: str, text: str, moment: datetime) -> Iterator[str]:
    """How a text may be spelled in a source, or in an earlier recording."""
    yield text
    if kind == ORDER:
        items = text.split(", ")
        yield '", "'.join(items)
        yield "', '".join(items)
    elif kind in MOMENTS:
        yield from MOMENTS[kind].spelled(text, moment)
