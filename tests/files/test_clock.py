"""The wall clock goes on, whatever a test does to Python's."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import freezegun
import pytest
import time_machine

from pytest_samurai import files
from pytest_samurai.files import now, now_ns, ticks


def of_the_system(directory: Path) -> datetime:
    """The current time as the system dates a file, which may lag by a hundredth of a second."""
    path = directory / "now"
    path.write_text("now")
    os.utime(path)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=path.stat().st_mtime_ns // 1000)


def frozen(*_: object) -> float:
    return 0.0


@pytest.mark.parametrize("how", ["not at all", "freezegun", "time-machine", "a tick at a time", "by hand"])
def test_it_says_the_hour_of_the_system_and_goes_on(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any
    if how == "freezegun":
        fake = freezegun.freeze_time("2001-02-03")
    elif how == "a tick at a time":
        fake = freezegun.freeze_time("2001-02-03", auto_tick_seconds=60)
    else:
        fake = time_machine.travel(0, tick=False)
    if how == "by hand":
        for name in ("time", "time_ns", "monotonic", "perf_counter", "perf_counter_ns", "clock_gettime_ns"):
            monkeypatch.setattr(time, name, frozen)
    elif how != "not at all":
        fake.start()
    try:
        before, first = of_the_system(tmp_path), now()
        began = ticks()
        while ticks() == began:
            pass
        second, after = now(), of_the_system(tmp_path)
        assert 0 < ticks() - began < 60
        assert abs(now_ns() / 1e9 - second.timestamp()) < 60
    finally:
        if how not in ("by hand", "not at all"):
            fake.stop()
    assert before - timedelta(seconds=0.1) <= first <= second <= after + timedelta(seconds=0.1)
    assert type(first) is datetime


def test_what_the_package_does_not_have_is_no_attribute_of_it() -> None:
    assert callable(files.locked)
    with pytest.raises(AttributeError, match=r"module 'pytest_samurai\.files' has no attribute 'nothing'"):
        files.nothing  # noqa: B018 - the access is what is tested
