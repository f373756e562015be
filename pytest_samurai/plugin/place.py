"""Where the cassettes of a run are."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_samurai.files import REAL, exists
from pytest_samurai.plugin.internals import parameter_number
from pytest_samurai.plugin.state import RUN, TEST, cassette_root, shared_of

if TYPE_CHECKING:
    from pytest_samurai.recorder import RecordMode


def default_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The directory of a test file's cassettes, unless it was moved."""
    directories = request.config.stash[RUN].directories
    if request.path not in directories:
        from pytest_samurai.cassette import module_directory

        root = cassette_root(request.config)
        directories[request.path] = root / module_directory(relative(request.path, request.config))
    return directories[request.path]


class Location(NamedTuple):
    """Where the cassette of a test is, and whether other tests may share it."""

    path: Path
    is_shared: bool


def cassette_location(request: pytest.FixtureRequest, directory: Path, name: Path | None, mode: RecordMode) -> Location:
    """Where the cassette of a test is in a given mode. `name` is what its marker says.

    Raises CassetteError if the test needs its own cassette and cannot have it.
    """
    moved = directory != default_cassette_dir(request)
    if name is None:
        return _own_place(request, REAL.Path(directory), mode, moved=moved)
    from pytest_samurai.cassette import placed_cassette

    # Tests in several files may share a named cassette, so it is in the root, unless their directory was moved.
    return Location(placed_cassette(directory if moved else cassette_root(request.config), name), True)


def _own_place(request: pytest.FixtureRequest, directory: Path, mode: RecordMode, *, moved: bool) -> Location:
    """Where the cassette of a test without a named one is, under any name it may have, or where it will be."""
    own, path, is_certain = _own_paths(request, directory, moved=moved)
    # In `once`, an existing cassette is never written.
    if not mode.writes or mode.only_replays_once_recorded or not exists(path):
        return Location(path, False)
    from pytest_samurai.cassette import is_foreign
    from pytest_samurai.recorder import adopt

    shelf = shared_of(request.config).shelf
    if not is_certain:
        adopt(path, own, shelf)
        return Location(own, False)
    # Another test may still play what this test no longer plays.
    item, run = request.node, request.config.stash[RUN]
    test = item.stash.get(TEST, item.nodeid)
    claimed = run.siblings.is_claimed(item, test, path.name, run.collection.marked)
    return Location(path, claimed and is_foreign(path, shelf))


def own_cassette(request: pytest.FixtureRequest, directory: Path) -> Path:
    """A test's cassette in a directory, under one of the test's own names, whatever its marker says."""
    return _own_paths(request, directory, moved=True)[1]


def _own_paths(request: pytest.FixtureRequest, directory: Path, *, moved: bool) -> tuple[Path, Path, bool]:
    """Where a test's own cassette should be, where it is, and whether it certainly belongs to the test."""
    from pytest_samurai.cassette import cassette_name

    item = request.node
    parts = [*classes(item), item.name]
    test = item.stash.get(TEST, item.nodeid)
    own = directory / cassette_name(parts, alike=request.config.stash[RUN].siblings.is_alike(item, test))
    if exists(own):
        return own, own, True
    return own, *(_older_or_foreign(request, directory, parts, moved=moved) or (own, True))


def _older_or_foreign(
    request: pytest.FixtureRequest, directory: Path, parts: list[str], *, moved: bool
) -> tuple[Path, bool] | None:
    """A test's cassette under an older or a foreign name, and whether it certainly belongs to the test."""
    from pytest_samurai.cassette import candidates_beside, candidates_of, first_existing, is_foreign

    def is_meant(path: Path) -> bool:
        return is_foreign(path, shared_of(request.config).shelf)

    candidate = first_existing(directory, candidates_of(parts), is_meant)
    if candidate is not None:
        return directory / candidate.path, candidate.is_certain
    if moved:
        return None
    home = REAL.Path(request.path).parent
    candidate = first_existing(home, candidates_beside(REAL.PurePosixPath(request.path.name), parts), is_meant)
    return None if candidate is None else (home / candidate.path, candidate.is_certain)


def fixture_cassette_path(
    item: pytest.Item, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Path:
    """Where the cassette of a fixture is.

    It is next to the cassettes of the tests that use the fixture. If the scope is wider than a module, it is next to
    the fixture's definition.
    """
    from pytest_samurai.cassette import Candidate, first_existing, module_directory, own_names

    root = cassette_root(request.config)
    parts = [fixturedef.argname + _parameter(request)]
    if fixturedef.scope in ("module", "class"):
        directory = of_same_scope(
            request, "samurai_cassette_dir", root / module_directory(relative(item.path, request.config))
        )
    else:
        directory = root / module_directory(REAL.PurePosixPath(fixturedef.baseid.partition("::")[0]))
    # Nobody knows which other parameters the fixture gets, or which other fixtures have a similar name.
    alike = parts[0] != parts[0].lower()
    if fixturedef.scope == "class":
        alike = alike or request.config.stash[RUN].siblings.has_alike_class(item)
        parts = [*classes(item), *parts]
    own = [Candidate(REAL.PurePosixPath(name), True) for name in own_names(parts, alike=alike)]
    directory = REAL.Path(directory) / "fixtures"
    return directory / (first_existing(directory, own, lambda _: True) or own[0]).path


def _parameter(request: pytest.FixtureRequest) -> str:
    """The parameter of a fixture in brackets, as in pytest's ids. An object is shown as its number."""
    if not hasattr(request, "param"):
        return ""
    value = request.param
    plain = isinstance(value, str | int | float | bool | None)
    return f"[{value if plain else parameter_number(request)}]"


def of_same_scope(request: pytest.FixtureRequest, name: str, default: Any) -> Any:
    """The value of one of our fixtures for another fixture; `default` if the scope of ours is too narrow."""
    try:
        return request.getfixturevalue(name)
    except pytest.fail.Exception as failure:
        # Any other failure comes from the user's fixture.
        if "ScopeMismatch" not in str(failure):
            raise
        return default


def classes(item: pytest.Item) -> list[str]:
    """The classes around a test, from the outside in."""
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class)]


def relative(path: Path, config: pytest.Config) -> PurePosixPath:
    """A path relative to pytest's root directory."""
    return REAL.PurePosixPath(REAL.Path(REAL.relpath(path, config.rootpath)).as_posix())
