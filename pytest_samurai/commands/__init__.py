"""The door to the shell: `cli` has what is typed, a module for each command; beside it is what commands find out."""

from pytest_samurai.commands.cli import main

__all__ = [
    "main",
]
