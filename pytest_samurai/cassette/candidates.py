"""Where to look for a test's cassette: under our own names, and under those of other tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import md5
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pytest_samurai.cassette.naming import cassette_name, file_and_parts, module_directory, own_names, parts_of
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import REAL, exists

_CASSETTES = "cassettes"
_MOST_CHARACTERS = 255
_BEFORE_DIGEST = "..."
_DIGEST = 32


class Candidate(NamedTuple):
    """A path where a test's cassette may be.

    If it `is_certain`, the cassette can't belong to another test, so the test's recordings are written there.
    """

    path: PurePosixPath
    is_certain: bool


def candidates_for(test: str, home: PurePosixPath) -> list[Candidate]:
    """Where to look for the cassette of a test that doesn't name one, relative to the root; the likeliest first.

    `home` is the directory of the cassettes. Raises SettingsError if `test` is not a test id.
    """
    file, parts = file_and_parts(test)
    return [
        *(_below(home / module_directory(file), candidates_of(parts))),
        *candidates_beside(file, parts),
    ]


def candidates_of(parts: list[str], *, alike: bool = False) -> list[Candidate]:
    """Where in a directory to look for a test's cassette; the first is where we write it. See `cassette_name`.

    pytest-recording and cassetter replace unusual characters in a name, and keep only the innermost class. So several
    tests may share one of their files. Sources: `get_default_cassette_name` and `use_cassette` of pytest-recording
    0.14.1, `_sanitized_file_name` and `_existing_file_name` of cassetter 0.16.1.
    """
    own = [Candidate(REAL.PurePosixPath(name), True) for name in own_names(parts, alike=alike)]
    return _each_once([*own, *_of_other_tools(parts)])


def candidates_beside(file: PurePosixPath, parts: list[str]) -> list[Candidate]:
    """Where other tools keep the cassette of a test: in `cassettes` next to its file.

    pytest-recording and cassetter have a directory there for each file. pytest-vcr doesn't, so tests of several files
    may share a cassette. Source: `vcr_cassette_dir` and `vcr_cassette_name` of pytest-vcr 1.0.2.
    """
    directory = beside(file)
    flat = [Candidate(path, False) for path in _paths([_name(parts)])]
    return [*_below(directory, candidates_of(parts)), *_below(directory.parent, flat)]


def beside(file: PurePosixPath) -> PurePosixPath:
    """The directory where pytest-recording and cassetter keep the cassettes of a test file."""
    return file.parent / _CASSETTES / file.stem


def first_existing(directory: Path, among: Iterable[Candidate], is_meant: Callable[[Path], bool]) -> Candidate | None:
    """The first candidate that exists in a directory; None if there is none.

    If a file may belong to another test, `is_meant` decides.
    """
    for candidate in among:
        path = directory / candidate.path
        if exists(path) and _is_spelled_so(path) and (candidate.is_certain or is_meant(path)):
            return candidate
    return None


def _is_spelled_so(path: Path) -> bool:
    """Whether a file with exactly this name exists, even if the file system ignores case."""
    return path.name in REAL.listdir(path.parent)


def is_foreign(path: Path, shelf: Shelf) -> bool:
    """Whether another tool recorded any part of a cassette, imported or not; also if the cassette can't be read.

    Raises FileNotFoundError if the file doesn't exist.
    """
    try:
        # Each of our own recordings has its time.
        return None in shelf.load(path, settles=True).recordings.times()
    except CassetteError:
        # Opening it later will say what is wrong.
        return True


def owner_beside(cassette: PurePosixPath) -> str | None:
    """The id of the test whose name gives it this cassette in `cassettes` next to the test's file; both from the root.

    None if no test with pytest's usual naming has this name. The name leaves out the classes around a class.
    """
    parts = parts_of(cassette.name)
    directory = cassette.parent.parent
    if directory.name != _CASSETTES or parts is None:
        return None
    file = directory.parent / f"{cassette.parent.name}.py"
    return "::".join([str(file), *parts]) if cassette_name(parts) == cassette.name else None


def _of_other_tools(parts: list[str]) -> Iterator[Candidate]:
    name = _name(parts)
    replaced = name.translate(_REPLACED)
    # Two classes may have the same name, and then the file may belong to either.
    is_whole = len(parts) <= 2
    yield from (Candidate(path, is_whole and replaced == name) for path in _paths([_shortened(replaced)]))
    yield from (Candidate(path, is_whole) for path in _paths([name]))
    # We record only YAML.
    yield from (Candidate(path.with_suffix(".json"), False) for path in _paths([replaced]))


def _name(parts: list[str]) -> str:
    return ".".join(parts[-2:])


def _shortened(name: str) -> str:
    """The name as pytest-recording shortens it: by characters, not by bytes."""
    most = _MOST_CHARACTERS - len(".yaml")
    if len(name) <= most:
        return name
    digest = md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{name[: most - _DIGEST - len(_BEFORE_DIGEST)]}{_BEFORE_DIGEST}{digest}"


def _paths(names: Iterable[str]) -> Iterator[PurePosixPath]:
    """The paths for names, which may contain slashes; none for a name that leads outside."""
    for name in names:
        path = REAL.PurePosixPath(f"{name}.yaml")
        if ".." not in path.parts and not _NO_NAME.search(name):
            yield path


def _below(directory: PurePosixPath, among: Iterable[Candidate]) -> Iterator[Candidate]:
    return (Candidate(directory / candidate.path, candidate.is_certain) for candidate in among)


def _each_once(among: Iterable[Candidate]) -> list[Candidate]:
    by_path: dict[PurePosixPath, Candidate] = {}
    for candidate in among:
        by_path.setdefault(candidate.path, candidate)
    return list(by_path.values())


_NO_NAME = re.compile("[\0\ud800-\udfff]")
"""Characters that no path can have on any system."""

_REPLACED = str.maketrans(dict.fromkeys("<>?%*:|\"'/\\", "-"))
"""The replacement of pytest-recording and cassetter for characters that a file name can't have."""
