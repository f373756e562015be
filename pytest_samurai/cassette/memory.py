"""What is remembered of cassettes that were read: by a run, and by the process for `use_cassette` outside of one."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_samurai.cassette.directories import Directories
from pytest_samurai.cassette.headers import KnownHeaders
from pytest_samurai.cassette.heads import RequestHead, Status, read_request_head, read_status
from pytest_samurai.cassette.lastids import Moved, moved_of
from pytest_samurai.cassette.notes import NOTES
from pytest_samurai.cassette.remembered import Remembered


class Memory:
    """Reads what recordings share only once: most recordings of a suite differ in little except their bodies."""

    def __init__(self) -> None:
        self.directories = Directories()
        self.headers = KnownHeaders()
        self.heads: Remembered[bytes, RequestHead] = Remembered(partial(read_request_head, headers=self.headers), 256)
        self.statuses: Remembered[bytes, Status] = Remembered(read_status, 64)
        self.notes: Remembered[tuple[str, str], Any] = Remembered(NOTES.read, 256)
        self.moved: Remembered[bytes, Moved] = Remembered(moved_of, 64)
