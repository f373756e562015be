"""Paths of cassettes."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL, exists
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible


def shown(path: Path, directory: str | None = None) -> str:
    """A path on one line, relative to `directory` if it is below that. The default is the working directory."""
    root = directory or REAL.getcwd()
    return visible(str(path.relative_to(root) if path.is_relative_to(root) else path))


_SUFFIXES = (".yaml", ".yml")


def transformed(path: Path, settings: Settings) -> Path:
    """The result of `path_transformer`, called with the path of a cassette without `.yaml`, as vcrpy and
    pytest-recording do.

    The suffix is added again, unless the function has added one. Raises SettingsError if the result is not a path.
    """
    if settings.path_transformer is None:
        return path
    plain = str(path).removesuffix(_SUFFIXES[0])
    given = settings.path_transformer(plain)
    if not isinstance(given, str | PathLike):
        raise SettingsError(
            f"path_transformer returned a value of type {type(given).__name__}; it must return the path of the cassette"
        )
    name = str(given)
    return REAL.Path(REAL.getcwd(), name if name.endswith(_SUFFIXES) else f"{name}{_SUFFIXES[0]}")


def or_compressed(path: Path) -> Path:
    """The path of a cassette, or of the compressed file that replaces it."""
    compressed = path.with_name(f"{path.name}.gz")
    return compressed if not exists(path) and exists(compressed) else path
