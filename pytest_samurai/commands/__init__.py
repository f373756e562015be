"""The command line: `cli` parses arguments, with a module for each command. The modules next to it do the work."""

from pytest_samurai.commands.cli import main

__all__ = [
    "main",
]
