"""Our functions that wait for others."""

from __future__ import annotations

from types import CodeType, FrameType

from pytest_samurai.intercept.begun import Begun
from pytest_samurai.intercept.ending import Ending
from pytest_samurai.intercept.patch import outside
from pytest_samurai.intercept.streams import Replay, Tee
from pytest_samurai.intercept.twins import Blocking

_WAITING: frozenset[CodeType] = frozenset(
    function.__code__
    for function in (
        Blocking.read,
        Blocking.send,
        Blocking.next_piece,
        Begun.__iter__,
        Tee.__iter__,
        Replay.to_its_end,
        Ending.wait,
        outside,
    )
)


def is_waiting(frame: FrameType) -> bool:
    """Whether our innermost running function is waiting for a server or for the application.

    Nothing is lost if an error is raised there, because these functions call others to keep everything.
    """
    return frame.f_code in _WAITING
