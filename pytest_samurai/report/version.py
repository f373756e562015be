"""The version of pytest-samurai."""

from __future__ import annotations

from importlib.metadata import distributions


def own_version() -> str:
    """As it was installed; it also works without, as `-p pytest_samurai.plugin`, and is then "unknown"."""
    return next((distribution.version for distribution in distributions(name="pytest-samurai")), "unknown")
