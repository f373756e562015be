"""The name of a test's cassette. No two tests have the same."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL, exists, json

_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+\-\[\]]")
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# In parameters: what file names may have on every system. That is printable ASCII, without these and our own `~`.
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[(?:(?![<>:\"/\\|?*~])[ -~])*\])?")
_PART = re.compile(r"[a-z0-9_.,=+\-\[\]]*[a-z0-9_,=+\-\[\]]")
# Device names on Windows, whatever follows after a dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\..*)?", re.IGNORECASE)
_LONGEST = 100
_LONGEST_NAME = 200
_MOST_BYTES = 255
_SUFFIX = ".yaml"
_DIGEST = 10


def module_directory(test_file: PurePosixPath) -> PurePosixPath:
    """The directory for a test file, both relative to rootdir. A file outside gets a digest in the directory's name."""
    if ".." in test_file.parts or test_file.is_absolute():
        return REAL.PurePosixPath(_marked(test_file.stem, str(test_file)))
    return test_file.with_suffix("") if test_file.suffix == ".py" else test_file


def cassette_name(parts: list[str], *, alike: bool = False) -> str:
    """The file name for a test: `parts` are its classes, then its name with its parameters.

    Normally it is the test's own name. A digest after `~`, which no other name has, is added in three cases: a
    character must be replaced; the name is too long for a file; or it is `alike` to another test's name except for
    case, which some file systems ignore.
    """
    plain = None if alike else _plain(parts)
    return plain or _with_digest(parts)


def own_names(parts: list[str], *, alike: bool = False) -> list[str]:
    """All names that we may have given to the cassette of a test, today's first.

    Another test with a similar name may have come or gone. Earlier versions also added a digest to each name with upper
    case in a parameter, or with more than 100 characters.
    """
    names = [cassette_name(parts, alike=alike), _plain(parts), _with_digest(parts)]
    return list(dict.fromkeys(name for name in names if name is not None))


def _plain(parts: list[str]) -> str | None:
    """The name without a digest; None if it needs one."""
    *classes, function = parts
    name = ".".join(parts)
    # Only names of this form can still be told apart after they are joined with dots.
    is_plain = _FUNCTION.fullmatch(function) and all(map(_CLASS.fullmatch, classes)) and not _DEVICE.fullmatch(name)
    return f"{name}{_SUFFIX}" if is_plain and len(name) + len(_SUFFIX) <= _MOST_BYTES else None


def _with_digest(parts: list[str]) -> str:
    return f"{_marked('.'.join(parts), json.dumps(parts))}{_SUFFIX}"


def file_and_parts(test: str) -> tuple[PurePosixPath, list[str]]:
    """The file of a test and its parts (see `cassette_name`), given its id. Raises SettingsError for anything else."""
    file, _, inside = test.partition("::")
    # Parameters may contain anything, even colons.
    name, bracket, parameters = inside.partition("[")
    *classes, function = name.split("::")
    if not (file and function):
        raise SettingsError(f"{test!r} is not a test id; write it like tests/test_geo.py::TestCities::test_capital")
    return REAL.PurePosixPath(file), [*classes, function + bracket + parameters]


def cassette_of(test: str) -> PurePosixPath:
    """The cassette of a test that doesn't name one, relative to the directory of the cassettes, given the test's id.

    Raises SettingsError if it is not a test id.
    """
    file, parts = file_and_parts(test)
    return module_directory(file) / cassette_name(parts)


def parts_of(name: str) -> list[str] | None:
    """The parts of a test with pytest's usual naming, given its cassette's plain name; None for any other name."""
    stem, bracket, parameters = name.removesuffix(_SUFFIX).partition("[")
    *classes, function = stem.split(".")
    if not (name.endswith(_SUFFIX) and function.startswith("test")):
        return None
    return [*classes, function + bracket + parameters]


def owner_by_name(cassette: PurePosixPath) -> str | None:
    """The id of the test that gets this cassette by its name; the path is relative to the directory of the cassettes.

    None for a name with a digest, which can't be traced back, and for a name that no test with pytest's usual naming
    has, such as a fixture's name, or one given by a marker.
    """
    parts = parts_of(cassette.name)
    directory = cassette.parent
    if "~" in str(cassette) or not directory.name or parts is None:
        return None
    file = directory if directory.suffix else directory.with_name(f"{directory.name}.py")
    test = "::".join([str(file), *parts])
    return test if cassette_of(test) == cassette else None


def _marked(safe: str, whole: str) -> str:
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    name = _UNSAFE.sub("-", safe)
    if _DEVICE.fullmatch(name):
        name = name.replace(".", "-", 1)
    return f"{name[: _LONGEST - _DIGEST - 1]}~{digest}"


def named_cassette(name: object) -> Path:
    """The path of a cassette as a marker names it, relative to the cassette directory. Raises SettingsError.

    Not every file system may allow this name. `placed_cassette` tells where the file is.
    """
    if not isinstance(name, str):
        raise SettingsError(f"{name!r} is not a name for a cassette: a name is text")
    path = REAL.PurePosixPath(name)
    odd = path.is_absolute() or ".." in path.parts or not path.name or "\\" in name or "\0" in name
    if odd or len(path.name) > _LONGEST_NAME:
        raise SettingsError(f"{name!r} is not a name for a cassette: it is a path below the cassette directory")
    return REAL.Path(path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml"))


def safe_cassette(name: PurePosixPath | Path) -> Path:
    """The path of a cassette that a marker names, spelled so that it works and is unique on every file system.

    Any part that isn't a plain name gets a digest, as the name of a test does.
    """
    *directories, _ = name.parts
    return REAL.Path(*map(_safe, directories), f"{_safe(name.stem)}{name.suffix}")


def _safe(part: str) -> str:
    plain = _PART.fullmatch(part) and not _DEVICE.fullmatch(part) and len(part) <= _LONGEST_NAME
    return part if plain else _marked(part, part)


def placed_cassette(directory: Path, name: Path) -> Path:
    """Where in a directory a marker's cassette is: at its safe path, unless a file with its exact name exists.

    Another tool or an earlier version may have written that file, and recording it again would cost money.
    """
    safe = safe_cassette(name)
    if safe != name and not exists(directory / safe) and _is_there(directory, name):
        return directory / name
    return directory / safe


def _is_there(directory: Path, name: Path) -> bool:
    """Whether a file with exactly this spelling exists, even if the file system ignores case."""
    for part in name.parts:
        try:
            if part not in REAL.listdir(directory):
                return False
        except (FileNotFoundError, NotADirectoryError):
            return False
        directory /= part
    return True
