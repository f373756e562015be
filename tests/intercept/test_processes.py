"""Child processes, which no recorder follows."""

from __future__ import annotations

import ctypes.util
import os
import platform
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pytest_samurai import use_cassette

STARTS: list[Callable[[], object]] = [
    lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    lambda: subprocess.check_output(["true"]),
    lambda: os.popen("true").close(),
]


@pytest.mark.parametrize("module", [ctypes.util, platform, uuid])
def test_programs_that_pythons_own_modules_ask_are_no_children_of_the_test(
    cassettes: Path, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.__dict__, "run_it", None)
    exec("def run_it(): import subprocess; subprocess.check_output(['true'])", module.__dict__)
    with use_cassette(cassettes / "a.yaml", mode="live") as recorder:
        module.run_it()
    assert not recorder.children.were_started


@pytest.mark.parametrize("start", STARTS, ids=["run", "check_output", "popen"])
def test_programs_that_a_test_starts_are_its_children(cassettes: Path, start: Callable[[], object]) -> None:
    with use_cassette(cassettes / "a.yaml", mode="live") as recorder:
        start()
        assert recorder.children.were_started
        recorder.children.were_started = False
