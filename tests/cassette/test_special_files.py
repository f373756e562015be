"""A directory, pipe or the like instead of a cassette, journal or lock is reported at once, without waiting."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_samurai import CassetteError, SettingsError, use_cassette
from pytest_samurai.bill import load_lock
from pytest_samurai.bill.ownprices import own_prices
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.journal import left_behind

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")


@pytest.fixture
def make() -> Iterator[Callable[[str, Path], None]]:
    """Make something that is not a file. A socket's path must be short, so it is made in its final location."""
    sockets = []

    def made(kind: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "a FIFO":
            os.mkfifo(path)
        elif kind == "a directory":
            path.mkdir()
        elif kind == "a device":
            path.symlink_to("/dev/zero")
        else:
            listener = socket.socket(socket.AF_UNIX)
            sockets.append(listener)
            # A socket's name has at most a hundred characters.
            here = Path.cwd()
            os.chdir(path.parent)
            listener.bind(path.name)
            os.chdir(here)

    yield made
    for listener in sockets:
        listener.close()


KINDS = ["a FIFO", "a socket", "a device", "a directory"]


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_no_cassette_in_any_mode(
    cassettes: Path, kind: str, mode: str, make: Callable[[str, Path], None]
) -> None:
    path = cassettes / "a.yaml"
    make(kind, path)
    told = rf"^{re.escape(str(path))}: is {kind}, but a cassette must be a file; move it away$"
    with pytest.raises(CassetteError, match=told), use_cassette(path, mode=mode):
        pytest.fail("it is open")
    assert [file.name for file in cassettes.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_no_lock_no_journal_and_no_project(
    tmp_path: Path, kind: str, make: Callable[[str, Path], None]
) -> None:
    for name in ("samurai.lock", "a.yaml.01234567.new.journal", "pyproject.toml"):
        make(kind, tmp_path / name)
    with pytest.raises(SettingsError, match=rf"samurai\.lock: cannot be read: (it is|Is) {kind}$"):
        load_lock(tmp_path / "samurai.lock")
    assert list(left_behind(tmp_path / "a.yaml")) == []
    assert own_prices(tmp_path) == PriceList()
