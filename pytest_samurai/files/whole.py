"""Files that are read and replaced whole."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pytest_samurai.files.locks import digest
from pytest_samurai.files.real import REAL

# Without O_BINARY, Windows writes each line end as CRLF, and no seal would fit.
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NoFile(OSError):
    """There is something at the path that isn't a file; `kind` says what."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"it is {kind}")
        self.kind = kind


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is anything at a path."""
    try:
        REAL.stat(path)
    except OSError:
        return False
    return True


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """The content of a file. Raises OSError; raises NoFile at once for a FIFO or a device, which may never end."""
    try:
        descriptor = REAL.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _FLAGS)
    except OSError:
        # A socket can't be opened, and on Windows neither can a directory.
        _check_kind(REAL.stat(path).st_mode)
        raise
    try:
        status = REAL.fstat(descriptor)
        _check_kind(status.st_mode)
        # By asking for one byte more than expected, one read shows that this is everything.
        content = REAL.read(descriptor, status.st_size + 1)
        while len(content) != status.st_size and (more := REAL.read(descriptor, status.st_size + 1)):
            content += more
    finally:
        REAL.close(descriptor)
    return content


def _check_kind(mode: int) -> None:
    """Raises OSError, by the mode, if it isn't a file."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise NoFile(_KINDS.get(stat.S_IFMT(mode), "no file"))


def unique() -> str:
    """A text that no other process has."""
    return REAL.urandom(16).hex()


def _temporary_prefix(resolved: Path) -> str:
    # With the digest, because the names of two cassettes may begin alike.
    return f".{resolved.name[:40]}.{digest(resolved)[:8]}."


def remove_abandoned(path: Path) -> None:
    """Remove the temporary files of a process that was killed while it wrote. The file must be locked."""
    path = _resolved(path)
    prefix = _temporary_prefix(path)
    with suppress(OSError):
        for name in REAL.listdir(path.parent):
            if name.startswith(prefix) and name.endswith(".tmp"):
                # If writing is impossible too, that will report the reason.
                with suppress(OSError):
                    REAL.unlink(path.with_name(name))


def _resolved(path: Path) -> Path:
    return REAL.Path(REAL.realpath(path))


def remove(path: str | os.PathLike[str]) -> None:
    """Remove a file, if it is there. Raises OSError."""
    with suppress(FileNotFoundError):
        REAL.unlink(path)


_Opened = TypeVar("_Opened")
_MOST_TRIES = 20


def opened(path: Path, open_file: Callable[[], _Opened]) -> _Opened:
    """Open a file, and make its directory if it doesn't exist. Raises OSError.

    Another process that kept nothing may remove its empty directories just when this one needs them.
    """
    for _ in range(_MOST_TRIES):
        try:
            return open_file()
        except FileNotFoundError:
            with suppress(FileNotFoundError):
                make_directory(path.parent)
    return open_file()


def make_directory(path: Path) -> None:
    """Make a directory and its missing parents. Raises OSError."""
    missing = []
    while not exists(path):
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        with suppress(FileExistsError):
            REAL.mkdir(directory)


def write_all(descriptor: int, parts: Iterable[bytes]) -> None:
    """Write all of the parts. Raises OSError."""
    for data in parts:
        rest = memoryview(data)
        while rest:
            rest = rest[REAL.write(descriptor, rest) :]


def replace_whole(path: Path, content: bytes) -> None:
    """Replace the content of a file completely or not at all; its mode stays. Raises OSError."""
    # A link stays a link: its target is replaced.
    path = _resolved(path)
    temporary = path.with_name(f"{_temporary_prefix(path)}{unique()}.tmp")
    try:
        # Not with `tempfile`, whose files only their owner may read: this one gets the mode that the umask leaves.
        descriptor = opened(path, lambda: _new(temporary))
        try:
            write_all(descriptor, [content])
            REAL.fsync(descriptor)
        finally:
            REAL.close(descriptor)
        with suppress(FileNotFoundError):
            REAL.chmod(temporary, stat.S_IMODE(REAL.stat(path).st_mode))
        REAL.replace(temporary, path)
        _sync_directory(path.parent)
    except BaseException:
        remove(temporary)
        raise


def _new(path: Path) -> int:
    return REAL.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666)


def try_to_write(path: Path) -> None:
    """Raises OSError if `replace_whole` couldn't make a file there now. Leaves nothing behind, not even a directory."""
    path = _resolved(path)
    directory = path.parent
    while not exists(directory):
        directory = directory.parent
    temporary = directory / f"{_temporary_prefix(path)}{unique()}.tmp"
    REAL.close(_new(temporary))
    remove(temporary)


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # pragma: no cover - Windows opens no directories; it writes their entries at once
        return
    descriptor = REAL.open(directory, os.O_RDONLY)
    try:
        REAL.fsync(descriptor)
    finally:
        REAL.close(descriptor)
