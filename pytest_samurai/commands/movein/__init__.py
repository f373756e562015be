"""A suite of another recorder's tests: what has to change in its files, and what of that can be done here."""

from pytest_samurai.commands.movein.suite import MovedFile, Suite

__all__ = ["MovedFile", "Suite"]
