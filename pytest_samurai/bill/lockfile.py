"""The lock as a file: YAML, one line for each model of a test.

It is written and read line by line, without a YAML parser. Only this tool writes it, so any other line is damage or a
failed merge, and the error names its number. Each row is followed by its checksum, which may stay as it is if somebody
changes the row by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_samurai.bill.apis import read_apis
from pytest_samurai.bill.lock import LOCKED_PARTS, PRICES, TESTS, TOKENS, Lock, Spent, united
from pytest_samurai.bill.locksums import END, Sums, checksum
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import locked, read_whole, remove_abandoned, replace_whole
from pytest_samurai.text import conflict_line, quoted, read_scalar, scalar, sides_of, visible, visible_quoted
from pytest_samurai.wire import CACHE_PARTS, COUNTS, Price, Usage

_HEAD = "# Written by `pytest --samurai-update`: what each test used when that was last accepted."


def load(path: Path, *, settles: bool = False) -> Lock | None:
    """The lock in a file; None if there is no such file.

    With `settles`, a lock in a merge conflict has the rows of both sides.

    Raises SettingsError, naming file and line, if the file can't be read or isn't a lock.
    """
    try:
        content = read_whole(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from None
    return parse(content, str(path), settles=settles)


def update(path: Path, change: Callable[[Lock | None], Lock]) -> tuple[Lock | None, Lock]:
    """Replace the lock in a file with what `change` makes of it, one process at a time; returns old and new.

    Raises SamuraiError if the file can't be read or written, and leaves it as it was.
    """
    with locked(path):
        old = load(path, settles=True)
        new = change(old)
        if new != old and (old is not None or new.tests):
            try:
                remove_abandoned(path)
                replace_whole(path, dump(new))
            except OSError as error:
                raise SettingsError(f"{path}: cannot be written: {error.strerror or error}") from None
    return old, new


def dump(lock: Lock) -> bytes:
    """The content of the file. Each model of a test has a line, so a diff shows what moved and nothing else."""
    lines = [_HEAD, "version: 1", "prices:" if lock.prices else "prices: {}"]
    for model, price in sorted(lock.prices.items()):
        rates = _rates_text(price)
        lines.append(f"  {scalar(model)}: {{{rates}}}{_sum(lock, PRICES, model, rates)}")
    lines.append("tests:" if lock.tests else "tests: {}")
    for test, row in sorted(lock.tests.items()):
        lines.append(f"  {quoted(test)}:{'' if row else f' {{}}{_sum(lock, TESTS, test)}'}")
        for model, spent in sorted(row.items()):
            counts = _counts_text(spent)
            lines.append(f"    {scalar(model)}: {{{counts}}}{_sum(lock, TESTS, test, model, counts)}")
    # A name may be made to look like another one in a review.
    return "\n".join([*map(visible_quoted, lines), END, ""]).encode()


def _sum(lock: Lock, *row: str) -> str:
    """What follows a row: nothing if it was changed by hand, so that this stays visible."""
    return "" if row[:2] in lock.by_hand else f" # {checksum(*row)}"


def _rates_text(price: Price) -> str:
    return ", ".join(f"{name}: {scalar(value)}" for name, value in price.as_written().items())


def _counts_text(spent: Spent) -> str:
    return ", ".join(_written(spent))


def _written(spent: Spent) -> Iterator[str]:
    yield f"requests: {spent.requests}"
    if spent.usage is not None:
        yield from (f"{name}: {getattr(spent.usage, name)}" for name in TOKENS)
        yield from (f"{name}: {count}" for name in LOCKED_PARTS if (count := getattr(spent.usage, name)))
        if spent.usage.estimated:
            yield "estimated: true"
    if spent.endpoints:
        yield f"endpoints: {' '.join(spent.endpoints)}"


_QUOTED = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')"""
_LINE = re.compile(rf"""( *)({_QUOTED}|[^\s"'#{{}}](?:[^:]|:(?! |\Z))*):(?: (\{{.*\}}|\d+))?(?: +# ([0-9a-f]{{8}}))?""")
_PAIR = re.compile(rf"""(\w+): ({_QUOTED}|[^\s"'{{}},][^"{{}},]*)(?:, (?=\w)|\Z)""")


_SETTLED = (
    "to keep the rows of both sides and measure again where they differ: pytest --samurai-mode=update --samurai-update"
)


def parse(content: bytes, name: str, *, settles: bool = False) -> Lock:
    """The lock in the content of a file, called `name` in errors. See `load`.

    Raises SettingsError, naming file and line, if `dump` wouldn't write this.
    """
    if mark := conflict_line(content):
        both = _both_sides(content, name)
        if both is not None and settles:
            return both
        settled = "keep one side, or both in turn" if both is None else _SETTLED
        raise SettingsError(f"{name}:{mark}: these are the marks of a merge conflict; {settled}")
    reader = _Reader()
    number = 0
    try:
        # Git on Windows writes CRLF.
        for number, line in enumerate(content.decode("utf-8-sig").replace("\r\n", "\n").split("\n"), 1):  # noqa: B007 - an error names it
            reader.read(line)
        return reader.lock()
    except ValueError as error:
        raise SettingsError(
            f"{name}:{number}: {error}; restore it, or delete it and write it again with --samurai-update"
        ) from None


