"""The journal of a cassette: calls are written there as they end, so that they survive a process that dies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from pytest_samurai.cassette.body import Text
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.reader import salvage
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import claimed, opened
from pytest_samurai.wire import Interaction

_REPLACING = "all"
_ADDING = "new"
JOURNAL = ".journal"
"""How the name of a journal ends."""


class Journal:
    """The journal of one open cassette. It is a file from the first call on, until it is discarded.

    `replacing` says that the calls are to replace what the cassette holds, not to be added to it. The journal is locked
    while its process lives, which is how the next run knows whose journal nobody waits for any more. `lost` is how many
    calls the disk did not take.
    """

    def __init__(self, path: Path, *, replacing: bool) -> None:
        self._cassette = path
        self._kind = _REPLACING if replacing else _ADDING
        self._exits = ExitStack()
        self._descriptor: int | None = None
        self._made: list[Path] = []
        self.lost = 0

    @cached_property
    def path(self) -> Path:
        return self._cassette.with_name(f"{self._cassette.name}.{uuid4().hex[:8]}.{self._kind}{JOURNAL}")

    def add(self, interaction: Interaction) -> Text:
        """Write one call down, and give its text. Raises OSError if the disk does not take it."""
        text = interaction_text(interaction)
        try:
            if self._descriptor is None:
                self._begin()
            self._write(text)
        except OSError:
            self.lost += 1
            raise
        return text

    def _begin(self) -> None:
        self._made = self._made or [directory for directory in self.path.parents if not directory.exists()]
        with ExitStack() as exits:
            exits.enter_context(claimed(self.path))
            # Without O_BINARY, Windows writes each line end as CRLF, and no seal fits any more.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = opened(self.path, lambda: os.open(self.path, flags, 0o666))
            exits.callback(os.close, self._descriptor)
            self._exits = exits.pop_all()
        self._write([HEAD.encode()])

    def _write(self, text: Text) -> None:
        # Straight to the system, which keeps it if the process is killed.
        assert self._descriptor is not None
        whole = os.fstat(self._descriptor).st_size
        try:
            for data in text:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # The next call may fit again. It must not begin in the middle of a line of this one.
            os.ftruncate(self._descriptor, whole)
            raise

    def discard(self) -> None:
        """Its calls are in the cassette, or are not to be kept."""
        if self._descriptor is None and not self._made:
            return
        self.close()
        self.path.unlink(missing_ok=True)
        for directory in self._made:
            try:
                directory.rmdir()
            except OSError:
                # There is something in it by now, or the test has removed it.
                break

    def close(self) -> None:
        """Leave it for the next run."""
        self._descriptor = None
        self._exits.close()


@dataclass
class LeftBehind:
    """The journal of a process that died, with the calls that can be read from it: all that had ended."""

    path: Path
    replacing: bool
    interactions: list[Interaction]
    _exits: ExitStack = field(default_factory=ExitStack)

    def discard(self) -> None:
        """Its calls are in the cassette."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave it for another time."""
        self._exits.close()


def names_in(directory: str | Path) -> Sequence[str]:
    """The names of all journals in a directory, sorted."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 - no Path for each of them
    except (FileNotFoundError, NotADirectoryError):
        return ()
    # There is hardly ever one. To look at all names at once is faster than to look at each of thousands.
    if f"{JOURNAL}/" not in "/".join([*names, ""]):
        return ()
    return sorted(name for name in names if name.endswith(JOURNAL))


def left_behind(path: Path) -> Iterator[LeftBehind]:
    """The journals beside a cassette whose processes are gone; each stays locked until it is closed."""
    for name in [name for name in names_in(path.parent) if name.startswith(f"{path.name}.")]:
        journal = path.with_name(name)
        with ExitStack() as exits:
            try:
                exits.enter_context(claimed(journal))
                content = journal.read_bytes()
            except (CassetteError, FileNotFoundError):
                # Its process lives, or another worker of this run came first.
                continue
            replacing = name.removesuffix(JOURNAL).endswith(f".{_REPLACING}")
            yield LeftBehind(journal, replacing, salvage(content, journal), exits.pop_all())
