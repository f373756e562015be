"""The version of pytest-samurai."""

from __future__ import annotations

from importlib.metadata import distributions


def own_version() -> str:
    """The installed version; "unknown" if it runs uninstalled, as `-p pytest_samurai.plugin`."""
    return next((distribution.version for distribution in distributions(name="pytest-samurai")), "unknown")
