"""The cassette: a file of interactions, written for people. Only this package knows yaml."""

from pytest_samurai.cassette.damaged import Reading, readings
from pytest_samurai.cassette.directories import Directories
from pytest_samurai.cassette.frame import is_ours
from pytest_samurai.cassette.journal import JOURNAL, Journal, LeftBehind
from pytest_samurai.cassette.loader import lines
from pytest_samurai.cassette.mended import mend
from pytest_samurai.cassette.naming import (
    cassette_name,
    cassette_of,
    module_directory,
    named_cassette,
    owner_by_name,
    placed_cassette,
    safe_cassette,
)
from pytest_samurai.cassette.reader import load, parse, read, reply_of, salvage
from pytest_samurai.cassette.remembered import Remembered
from pytest_samurai.cassette.shelf import Kept, Shelf
from pytest_samurai.cassette.writer import save, try_to_save, update

__all__ = [
    "JOURNAL",
    "Directories",
    "Journal",
    "Kept",
    "LeftBehind",
    "Reading",
    "Remembered",
    "Shelf",
    "cassette_name",
    "cassette_of",
    "is_ours",
    "lines",
    "load",
    "mend",
    "module_directory",
    "named_cassette",
    "owner_by_name",
    "parse",
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
