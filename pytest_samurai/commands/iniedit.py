"""Adds entries to an option in the project's ini file. Every other byte of the file stays the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_samurai.commands.inifile import ini_file, values_of, written_entries
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json, locked, read_whole, replace_whole

_SECTIONS = {"setup.cfg": ("tool:pytest",), "pyproject.toml": ("tool.pytest.ini_options", "tool.pytest")}


def add_entries(directory: Path, key: str, entries: Iterable[str]) -> str | None:
    """Add entries to a key of the ini file around a directory, on the key's own line or on a new one below the section.

    Returns the new line; None if all entries were already there. Raises SettingsError, with the line to add by hand, if
    there is no ini file, or if the entries would not be read back.
    """
    path = ini_file(directory)
    wanted = list(entries)
    if path is None:
        raise SettingsError(f"pytest has no ini file here; make one with `{key} = {' '.join(wanted)}`")
    with locked(path):
        before = values_of(path)
        entered = written_entries(before.get(key), path)
        added = [entry for entry in wanted if entry not in entered]
        if not added:
            return None
        whole = [*entered, *added]
        value = json.dumps(whole) if path.suffix == ".toml" else " ".join(whole)
        changed = _changed(read_whole(path).decode(), path, key, value, added)
        if changed is None or not _reads_back(changed, path, {**before, key: sorted(whole, key=json.dumps)}, key):
            raise SettingsError(f"{path}: cannot be changed safely here, so add this yourself: `{key} = {value}`")
        try:
            replace_whole(path, changed.encode())
        except OSError as error:
            raise SettingsError(f"{path}: cannot be written: {error.strerror or error}") from None
    return f"{path}: {key} is {value} now"


def _changed(content: str, path: Path, key: str, value: str, added: Sequence[str]) -> str | None:
    """The content with a value that has the entries in `added`; None if there is no position for it."""
    begin, end = _section(content, path)
    if begin is None:
        return None
    section = content[begin:end]
    if path.suffix == ".toml":
        pattern = rf"(?m)^({re.escape(key)}[ \t]*=[ \t]*)(?:\[[^\]#]*\]|\"[^\"\n]*\"|'[^'\n]*')"
        changed, count = re.subn(pattern, lambda match: match[1] + value, section, count=1)
    else:
        pattern = rf"(?m)^({re.escape(key)}[ \t]*[=:])[ \t]*([^\n\r]*)"
        changed, count = re.subn(pattern, lambda match: f"{match[1]} {_joined(match[2], added)}", section, count=1)
    if not count:
        line_end = "\r\n" if "\r\n" in content else "\n"
        changed = f"{line_end}{key} = {value}{section or line_end}"
    return content[:begin] + changed + content[end:]


def _joined(line: str, added: Sequence[str]) -> str:
    return " ".join(filter(None, [line.rstrip(), *added]))


def _section(content: str, path: Path) -> tuple[int | None, int]:
    """Where pytest's options begin, after the section's header, and where they end."""
    for name in _SECTIONS.get(path.name, ("pytest",)):
        head = re.search(rf"(?m)^\[{re.escape(name)}\][^\r\n]*", content)
        if head is not None:
            following = re.compile(r"(?m)^\[").search(content, head.end())
            return head.end(), len(content) if following is None else following.start()
    return None, 0


def _reads_back(content: str, path: Path, meant: dict[str, object], key: str) -> bool:
    """Whether the content has the same options as before, plus the entries."""
    try:
        values = values_of(path, content)
    except SettingsError:
        return False
    return {**values, key: sorted(written_entries(values.get(key), path), key=json.dumps)} == meant
