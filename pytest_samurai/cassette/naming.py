"""The name of a test's cassette: no two tests have the same."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL, exists, json

_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+\-\[\]]")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FUNCTION = re.compile(r"[a-z_][a-z0-9_]*(?:\[[a-z0-9_.,=+\-\[\]]*\])?")
_PART = re.compile(r"[a-z0-9_.,=+\-\[\]]*[a-z0-9_,=+\-\[\]]")
# Names of devices on Windows, whatever follows after a dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\..*)?", re.IGNORECASE)
_LONGEST = 100
_LONGEST_NAME = 200
_DIGEST = 10


def module_directory(test_file: PurePosixPath) -> PurePosixPath:
    """The directory for a test file, both relative to rootdir. That of a file outside has a digest in its name."""
    if ".." in test_file.parts or test_file.is_absolute():
        return REAL.PurePosixPath(_marked(test_file.stem, str(test_file)))
    return test_file.with_suffix("") if test_file.suffix == ".py" else test_file


def cassette_name(parts: list[str]) -> str:
    """The file name for a test: `parts` are its classes, then its name with its parameters.

    Most tests give it their own name. If a character has to be replaced, if the name is too long, or if a file system
    that ignores case would take it for another, a digest follows after `~`, which no other name has.
    """
    *classes, function = parts
    name = ".".join(parts)
    # Only names of this form can still be told apart when dots have joined them and case is lost.
    plain = (
        _FUNCTION.fullmatch(function)
        and all(_CLASS.fullmatch(name) and name == _usual_case(name) for name in classes)
        and not _DEVICE.fullmatch(name)
    )
    return f"{name if plain and len(name) <= _LONGEST else _marked(name, json.dumps(parts))}.yaml"


def cassette_of(test: str) -> PurePosixPath:
    """The cassette of a test that names none, relative to the directory of the cassettes, given the test's id.

    Raises SettingsError for what is not a test id.
    """
    file, _, inside = test.partition("::")
    # Parameters may hold anything, even colons.
    name, bracket, parameters = inside.partition("[")
    *classes, function = name.split("::")
    if not (file and function):
        raise SettingsError(f"{test!r} is not a test id; write it like tests/test_geo.py::TestCities::test_capital")
    return module_directory(REAL.PurePosixPath(file)) / cassette_name([*classes, function + bracket + parameters])


def owner_by_name(cassette: PurePosixPath) -> str | None:
    """The id of the test that has this cassette by its name; the path is relative to the directory of the cassettes.

    None for a name with a digest, from which nothing leads back, and for a name that no test of pytest's usual naming
    has: that of a fixture, or one that a marker gives.
    """
    name, bracket, parameters = cassette.name.removesuffix(".yaml").partition("[")
    *classes, function = name.split(".")
    directory = cassette.parent
    if "~" in str(cassette) or not (directory.name and function.startswith("test")):
        return None
    file = directory if directory.suffix else directory.with_name(f"{directory.name}.py")
    test = "::".join([str(file), *classes, function + bracket + parameters])
    return test if cassette_of(test) == cassette else None


def _usual_case(name: str) -> str:
    """Of the names that differ in case alone, the one that needs no digest: `TestCapital`, not `Testcapital`."""
    return f"Test{name[4:].capitalize()}" if name[:4].lower() == "test" else name.capitalize()


def _marked(safe: str, whole: str) -> str:
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    name = _UNSAFE.sub("-", safe)
    if _DEVICE.fullmatch(name):
        name = name.replace(".", "-", 1)
    return f"{name[: _LONGEST - _DIGEST - 1]}~{digest}"


def named_cassette(name: object) -> Path:
    """The path of a cassette as a marker names it, relative to the cassette directory. Raises SettingsError.

    Where it lies, `placed_cassette` says: the name may be none that each file system has.
    """
    if not isinstance(name, str):
        raise SettingsError(f"{name!r} is not a name for a cassette: a name is text")
    path = REAL.PurePosixPath(name)
    odd = path.is_absolute() or ".." in path.parts or not path.name or "\\" in name or "\0" in name
    if odd or len(path.name) > _LONGEST_NAME:
        raise SettingsError(f"{name!r} is not a name for a cassette: it is a path below the cassette directory")
    return REAL.Path(path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml"))


def safe_cassette(name: PurePosixPath | Path) -> Path:
    """The path of a cassette that a marker names, as each file system can have it, and tell it from any other.

    A part of it that is not a plain name gets a digest, as the name of a test does.
    """
    *directories, _ = name.parts
    return REAL.Path(*map(_safe, directories), f"{_safe(name.stem)}{name.suffix}")


def _safe(part: str) -> str:
    plain = _PART.fullmatch(part) and not _DEVICE.fullmatch(part) and len(part) <= _LONGEST_NAME
    return part if plain else _marked(part, part)


def placed_cassette(directory: Path, name: Path) -> Path:
    """Where in a directory a cassette lies that a marker names: at its safe path, unless it is there by its very name.

    Another tool may have given it that, or an earlier version. To record it anew would have to be paid for.
    """
    safe = safe_cassette(name)
    if safe != name and not exists(directory / safe) and _is_there(directory, name):
        return directory / name
    return directory / safe


def _is_there(directory: Path, name: Path) -> bool:
    """Whether there is a file that is spelled so, letter by letter, whatever the file system finds alike."""
    for part in name.parts:
        try:
            if part not in REAL.listdir(directory):
                return False
        except (FileNotFoundError, NotADirectoryError):
            return False
        directory /= part
    return True
