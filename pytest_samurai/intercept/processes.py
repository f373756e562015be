"""Child processes, which no recorder follows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from pytest_samurai.intercept.patch import Patch, outside
from pytest_samurai.intercept.state import STATE

_STARTERS = (
    ("subprocess", "Popen", "__init__"),
    ("multiprocessing.process", "BaseProcess", "start"),
    # The process that `multiprocessing` starts first when it spawns or uses a fork server, if a test imports it.
    ("_posixsubprocess", "", "fork_exec"),
    ("os", "", "posix_spawn"),
    ("os", "", "posix_spawnp"),
    ("os", "", "system"),
)
"""Functions that start a process without a fork that Python sees: a module, a class in it or "", and a name."""
_MODULES = tuple(dict.fromkeys(module for module, _, _ in _STARTERS))

_HARMLESS = frozenset({"ctypes.util", "platform", "uuid"})
"""Modules that start system programs such as `ldconfig` when a test imports something for the first time."""


def watch_processes() -> None:
    """Tell the open recorders about each child process that is started, until `STATE.starters` are removed."""
    imported = [*map(sys.modules.get, _MODULES)]
    STATE.starters.put_in(lambda: (Patch(owner, name, _starting) for owner, name in _starters()), imported)


def _starters() -> Iterator[tuple[Any, str]]:
    for module, kind, name in _STARTERS:
        owner: Any = sys.modules.get(module)
        owner = getattr(owner, kind) if owner is not None and kind else owner
        # Some do not exist on Windows, and some modules are not imported.
        if owner is not None and hasattr(owner, name):
            yield owner, name


def _starting(original: Any, patch: Patch) -> Any:
    def start(*arguments: Any, **options: Any) -> Any:
        if patch.active and _starter(sys._getframe(1)) not in _HARMLESS:
            for opened in list(STATE.opened):
                opened.recorder.children.were_started = True
        return outside(original, *arguments, **options)

    return start


def _starter(frame: FrameType | None) -> str:
    """The module that starts a process, by any function."""
    names = [""]
    while frame is not None and names[-1].partition(".")[0] in ("", "subprocess", "os", "pytest_samurai"):
        names.append(str(frame.f_globals.get("__name__")))
        frame = frame.f_back
    return names[-1]


def forking() -> None:
    """Tell the open recorders that this process is about to be copied."""
    for opened in list(STATE.opened):
        opened.recorder.children.forking()


def forked() -> None:
    """Tell the open recorders that this process is the copy."""
    STATE.renew_lock()
    for opened in STATE.opened:
        opened.recorder.children.is_copy = True


# These cannot be unregistered, and do nothing while no recorder is open. Windows has no forks.
if hasattr(os, "register_at_fork"):  # pragma: no branch - see above
    os.register_at_fork(before=forking, after_in_child=forked)
