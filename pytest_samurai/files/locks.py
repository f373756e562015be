"""Locks on files, held by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from pytest_samurai.errors import CassetteError
from pytest_samurai.files.clock import ticks
from pytest_samurai.files.real import REAL

if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
    import getpass
    import msvcrt
else:
    import fcntl

_LONGEST_WAIT = 60.0
_LOOKS = 0.02
"""Seconds between attempts to take a lock that another process holds."""


class _System:
    """The module that locks. If this module had it as a name, pyfakefs would replace it with one that locks nothing."""

    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        module = msvcrt
    else:
        module = fcntl


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until other processes are done with a file, and keep them away.

    Raises CassetteError after a minute, or if no lock can be taken.

    The lock is in the system's directory for temporary files, so that none stays beside a cassette. All files share a
    few hundred locks.
    """
    with _held(digest(path)[:2], path, _LONGEST_WAIT):
        yield


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold a file that no other process should need. Raises CassetteError at once if another process holds it."""
    name = digest(path)
    with _held(name, path, 0):
        yield
        with suppress(FileNotFoundError):
            REAL.unlink(_lock_directory() / f"{name}.lock")


def digest(path: Path) -> str:
    """A digest of a file's path, for use in the names of other files."""
    return sha256(os.fsencode(REAL.realpath(path))).hexdigest()[:32]


def _user() -> str:
    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        return getpass.getuser()
    # In a container, a user id may have no name.
    return str(REAL.getuid())


def _lock_directory() -> Path:
    return REAL.Path(REAL.temporary, f"pytest-samurai-{_user()}")


def scratch(kind: str) -> Path:
    """A new path for a file that the processes of a run share. Raises CassetteError if its directory can't be used."""
    try:
        _make_lock_directory()
    except OSError as error:
        raise _useless(error) from error
    return _lock_directory() / f"{REAL.urandom(16).hex()}.{kind}"


def _make_lock_directory() -> None:
    try:
        REAL.mkdir(_lock_directory(), 0o700)
    except FileExistsError:
        if not stat.S_ISDIR(REAL.stat(_lock_directory()).st_mode):
            raise


def _useless(error: OSError) -> CassetteError:
    return CassetteError(
        f"{_lock_directory()}: cannot be used for locks: {error.strerror or error}; it must be a directory that you"
        " own: remove the present one, or set TMPDIR to a directory that you can write to"
    )


@contextmanager
def _held(name: str, path: Path, wait: float) -> Iterator[None]:
    try:
        _make_lock_directory()
        descriptor = _acquired(_lock_directory() / f"{name}.lock", wait)
    except OSError as error:
        raise _useless(error) from error
    if descriptor is None:
        raise CassetteError(f"{path}: another process still holds it after {wait:g} seconds")
    try:
        yield
    finally:
        REAL.close(descriptor)


def _acquired(lock: Path, wait: float) -> int | None:
    """The descriptor of a lock, held until it is closed; None if another process keeps it. Raises OSError."""
    # Not with filelock: it would call functions that a test has patched, and close descriptors that aren't its own.
    end = ticks() + wait
    while True:
        descriptor = REAL.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            while not _is_taken(descriptor):
                if ticks() >= end:
                    REAL.close(descriptor)
                    return None
                REAL.sleep(_LOOKS)
            if _is_there(lock, descriptor):
                return descriptor
        except BaseException:
            REAL.close(descriptor)
            raise
        REAL.close(descriptor)


def _is_there(lock: Path, descriptor: int) -> bool:
    """Whether a lock that was taken is still the file at that path: its last holder may have deleted it meanwhile."""
    try:
        now, taken = REAL.stat(lock), REAL.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (now.st_ino, now.st_dev) == (taken.st_ino, taken.st_dev)


def _is_taken(descriptor: int) -> bool:
    """Take a lock if it is free. Returns whether it was."""
    try:
        if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
            _System.module.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            _System.module.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True
