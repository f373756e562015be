"""The shell's door: each command of `pytest-samurai`."""

from pytest_samurai.commands.main import main

__all__ = ["main"]
