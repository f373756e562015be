"""The recorders that are open: the one state in this project that a module keeps.

A process has one httpx, and so one set of patches, which go in with the first recorder and come out with the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pytest_samurai.cassette import Directories
from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.files import REAL
from pytest_samurai.intercept.library import Library
from pytest_samurai.intercept.patch import Patch, Patches
from pytest_samurai.matching import Endpoints
from pytest_samurai.recorder import Host, Recorder, Suspect


class Unmarked(Protocol):
    """What becomes of model calls while no recorder is open.

    In a test that only `replays`, what goes past the endpoints counts as well, and so does a connection of an unknown
    client.
    """

    endpoints: Endpoints
    block: bool

    @property
    def replays(self) -> bool: ...

    def refused(self, url: str) -> RequestNotRecorded: ...

    def went_live(self) -> None: ...

    def suspect(self, url: str) -> Suspect | None: ...

    def connected(self, hosts: Sequence[str], port: int) -> None: ...


class Judge(Protocol):
    """The test that runs, which fails of what a recorder refuses that was `opened` in it, or that it is to `refuse`."""

    def opened(self, recorder: Recorder) -> None: ...

    def closed(self, recorder: Recorder) -> None: ...

    def refuse(self, text: str) -> RequestNotRecorded: ...


@dataclass(eq=False)
class Opened:
    """An open recorder, and the one around it in the same context."""

    recorder: Recorder
    outer: Opened | None

    @cached_property
    def real_path(self) -> str:
        """The path of the cassette without symbolic links. Most recorders are open alone, and nobody asks."""
        return REAL.realpath(self.recorder.cassette_path)


@dataclass(slots=True)
class State:
    """What the process has open and patched; `lock` is held by whoever changes it.

    `users` counts the calls of `install` without their `uninstall`. `patches` are by the object that is patched,
    `connections` those of sockets, `answered` those of libraries that are only answered, and `starters` those of what
    starts a child process. `names` are those by which each
    address was looked up: two services may share one. `cassettes` are those of all recorders since `take_cassettes`.
    `directories` are those that `use_cassette` has seen: there is no run to which it belongs. `judge` is the test that
    `use_cassette` is used in; None outside of pytest.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    opened: list[Opened] = field(default_factory=list)
    cassettes: set[Path] = field(default_factory=set)
    directories: Directories = field(default_factory=Directories)
    unmarked: Unmarked | None = None
    judge: Judge | None = None
    users: int = 0
    patches: dict[Any, Patch] = field(default_factory=dict)
    connections: Patches = field(default_factory=Patches)
    answered: Patches = field(default_factory=Patches)
    starters: Patches = field(default_factory=Patches)
    names: dict[str, set[str]] = field(default_factory=dict)
    # These stay when the patches come out, maybe after each test: their classes take longer to make than a recorder.
    libraries: dict[ModuleType, Library] = field(default_factory=dict)

    def renew_lock(self) -> None:
        """In a forked child, where the thread that held the lock is gone."""
        self.lock = threading.RLock()


STATE = State()
CURRENT: ContextVar[Opened | None] = ContextVar("pytest_samurai_recorder", default=None)


def nowhere(host: Host) -> bool:
    """No request is on its way."""
    del host
    return False


def anywhere(host: Host) -> bool:
    """A request is on its way that is recorded, or whose transport is the library's own: nothing hides behind it."""
    del host
    return True


MAY_CONNECT: ContextVar[Callable[[Host], bool]] = ContextVar("pytest_samurai_may_connect", default=nowhere)
"""Whether a connection to a host belongs to a request that was seen, and is on its way."""


def open_recorders() -> list[Recorder]:
    """The recorder of this context; where there is none, those that are open: the innermost of each context.

    A bare thread has none, nor has a context that outlived its recorder.
    """
    current = CURRENT.get()
    if current is not None and current.recorder.is_open:
        return [current.recorder]
    with STATE.lock:
        around = [opened.outer for opened in STATE.opened]
        return [opened.recorder for opened in STATE.opened if not any(opened is outer for outer in around)]


def is_only_replaying() -> bool:
    """Whether a client that is made here and now can only replay, and so opens no connection."""
    recorders = open_recorders()
    return bool(recorders) and all(recorder.replaying and recorder.settings.lazy_tls for recorder in recorders)


def take_cassettes() -> set[Path]:
    """The cassettes of all recorders that were opened since the last time that this was asked."""
    with STATE.lock:
        cassettes, STATE.cassettes = STATE.cassettes, set()
    return cassettes


def seen_directories() -> Directories:
    """What is known of the directories of cassettes that are opened outside of any run of tests."""
    return STATE.directories


def judge() -> Judge | None:
    """The test that fails if a request of `use_cassette` is refused; None if none runs."""
    return STATE.judge


def judge_by(test: Judge | None) -> None:
    """Have the misses of `use_cassette` fail the test that runs from now on; with None it is an error like others."""
    STATE.judge = test
