"""The cassette: a file of interactions, written for people. Only this package knows yaml."""

from pytest_samurai.cassette.body import Text
from pytest_samurai.cassette.directories import Directories
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.journal import Journal, LeftBehind
from pytest_samurai.cassette.loader import lines
from pytest_samurai.cassette.naming import cassette_name, cassette_of, module_directory, named_cassette
from pytest_samurai.cassette.reader import load, parse, read, reply_of
from pytest_samurai.cassette.shelf import Kept, Shelf
from pytest_samurai.cassette.writer import save, update

__all__ = [
    "MARK",
    "Directories",
    "Journal",
    "Kept",
    "LeftBehind",
    "Shelf",
    "Text",
    "cassette_name",
    "cassette_of",
    "lines",
    "load",
    "module_directory",
    "named_cassette",
    "parse",
    "read",
    "reply_of",
    "save",
    "update",
]
