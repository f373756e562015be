"""Files that several processes write: whole, and one process at a time."""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pytest_samurai.errors import CassetteError

_LONGEST_WAIT = 60.0


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until other processes are done with a file, and keep them away.

    Raises CassetteError after a minute, or if no lock can be kept.

    The lock lies in the system's directory for temporary files, so none is left beside a cassette. All files share a
    few hundred locks.
    """
    with _held(_digest(path.resolve())[:2], path, _LONGEST_WAIT):
        yield


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold a file that no other process should want. Raises CassetteError at once if one holds it."""
    name = _digest(path.resolve())
    with _held(name, path, 0):
        yield
        (_lock_directory() / f"{name}.lock").unlink(missing_ok=True)


def _digest(resolved: Path) -> str:
    return sha256(os.fsencode(resolved)).hexdigest()[:32]


def _user() -> str:
    # In a container, the number of a user may have no name.
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _lock_directory() -> Path:
    return Path(tempfile.gettempdir(), f"pytest-samurai-{_user()}")


def scratch(kind: str) -> Path:
    """A new name for a file that the processes of a run share. Raises CassetteError if there is no place for it."""
    try:
        _lock_directory().mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _useless(error) from error
    return _lock_directory() / f"{uuid4().hex}.{kind}"


def _useless(error: OSError) -> CassetteError:
    return CassetteError(
        f"{_lock_directory()}: cannot be used for locks: {error.strerror or error}; it has to be a directory of yours:"
        " remove what is there, or set TMPDIR to a directory that you may write to"
    )


@contextmanager
def _held(name: str, path: Path, wait: float) -> Iterator[None]:
    from filelock import FileLock, Timeout

    # Not thread-local: the thread of the first call begins a journal, the thread of the test ends it.
    lock = FileLock(_lock_directory() / f"{name}.lock", timeout=wait, thread_local=False)
    try:
        _lock_directory().mkdir(mode=0o700, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise CassetteError(f"{path}: another process holds it, after a wait of {wait:g} seconds") from None
    except OSError as error:
        raise _useless(error) from error
    try:
        yield
    finally:
        lock.release()


def _temporary_prefix(resolved: Path) -> str:
    # With the digest, as the names of two cassettes may begin alike.
    return f".{resolved.name[:40]}.{_digest(resolved)[:8]}."


def remove_abandoned(path: Path) -> None:
    """Remove what a process has left that was killed while it wrote. The file has to be locked."""
    path = path.resolve()
    prefix = _temporary_prefix(path)
    for temporary in path.parent.glob("*.tmp"):
        if temporary.name.startswith(prefix):
            try:
                temporary.unlink()
            except OSError:
                # If nothing can be written either, that will say why.
                pass


_Opened = TypeVar("_Opened")
_MOST_TRIES = 20


def opened(path: Path, open_file: Callable[[], _Opened]) -> _Opened:
    """Open a file, and make its directory if there is none. Raises OSError.

    A process that keeps nothing removes its empty directories, maybe just when this one wants to use them.
    """
    for _ in range(_MOST_TRIES):
        try:
            return open_file()
        except FileNotFoundError:
            with suppress(FileNotFoundError):
                path.parent.mkdir(parents=True, exist_ok=True)
    return open_file()


def replace_whole(path: Path, content: bytes) -> None:
    """Replace the content of a file, whole or not at all; its mode stays. Raises OSError."""
    # A link stays a link: its target is replaced.
    path = path.resolve()
    temporary = path.with_name(f"{_temporary_prefix(path)}{uuid4().hex}.tmp")
    try:
        # Not by `tempfile`, whose files only their owner may read: this one gets what the umask leaves.
        with opened(path, lambda: temporary.open("xb")) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
        _sync_directory(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # pragma: no cover - Windows opens no directories; it writes their entries at once
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
