"""A suite that uses another recorder: what must change in its files, and which of it can be done here."""

from pytest_samurai.commands.movein.suite import MovedFile, Suite

__all__ = ["MovedFile", "Suite"]
