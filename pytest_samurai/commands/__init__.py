"""The shell's door: the commands of `pytest-samurai`."""

from pytest_samurai.commands.cli import main

__all__ = [
    "main",
]
