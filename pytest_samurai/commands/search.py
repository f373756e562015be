"""The cassettes that a command looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_samurai.errors import SettingsError

SUFFIXES = (".yaml", ".yml", ".yaml.gz", ".yml.gz")


def cassettes_in(paths: Iterable[Path], suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """Every cassette once, those of a directory by name. Raises SettingsError for a path that does not exist."""
    files: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise SettingsError(f"{path}: no such file or directory; name the cassettes, or their directory")
        if path.is_dir():
            files |= dict.fromkeys(
                sorted(file for file in path.rglob("*") if file.name.endswith(tuple(suffixes)) and _may_be_read(file))
            )
        else:
            files[path] = None
    return list(files)


def _may_be_read(path: Path) -> bool:
    # A FIFO is not a directory either, and its reader will say what it is.
    return path.exists() and not path.is_dir()
