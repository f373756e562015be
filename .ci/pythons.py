"""Print a Python for each version from 3.11 on that this machine has, except the version that runs this."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = 11


def directories() -> Iterator[Path]:
    """The directories of the path, then pyenv's: its shims on the path only know the versions that are switched on."""
    yield from map(Path, os.get_exec_path())
    yield from sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("*/bin"))


def pythons() -> Iterator[tuple[int, Path]]:
    """The minor version of each working interpreter, and its path."""
    for directory in directories():
        for path in directory.glob("python3.*"):
            named = re.fullmatch(r"python3\.(\d+)", path.name)
            if named is None or int(named[1]) < OLDEST:
                continue
            if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
                yield int(named[1]), path


if __name__ == "__main__":
    found: dict[int, Path] = {}
    for minor, path in pythons():
        found.setdefault(minor, path)
    found.pop(sys.version_info.minor, None)
    sys.stdout.writelines(f"{path}\n" for _, path in sorted(found.items()))
