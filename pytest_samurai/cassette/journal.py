"""The journal of a cassette. Each call is written there when it ends, so that it survives if the process dies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pytest_samurai.cassette.body import Text
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.reader import salvage
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import REAL, claimed, exists, opened, read_whole, remove, unique, write_all
from pytest_samurai.wire import Interaction

_REPLACING = "all"
_ADDING = "new"
JOURNAL = ".journal"
"""The end of a journal's name."""

_UNIQUE = 8
_DIGEST = 10
_MOST_BYTES = 255 - len(f".{'_' * _UNIQUE}.{_REPLACING}{JOURNAL}")
"""The most bytes of a cassette's name that its journals may have in their own names."""


def journal_stem(name: str) -> str:
    """How the names of a cassette's journals begin: with the cassette's name, unless it is too long."""
    whole = name.encode("utf-8", "surrogateescape")
    if len(whole) <= _MOST_BYTES:
        return name
    begin = whole[: _MOST_BYTES - _DIGEST - 1].decode("utf-8", "ignore")
    return f"{begin}~{sha256(whole).hexdigest()[:_DIGEST]}"


class Journal:
    """The journal of one open cassette. Its file exists from the first call until it is discarded.

    `replacing` says that the calls replace the contents of the cassette instead of being added to it. The journal is
    locked while its process lives; that is how the next run knows which journals are abandoned. `lost` counts the calls
    that could not be written to disk.
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
        stem = journal_stem(self._cassette.name)
        return self._cassette.with_name(f"{stem}.{unique()[:_UNIQUE]}.{self._kind}{JOURNAL}")

    def add(self, interaction: Interaction) -> None:
        """Write down one call. Raises OSError if the disk doesn't take it."""
        text = interaction_text(interaction)
        try:
            if self._descriptor is None:
                self._begin()
            self._write(text)
        except OSError:
            self.lost += 1
            raise

    def _begin(self) -> None:
        self._made = self._made or [directory for directory in self.path.parents if not exists(directory)]
        with ExitStack() as exits:
            # If no lock is available, an unlocked journal is better than a lost call.
            with suppress(CassetteError):
                exits.enter_context(claimed(self.path))
            # Without O_BINARY, Windows writes each line end as CRLF, and no seal would fit.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = opened(self.path, lambda: REAL.open(self.path, flags, 0o666))
            self._exits = exits.pop_all()
        self._write([HEAD.encode()])

    def _write(self, text: Text) -> None:
        # Write straight to the system, which keeps the data if the process is killed.
        assert self._descriptor is not None
        whole = REAL.fstat(self._descriptor).st_size
        try:
            write_all(self._descriptor, text)
        except BaseException:
            # The next call may fit again. It must not begin in the middle of a line of this one.
            REAL.ftruncate(self._descriptor, whole)
            raise

    def discard(self) -> None:
        """Delete the journal: its calls are in the cassette, or won't be kept."""
        if self._descriptor is None and not self._made:
            return
        self._close_file()
        # Remove it before releasing the lock: another worker may look just now, and would recover the calls again.
        remove(self.path)
        self._exits.close()
        for directory in self._made:
            try:
                REAL.rmdir(directory)
            except OSError:
                # The directory isn't empty any more, or the test has removed it.
                break

    def close(self) -> None:
        """Close the journal, and leave it for the next run."""
        self._close_file()
        self._exits.close()

    def _close_file(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            REAL.close(descriptor)


@dataclass
class LeftBehind:
    """The journal of a process that died, with all calls that can be read from it: those that had ended."""

    path: Path
    replacing: bool
    interactions: list[Interaction]
    _exits: ExitStack = field(default_factory=ExitStack)

    def discard(self) -> None:
        """Delete the journal: its calls are in the cassette."""
        remove(self.path)
        self.close()

    def close(self) -> None:
        """Close the journal, and leave it for the next run."""
        self._exits.close()


def names_in(directory: str | Path) -> Sequence[str]:
    """The names of all journals in a directory, sorted."""
    try:
        names = REAL.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    # There is hardly ever one. Searching all names at once is faster than checking each of thousands.
    if f"{JOURNAL}/" not in "/".join([*names, ""]):
        return ()
    return sorted(name for name in names if name.endswith(JOURNAL))


def left_behind(path: Path) -> Iterator[LeftBehind]:
    """The journals next to a cassette that dead processes have left; each stays locked until it is closed."""
    for name in [name for name in names_in(path.parent) if name.startswith(f"{journal_stem(path.name)}.")]:
        journal = path.with_name(name)
        with ExitStack() as exits:
            try:
                exits.enter_context(claimed(journal))
                content = read_whole(journal)
            except (CassetteError, OSError):
                # Its process is alive, another worker of this run came first, or it is only a FIFO with such a name.
                continue
            replacing = name.removesuffix(JOURNAL).endswith(f".{_REPLACING}")
            yield LeftBehind(journal, replacing, salvage(content, journal), exits.pop_all())
