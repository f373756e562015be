"""Puts lock rows back as another version of the file has them, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pytest_samurai.bill.lock import PRICES, TESTS, Lock
from pytest_samurai.bill.lockfile import parse
from pytest_samurai.bill.locksums import END
from pytest_samurai.text import read_scalar

_SECTION = re.compile(r"(\w+):( \{\})?\s*\Z")
_ROW = re.compile(r"""  ("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#](?:[^:]|:(?! |\Z))*):(?: .*)?\Z""")


@dataclass(slots=True)
class _Section:
    """The rows of a section by key, each with all of its lines; `head` is what comes before them."""

    head: bytes = b""
    rows: dict[str, bytes] = field(default_factory=dict)

    def written(self, name: str) -> bytes:
        rows = b"".join(self.rows.values())
        full, empty = f"{name}:".encode(), f"{name}: {{}}".encode()
        # Only an empty section says that it has no rows.
        was_empty = empty in self.head
        if was_empty == bool(rows):
            return self.head.replace(*((empty, full) if was_empty else (full, empty))) + rows
        return self.head + rows


class _Cut:
    """The lines of a lock, by section and row."""

    def __init__(self, content: bytes) -> None:
        self._head = _Section()
        self._sections = {name: _Section() for name in (PRICES, TESTS)}
        self._tail = b""
        section, key = self._head, ""
        for line in content.splitlines(keepends=True):
            text = line.decode().rstrip()
            if text == END:
                self._tail += line
            elif (begins := _SECTION.match(text)) and begins[1] in self._sections:
                section, key = self._sections[begins[1]], ""
                section.head += line
            elif section is not self._head and (row := _ROW.match(text)):
                key = read_scalar(row[1])
                section.rows[key] = line
            elif key:
                section.rows[key] += line
            else:
                section.head += line

    def __getitem__(self, name: str) -> dict[str, bytes]:
        return self._sections[name].rows

    def put(self, name: str, rows: Mapping[str, bytes | None]) -> None:
        """Put rows into a section, in their order; None removes one."""
        section = self._sections[name]
        known = {key: row for key, row in {**section.rows, **rows}.items() if row is not None}
        # Existing rows keep their order: another tool may have sorted them.
        section.rows = known if known.keys() <= section.rows.keys() else {key: known[key] for key in sorted(known)}

    def written(self) -> bytes:
        """The content of the file."""
        sections = (section.written(name) for name, section in self._sections.items())
        return b"".join([self._head.head, *sections, self._tail])


def with_rows_of(content: bytes, old: bytes | None, tests: Collection[str], name: str) -> bytes:
    """The content of a lock with the rows of `tests` as in the `old` one; None if there was no lock.

    The same goes for the prices of models that no other test uses. `name` is the name of the file, for errors. Raises
    SettingsError if one of them isn't a lock.
    """
    now, then = parse(content, name), Lock({}, {}) if old is None else parse(old, name)
    cut, cut_then = _Cut(content), _Cut(b"" if old is None else old)
    cut.put(TESTS, {test: cut_then[TESTS].get(test) for test in tests})
    of_others = {model for test, row in now.tests.items() if test not in tests for model in row}
    own = {model for test in tests for lock in (now, then) for model in lock.tests.get(test, {})}
    cut.put(PRICES, {model: cut_then[PRICES].get(model) for model in own - of_others})
    return cut.written()
