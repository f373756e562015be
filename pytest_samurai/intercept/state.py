"""The recorders that are open, and what is patched for them: the one state of this project that a module holds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.intercept.library import Library
from pytest_samurai.intercept.patch import Patch
from pytest_samurai.matching import Endpoints
from pytest_samurai.recorder import Recorder


class Unmarked(Protocol):
    """What is to become of chat calls where no recorder is open."""

    endpoints: Endpoints
    block: bool

    def refused(self, url: str) -> RequestNotRecorded: ...

    def went_live(self) -> None: ...


@dataclass
class Opened:
    """A recorder, and the one that it was opened within."""

    recorder: Recorder
    outer: Opened | None


@dataclass
class State:
    """See the head of this module."""

    users: int = 0
    patches: dict[Any, Patch] = field(default_factory=dict)
    opened: list[Opened] = field(default_factory=list)
    cassettes: set[Path] = field(default_factory=set)
    connections: list[Patch] = field(default_factory=list)
    unmarked: Unmarked | None = None
    libraries: dict[ModuleType, Library] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


STATE = State()
CURRENT: ContextVar[Opened | None] = ContextVar("pytest_samurai_recorder", default=None)
PASSING: ContextVar[bool] = ContextVar("pytest_samurai_passing", default=False)


def opened_here() -> list[Opened]:
    """The recorder of this context; in a bare thread, or a context that outlived its recorder, those that are open."""
    opened = CURRENT.get()
    if opened is not None and opened.recorder.is_open:
        return [opened]
    with STATE.lock:
        return [one for one in STATE.opened if not any(other.outer is one for other in STATE.opened)]


def ambiguous(opened: Sequence[Opened]) -> RequestNotRecorded:
    """The refusal of a request that may be of several recorders."""
    text = (
        f"{len(opened)} recorders are open, and this thread does not say whose it is;"
        " start it with contextvars.copy_context().run"
    )
    return [one.recorder.refuse(text) for one in opened][-1]


def only_replaying() -> bool:
    """Whether a client that is made here and now is one of a replay, which opens no connection."""
    opened = opened_here()
    return bool(opened) and all(one.recorder.replaying and one.recorder.settings.lazy_tls for one in opened)


def take_cassettes() -> set[Path]:
    """The cassettes of all recorders, whosever they were, since this was asked last."""
    with STATE.lock:
        taken, STATE.cassettes = STATE.cassettes, set()
    return taken


def watch(unmarked: Unmarked | None) -> None:
    """Ask `unmarked` about every chat call for which no recorder is open; None to let them pass."""
    STATE.unmarked = unmarked
