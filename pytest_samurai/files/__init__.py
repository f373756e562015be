"""The real files and the real clock, whatever a test has patched."""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_samurai.files.clock import now, now_ns, ticks
from pytest_samurai.files.real import REAL, json

if TYPE_CHECKING:
    from pytest_samurai.files.fakes import without_fakes
    from pytest_samurai.files.locks import claimed, locked, scratch
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

# Imported only when needed: pytest imports this package at the start of every run, before a test can patch anything.
_HOMES = {"without_fakes": "fakes", "claimed": "locks", "locked": "locks", "scratch": "locks"}


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module(f"pytest_samurai.files.{_HOMES.get(name, 'whole')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
