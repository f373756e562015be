"""The real files and the real clock, whatever a test has patched."""

from pytest_samurai.files.clock import now, now_ns, ticks
from pytest_samurai.files.fakes import without_fakes
from pytest_samurai.files.locks import claimed, locked, scratch
from pytest_samurai.files.real import REAL, json
from pytest_samurai.files.whole import (
    NoFile,
    exists,
    make_directory,
    opened,
    read_whole,
    remove,
    remove_abandoned,
    replace_whole,
    try_to_write,
    unique,
    write_all,
)

__all__ = [
    "REAL",
    "NoFile",
    "claimed",
    "exists",
    "json",
    "locked",
    "make_directory",
    "now",
    "now_ns",
    "opened",
    "read_whole",
    "remove",
    "remove_abandoned",
    "replace_whole",
    "scratch",
    "ticks",
    "try_to_write",
    "unique",
    "without_fakes",
    "write_all",
]
