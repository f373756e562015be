"""The cassette: a file of interactions, written for people. Only this package knows yaml."""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_samurai.cassette.candidates import (
    Candidate,
    beside,
    candidates_beside,
    candidates_for,
    candidates_of,
    first_existing,
    is_foreign,
    owner_beside,
)
from pytest_samurai.cassette.frame import is_ours
from pytest_samurai.cassette.journal import JOURNAL, Journal, LeftBehind, journal_stem
from pytest_samurai.cassette.loader import lines
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.naming import (
    cassette_name,
    cassette_of,
    file_and_parts,
    module_directory,
    named_cassette,
    own_names,
    owner_by_name,
    parts_of,
    placed_cassette,
    safe_cassette,
)
from pytest_samurai.cassette.reader import load, parse, read, reply_of, salvage
from pytest_samurai.cassette.remembered import Remembered
from pytest_samurai.cassette.shelf import Kept, Shelf
from pytest_samurai.cassette.writer import save, try_to_save, update

if TYPE_CHECKING:
    from pytest_samurai.cassette.damaged import Reading, readings
    from pytest_samurai.cassette.mended import mend

__all__ = [
    "JOURNAL",
    "Candidate",
    "Journal",
    "Kept",
    "LeftBehind",
    "Memory",
    "Reading",
    "Remembered",
    "Shelf",
    "beside",
    "candidates_beside",
    "candidates_for",
    "candidates_of",
    "cassette_name",
    "cassette_of",
    "file_and_parts",
    "first_existing",
    "is_foreign",
    "is_ours",
    "journal_stem",
    "lines",
    "load",
    "mend",
    "module_directory",
    "named_cassette",
    "own_names",
    "owner_beside",
    "owner_by_name",
    "parse",
    "parts_of",
    "placed_cassette",
    "read",
    "readings",
    "reply_of",
    "safe_cassette",
    "salvage",
    "save",
    "try_to_save",
    "update",
]

# Imported only when needed: a replay reads whole cassettes and mends none.
_HOMES = {"Reading": "damaged", "mend": "mended", "readings": "damaged"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"pytest_samurai.cassette.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
