"""What `addopts` of the ini file says to another recorder: pytest stops at it once that recorder is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pytest_samurai.commands.inifile import ini_file, values_of, written_entries
from pytest_samurai.commands.movein.findings import Change
from pytest_samurai.files import read_whole

_MODE = "write --samurai-mode instead; it knows the same words"
_BLOCKED = "leave it out: a test that can only replay calls no model, without this"
_LIVE = "leave it out, and run with --samurai-mode=live instead"
_OPTIONS: Final = {
    "--record-mode": _MODE,
    "--vcr-record": _MODE,
    "--vcr-record-mode": _MODE,
    "--block-network": _BLOCKED,
    "--allowed-hosts": _BLOCKED,
    "--disable-recording": _LIVE,
    "--disable-vcr": _LIVE,
}
_PLUGINS: Final = ("recording", "pytest_recording", "vcr", "pytest_vcr", "cassetter")


def ini_changes(directories: Sequence[Path]) -> dict[Path, list[Change]]:
    """The options of other recorders in the ini files around some directories, by the path of the file.

    Raises SettingsError for a file that cannot be read.
    """
    files = dict.fromkeys(path for directory in directories if (path := ini_file(directory.resolve())) is not None)
    return {path: changes for path in files if (changes := [*_changes(path)])}


def _changes(path: Path) -> Iterator[Change]:
    words = written_entries(values_of(path).get("addopts", ""), path)
    lines = read_whole(path).decode().splitlines()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name = word.partition("=")[0]
        plugin = following if word == "-p" else word[2:] if word.startswith("-p") else ""
        if name in _OPTIONS:
            yield Change(_line_of(word, lines), f"addopts has {word}", look=_OPTIONS[name])
        elif plugin.partition(".")[0] in _PLUGINS:
            what = f"addopts has -p {plugin}"
            yield Change(_line_of(plugin, lines), what, look="leave it out: it loads the other recorder")


def _line_of(word: str, lines: Sequence[str]) -> int:
    """The line of the file on which a word stands. A word that is spelled with escapes is on the first, for us."""
    return next((number for number, line in enumerate(lines, 1) if word in line), 1)
