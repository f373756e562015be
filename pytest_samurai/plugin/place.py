"""Where the cassettes of a run lie."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from pytest_samurai.files import REAL
from pytest_samurai.plugin.internals import parameter_number
from pytest_samurai.plugin.state import RUN, cassette_root


def default_cassette_dir(request: pytest.FixtureRequest) -> Path:
    """The directory of the cassettes of a test file, unless it was moved."""
    directories = request.config.stash[RUN].directories
    if request.path not in directories:
        from pytest_samurai.cassette import module_directory

        root = cassette_root(request.config)
        directories[request.path] = root / module_directory(relative(request.path, request.config))
    return directories[request.path]


def cassette_path(request: pytest.FixtureRequest, directory: Path, name: Path | None) -> Path:
    """Where the cassette of a test lies; `name` is what its marker says."""
    from pytest_samurai.cassette import cassette_name, placed_cassette

    if name is None:
        return directory / cassette_name([*classes(request.node), request.node.name])
    # Tests of several files may share a cassette by its name, so it lies in the root, unless their directory was moved.
    moved = directory != default_cassette_dir(request)
    return placed_cassette(directory if moved else cassette_root(request.config), name)


def fixture_cassette_path(
    item: pytest.Item, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Path:
    """Where the cassette of a fixture lies.

    It lies beside those of the tests that use the fixture. If its scope is wider than a module, it lies where the
    fixture is defined.
    """
    from pytest_samurai.cassette import cassette_name, module_directory

    root = cassette_root(request.config)
    parts = [fixturedef.argname + _parameter(request)]
    if fixturedef.scope in ("module", "class"):
        directory = of_same_scope(
            request, "samurai_cassette_dir", root / module_directory(relative(item.path, request.config))
        )
    else:
        directory = root / module_directory(REAL.PurePosixPath(fixturedef.baseid.partition("::")[0]))
    if fixturedef.scope == "class":
        parts = [*classes(item), *parts]
    return REAL.Path(directory) / "fixtures" / cassette_name(parts)


def _parameter(request: pytest.FixtureRequest) -> str:
    """The parameter of a fixture in brackets, as in pytest's ids. An object is shown by its number."""
    if not hasattr(request, "param"):
        return ""
    value = request.param
    plain = isinstance(value, str | int | float | bool | None)
    return f"[{value if plain else parameter_number(request)}]"


def of_same_scope(request: pytest.FixtureRequest, name: str, default: Any) -> Any:
    """The value of a fixture of ours, asked for by another fixture; `default` if its scope is too narrow for that."""
    try:
        return request.getfixturevalue(name)
    except pytest.fail.Exception as failure:
        # Any other failure is that of the user's fixture.
        if "ScopeMismatch" not in str(failure):
            raise
        return default


def classes(item: pytest.Item) -> list[str]:
    """The classes that a test is in, from the outside in."""
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class)]


def relative(path: Path, config: pytest.Config) -> PurePosixPath:
    """A path as seen from pytest's root directory."""
    return REAL.PurePosixPath(REAL.Path(REAL.relpath(path, config.rootpath)).as_posix())
