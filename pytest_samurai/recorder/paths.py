"""Paths as people would type them."""

from __future__ import annotations

from pathlib import Path

from pytest_samurai.files import REAL
from pytest_samurai.text import visible


def shown(path: Path, directory: str | None = None) -> str:
    """A path on a line, relative to `directory` if it lies below that; the default is the working directory."""
    root = directory or REAL.getcwd()
    return visible(str(path.relative_to(root) if path.is_relative_to(root) else path))
