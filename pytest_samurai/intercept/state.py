"""The open recorders: the only state that a module of this project keeps.

A process has one httpx, and so one set of patches. The first recorder puts them in, and the last one removes them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pytest_samurai.cassette import Memory
from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.files import REAL
from pytest_samurai.intercept.library import Library
from pytest_samurai.intercept.patch import Patch, Patches
from pytest_samurai.matching import Endpoints
from pytest_samurai.recorder import Host, Recorder, Suspect


class Unmarked(Protocol):
    """What happens to model calls while no recorder is open.

    In a test that only `replays`, calls outside the endpoints count too, and so do an unknown client's connections.
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
    """The running test. It fails if a recorder `opened` in it refuses something, or if `refuse` is called."""

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
        """The cassette's path without symbolic links. Most recorders are open alone, so nobody asks."""
        return REAL.realpath(self.recorder.cassette_path)


@dataclass(slots=True)
class State:
    """What the process has open and patched. Hold `lock` to change it.

    - `users`: the number of calls of `install` without their `uninstall`.
    - `patches`: by the patched object. `connections`: those of sockets. `answered`: those of libraries that are only
      answered. `starters`: those of functions that start a child process.
    - `names`: the names that each address was looked up by, because two services may share one.
    - `cassettes`: those of all recorders since `take_cassettes`.
    - `memory`: what `use_cassette` remembers of cassettes, which belong to no run.
    - `judge`: the test that `use_cassette` is used in; None outside of pytest.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    opened: list[Opened] = field(default_factory=list)
    cassettes: set[Path] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)
    unmarked: Unmarked | None = None
    judge: Judge | None = None
    users: int = 0
    patches: dict[Any, Patch] = field(default_factory=dict)
    connections: Patches = field(default_factory=Patches)
    answered: Patches = field(default_factory=Patches)
    starters: Patches = field(default_factory=Patches)
    names: dict[str, set[str]] = field(default_factory=dict)
    # These stay when the patches are removed, maybe after each test: making their classes takes longer than a recorder.
    libraries: dict[ModuleType, Library] = field(default_factory=dict)

    def renew_lock(self) -> None:
        """Called in a forked child, where the thread that held the lock is gone."""
        self.lock = threading.RLock()


STATE = State()
CURRENT: ContextVar[Opened | None] = ContextVar("pytest_samurai_recorder", default=None)


def nowhere(host: Host) -> bool:
    """No request is being sent."""
    del host
    return False


def anywhere(host: Host) -> bool:
    """A request is being sent that is recorded, or whose transport is the library's own and hides no other client."""
    del host
    return True


MAY_CONNECT: ContextVar[Callable[[Host], bool]] = ContextVar("pytest_samurai_may_connect", default=nowhere)
"""Whether a connection to a host belongs to a visible request that is being sent."""


def open_recorders() -> list[Recorder]:
    """This context's recorder. Without one, the open ones: the innermost of each context.

    A bare thread has none, and neither has a context that has outlived its recorder.
    """
    current = CURRENT.get()
    if current is not None and current.recorder.is_open:
        return [current.recorder]
    with STATE.lock:
        around = [opened.outer for opened in STATE.opened]
        return [opened.recorder for opened in STATE.opened if not any(opened is outer for outer in around)]


def recorders_around() -> Iterator[Recorder]:
    """This context's recorders, the innermost first. They may be closed already."""
    opened = CURRENT.get()
    while opened is not None:
        yield opened.recorder
        opened = opened.outer


def is_only_replaying() -> bool:
    """Whether a client that is made here and now can only replay, and so opens no connection."""
    recorders = open_recorders()
    return bool(recorders) and all(recorder.replaying and recorder.settings.lazy_tls for recorder in recorders)


def take_cassettes() -> set[Path]:
    """The cassettes of all recorders that were opened since the last call of this."""
    with STATE.lock:
        cassettes, STATE.cassettes = STATE.cassettes, set()
    return cassettes


def memory() -> Memory:
    """What is remembered of the cassettes that belong to no test run."""
    return STATE.memory


def judge() -> Judge | None:
    """The test that fails if a request of `use_cassette` is refused; None if no test is running."""
    return STATE.judge


def judge_by(test: Judge | None) -> None:
    """From now on, misses of `use_cassette` fail this test. With None, they are ordinary errors."""
    STATE.judge = test
