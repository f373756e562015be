"""Our options in a project's ini file. Pytest is not asked, because it would have to start.

So the values from a `samurai_config` fixture are unknown here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import read_whole
from pytest_samurai.settings import OPTIONS, Layer, Settings, resolve

_FILES: Final = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""The files that pytest looks for, in pytest's order."""

_READ: Final = ("cassette_dir", "endpoints", "match_on", "ignore", "normalize", "lock")


def configures_pytest(directory: Path) -> bool:
    """Whether a directory has an ini file with a section for pytest's options, which makes it the root directory.

    An unreadable file has none.
    """
    try:
        return any((directory / name).is_file() and _values(directory / name) is not None for name in _FILES)
    except SettingsError:
        return False


def project_settings(directory: Path) -> Settings:
    """The ini file's settings, around a directory, for where recordings are and what matches.

    Raises SettingsError for a file that cannot be read, and for an invalid value.
    """
    path = ini_file(directory)
    return Settings() if path is None else resolve([Layer(str(path), "ini", dict(_ours(values_of(path), path)))])


def ini_file(directory: Path) -> Path | None:
    """The ini file of the project around a directory; None if there isn't one. Raises SettingsError as above."""
    for parent in (directory, *directory.parents):
        for name in _FILES:
            path = parent / name
            if path.is_file() and _values(path) is not None:
                return path
    return None


def values_of(path: Path, content: str | None = None) -> dict[str, Any]:
    """Pytest's options in an ini file, or in its future content. Raises SettingsError as above."""
    return dict(_values(path, content) or {})


def written_entries(value: object, path: Path) -> list[Any]:
    """The entries of a list option, as an ini file has them: texts, and in TOML also lists of two texts.

    Raises SettingsError for a text that cannot be split into entries.
    """
    if not isinstance(value, str):
        return list(value) if isinstance(value, list) else []
    try:
        return shlex.split(value)
    except ValueError as error:
        raise SettingsError(f"{path}: {value!r} is not a list of entries: {error}") from None


def _ours(values: Mapping[str, object], path: Path) -> Iterator[tuple[str, object]]:
    for name in _READ:
        option = OPTIONS[name]
        value = values.get(option.ini)
        if isinstance(value, str) and option.many:
            value = written_entries(value, path)
        if value not in (None, [], ""):
            yield name, value


def _values(path: Path, content: str | None = None) -> Mapping[str, Any] | None:
    """Pytest's options in a file; None if it has no section for them."""
    try:
        content = read_whole(path).decode() if content is None else content
        return _of_toml(content, path.name) if path.suffix == ".toml" else _of_ini(content, path.name)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def _of_toml(content: str, name: str) -> Mapping[str, Any] | None:
    import tomllib

    values: Any = tomllib.loads(content)
    if name != "pyproject.toml":
        return _table(values, "pytest") or {}
    of_pytest = _table(_table(values, "tool"), "pytest")
    # The older table has texts, like an ini file; in the newer one, values have types.
    values = _table(of_pytest, "ini_options") or of_pytest
    return values if isinstance(values, dict) else None


def _table(values: Any, name: str) -> Any:
    return values.get(name) if isinstance(values, dict) else None


def _of_ini(content: str, name: str) -> Mapping[str, str] | None:
    from iniconfig import IniConfig, ParseError

    try:
        sections = IniConfig(name, data=content)
    except ParseError as error:
        raise ValueError(str(error)) from None
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    if section in sections:
        return dict(sections[section].items())
    return {} if name.endswith("pytest.ini") else None
