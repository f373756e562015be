"""Which file is a test's cassette: names that cannot collide."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath

from pytest_samurai.errors import SettingsError

_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+\-\[\]]")
_LONGEST = 100
_DIGEST = 10


def module_directory(test_file: PurePosixPath) -> PurePosixPath:
    """The directory for a test file, both relative to rootdir; a file outside of it is named by its path's digest."""
    if ".." in test_file.parts or test_file.is_absolute():
        return PurePosixPath(_marked(test_file.stem, str(test_file)))
    return test_file.with_suffix("") if test_file.suffix == ".py" else test_file


def cassette_name(parts: list[str]) -> str:
    """The file name for a test: `parts` are its classes, then its name with its parameters.

    A test whose name holds nothing odd gives its own name. Where a character has to be replaced, the name is long, or
    a file system without case would take it for another, a digest of the whole follows after `~`, which no other
    name has.
    """
    name = ".".join(parts)
    safe = _UNSAFE.sub("-", name)
    function = parts[-1]
    if safe != name or len(name) > _LONGEST or function != function.lower() or name.endswith("."):
        safe = _marked(safe, name)
    return f"{safe}.yaml"


def _marked(safe: str, whole: str) -> str:
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{_UNSAFE.sub('-', safe)[: _LONGEST - _DIGEST - 1]}~{digest}"


def named_cassette(name: object) -> Path:
    """The path of a cassette that a marker names, relative to the cassette directory. Raises SettingsError."""
    if not isinstance(name, str):
        raise SettingsError(f"{name!r} is no name for a cassette: a name is text")
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or not path.name:
        raise SettingsError(f"{name!r} is no name for a cassette: it is a path below the cassette directory")
    return Path(path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml"))
