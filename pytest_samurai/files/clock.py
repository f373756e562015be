"""The real clock, which no test can stop.

A test with a frozen clock is still recorded today, at today's prices.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from pytest_samurai.files.real import REAL

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """This moment, in UTC."""
    # Not with `datetime.now` or `fromtimestamp`, because tests patch those.
    return _EPOCH + timedelta(microseconds=now_ns() // 1000)


def now_ns() -> int:
    """The nanoseconds since 1970, in UTC, as file dates count them."""
    # time-machine changes the functions themselves, wherever they are kept, but gives access to the real ones.
    time_machine = sys.modules.get("time_machine")
    hatch = None if time_machine is None else getattr(time_machine, "escape_hatch", None)
    if hatch is not None and hatch.is_travelling():
        return int(hatch.time.time_ns())
    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        return REAL.time_ns()
    return REAL.clock_gettime_ns(time.CLOCK_REALTIME)


def ticks() -> float:
    """Seconds since an arbitrary moment, for measuring intervals."""
    if sys.platform == "win32":  # pragma: no cover - this machine takes the other branch
        return REAL.perf_counter_ns() / 1e9
    return REAL.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e9