def _both_sides(content: bytes, name: str) -> Lock | None:
    """A lock with the rows of both sides of a merge conflict; None if one of them isn't a lock."""
    sides = sides_of(content)
    try:
        locks = [parse(b"\n".join(line for line, _ in side), name) for side in sides or ()]
    except SettingsError:
        return None
    return united(*locks) if locks else None


class _Reader:
    """Reads a lock line by line. Raises ValueError for a line that isn't as it was written."""

    def __init__(self) -> None:
        self._prices: dict[str, Price] = {}
        self._tests: dict[str, dict[str, Spent]] = {}
        self._sections: list[str] = []
        self._sums = Sums()
        self._test = ""
        self._row: dict[str, Spent] = {}
        # Whether the previous line is the id of a test, or no test has come yet: a file that ends there was cut off.
        self._is_begun = False
        self._lacks_tests = False

    def read(self, line: str) -> None:
        """Read the next line."""
        text = line.strip()
        if text == END:
            self._sums.end()
        # Formatters begin a document with `---`.
        if not text or text.startswith("#") or text == "---":
            return
        indent, key, value, written = _parts(line.rstrip())
        if indent == 0 and written is None:
            _begin_section(self._sections, key, value)
            self._lacks_tests = (key, value) == (TESTS, None)
            return
        match indent, self._sections[-1:]:
            case 2, [section] if section == PRICES:
                price = _add(self._prices, key, Price.from_written(_pairs(value)))
                self._sums.compare(written, PRICES, key, _rates_text(price))
            case 2, [section] if section == TESTS and not self._is_begun and _begins_row(value, written):
                self._test, self._row = key, _add(self._tests, key, {})
                self._is_begun, self._lacks_tests = value is None, False
                if value is not None:
                    self._sums.compare(written, TESTS, key)
            case 4, [section] if section == TESTS and (self._is_begun or self._row):
                spent = _add(self._row, key, _spent(_pairs(value)))
                self._sums.compare(written, TESTS, self._test, key, _counts_text(spent))
                self._is_begun = False
            case _:
                raise ValueError("this line has been changed")

    def lock(self) -> Lock:
        """The lock, once all lines are read. Raises ValueError if it isn't complete."""
        if self._sections != _SECTIONS or self._is_begun or self._lacks_tests or self._sums.is_cut_off:
            raise ValueError("the file is incomplete")
        return Lock(self._tests, self._prices, self._sums.by_hand())


def _begins_row(value: str | None, written: str | None) -> bool:
    """Whether this may follow the id of a test: nothing, or the mark of a test without calls and its checksum."""
    return value == "{}" or value is written is None


_SECTIONS = ["version", PRICES, TESTS]


def _parts(line: str) -> tuple[int, str, str | None, str | None]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("this line has been changed")
    return len(match[1]), read_scalar(match[2]), match[3], match[4]


def _begin_section(sections: list[str], key: str, value: str | None) -> None:
    if key != (_SECTIONS[len(sections)] if len(sections) < len(_SECTIONS) else None):
        raise ValueError(f"`{visible(key)}` does not belong here")
    if key == "version" and value != "1":
        raise ValueError(f"version is {value}; this tool reads version 1")
    if key != "version" and value not in (None, "{}"):
        raise ValueError(f"`{key}` is {value}; its rows must be below it, one on each line")
    sections.append(key)


def _add(rows: dict[str, Any], key: str, value: Any) -> Any:
    if key in rows:
        raise ValueError(f"{visible(key)} appears twice: keep one of them")
    rows[key] = value
    return value


def _pairs(value: str | None) -> dict[str, str]:
    inside = (value or "")[1:-1].strip(" ")
    pairs: dict[str, str] = {}
    end = 0
    for match in _PAIR.finditer(inside):
        if match.start() != end:
            break
        end = match.end()
        _add(pairs, match[1], read_scalar(match[2]) if match[2].startswith(('"', "'")) else match[2])
    if not inside or end != len(inside):
        raise ValueError("this line has been changed")
    return pairs


def _spent(pairs: Mapping[str, str]) -> Spent:
    counts = {}
    endpoints: tuple[str, ...] = ()
    for name, value in pairs.items():
        if name == "endpoints":
            endpoints = read_apis(value.split(" "))
            continue
        if name == "estimated" and value == "true":
            continue
        if name in CACHE_PARTS or name not in COUNTS:
            raise ValueError(f"`{name}: {visible(value)}` does not belong here")
        if not re.fullmatch(r"[0-9]{1,100}", value):
            raise ValueError(f"`{name}` is {visible(value)}, not a count")
        counts[name] = int(value)
    wanted = ("requests", *(TOKENS if len(counts) > 1 else ()))
    missing = [name for name in wanted if name not in counts]
    if missing:
        raise ValueError(f"`{missing[0]}` is missing")
    usage = Usage(**counts, estimated="estimated" in pairs) if len(counts) > 1 else None
    return Spent(counts["requests"], usage, endpoints)
