"""The name of a test's cassette: no two tests have the same."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json

_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+\-\[\]]")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FUNCTION = re.compile(r"[a-z_][a-z0-9_]*(?:\[[a-z0-9_.,=+\-\[\]]*\])?")
_LONGEST = 100
_LONGEST_NAME = 200
_DIGEST = 10


def module_directory(test_file: PurePosixPath) -> PurePosixPath:
    """The directory for a test file, both relative to rootdir. That of a file outside has a digest in its name."""
    if ".." in test_file.parts or test_file.is_absolute():
        return PurePosixPath(_marked(test_file.stem, str(test_file)))
    return test_file.with_suffix("") if test_file.suffix == ".py" else test_file


def cassette_name(parts: list[str]) -> str:
    """The file name for a test: `parts` are its classes, then its name with its parameters.

    Most tests give it their own name. If a character has to be replaced, if the name is too long, or if a file system
    that ignores case would take it for another, a digest follows after `~`, which no other name has.
    """
    *classes, function = parts
    name = ".".join(parts)
    # Only names of this form can still be told apart when dots have joined them and case is lost.
    plain = _FUNCTION.fullmatch(function) and all(
        _CLASS.fullmatch(name) and name == _usual_case(name) for name in classes
    )
    return f"{name if plain and len(name) <= _LONGEST else _marked(name, json.dumps(parts))}.yaml"


def cassette_of(test: str) -> PurePosixPath:
    """The cassette of a test that names none, relative to the directory of the cassettes, given the test's id.

    Raises SettingsError for what is no test id.
    """
    file, _, inside = test.partition("::")
    # Parameters may hold anything, even colons.
    name, bracket, parameters = inside.partition("[")
    *classes, function = name.split("::")
    if not (file and function):
        raise SettingsError(f"{test!r} is no id of a test; write it like tests/test_geo.py::TestCities::test_capital")
    return module_directory(PurePosixPath(file)) / cassette_name([*classes, function + bracket + parameters])


def _usual_case(name: str) -> str:
    """Of the names that differ in case alone, the one that needs no digest: `TestCapital`, not `Testcapital`."""
    return f"Test{name[4:].capitalize()}" if name[:4].lower() == "test" else name.capitalize()


def _marked(safe: str, whole: str) -> str:
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{_UNSAFE.sub('-', safe)[: _LONGEST - _DIGEST - 1]}~{digest}"


def named_cassette(name: object) -> Path:
    """The path of a cassette that a marker names, relative to the cassette directory. Raises SettingsError."""
    if not isinstance(name, str):
        raise SettingsError(f"{name!r} is no name for a cassette: a name is text")
    path = PurePosixPath(name)
    odd = path.is_absolute() or ".." in path.parts or not path.name or "\\" in name or "\0" in name
    if odd or len(path.name) > _LONGEST_NAME:
        raise SettingsError(f"{name!r} is no name for a cassette: it is a path below the cassette directory")
    return Path(path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml"))
