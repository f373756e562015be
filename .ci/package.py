"""Build and check sdist and wheel, and try the wheel without the sources: `make package`.

The wheel is built from the sdist. It must contain the package and nothing else; the sdist, everything that git knows.
The wheel is installed from wheels only, so no compiler is needed, and the tests come from the sdist. Arguments go to
pytest: other tests to run than the usual ones.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
ENVIRONMENTS = ROOT / ".envs"
UV = Path(sys.executable).with_name("uv")

METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
# What a wheel could break: the entry points, what is read at run time (templates, prices), and the types.
TESTS = [
    *("tests/plugin/test_plugin.py", "tests/report/test_render.py", "tests/bill/test_publiclist.py"),
    *("tests/commands/test_demo.py", "tests/test_context.py", "tests/test_typed.py"),
]
MODULE = "import pytest_samurai; print(pytest_samurai.__file__)"


def run(*command: str | Path, directory: Path = ROOT) -> str:
    """What the command prints.

    Raises:
        SystemExit: the command failed; what it printed is shown.
    """
    words = list(map(str, command))
    done = subprocess.run(
        words, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"error: {' '.join(words)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def same(what: str, held: set[str], expected: set[str]) -> None:
    """Compare the names of files.

    Raises:
        SystemExit: they differ; each difference is named.
    """
    said = [f"{name}: is in {what}, and should not be" for name in sorted(held - expected)]
    said += [f"{name}: is not in {what}, and should be" for name in sorted(expected - held)]
    if said:
        sys.exit("\n".join(["error: the package does not hold what it should", *said]))


def build() -> tuple[Path, Path]:
    """The sdist and the wheel that is built from it."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(UV, "build", "--out-dir", DIST)
    [sdist], [wheel] = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    return sdist, wheel


def judge(sdist: Path, wheel: Path) -> None:
    """Compare what is in them with what git knows, and read the description as the index will show it."""
    tracked = set(run("git", "ls-files", "-z").strip("\0").split("\0"))
    with tarfile.open(sdist) as archive:
        files = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    same("the sdist", files, tracked | {"PKG-INFO"})
    with zipfile.ZipFile(wheel) as archive:
        about = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/"
        code = {name for name in tracked if name.startswith("pytest_samurai/")}
        same("the wheel", set(archive.namelist()), code | {about + name for name in METADATA})
        description = archive.read(f"{about}METADATA").decode().partition("\n\n")[2]
    links = re.findall(r"\]\((?!https?:)[^)]*\)|(?:src|srcset)=\"(?!https?:)[^\"]*\"", description)
    if links or not description:
        sys.exit(f"error: links of the description that lead nowhere on an index page: {links}")
    run(environment("twine", "twine"), "-m", "twine", "check", "--strict", sdist, wheel)


def environment(name: str, *packages: str | Path, options: tuple[str, ...] = ()) -> Path:
    """The interpreter of a new environment with the packages."""
    place = ENVIRONMENTS / name
    run(UV, "venv", "--clear", "--python", sys.executable, place)
    python = place / "bin" / "python"
    run(UV, "pip", "install", "--python", python, *options, *packages)
    return python


def try_alone(wheel: Path, outside: Path) -> Path:
    """Install the wheel and what it needs, with no compiler, and show it at work."""
    python = environment("package", wheel, options=("--no-build",))
    loaded = Path(run(python, "-c", MODULE, directory=outside).strip())
    if not loaded.is_relative_to(ENVIRONMENTS):
        sys.exit(f"error: the tests would be of {loaded}, not of the wheel")
    run(python.with_name("pytest-samurai"), "demo", directory=outside)
    return python


def try_types(python: Path, outside: Path) -> None:
    """Check the project of a user with pyright. A test of the suite does it with mypy."""
    shutil.copy(ROOT / "tests" / "typed" / "users_project.py", outside)
    pyright = environment("pyright", "pyright[nodejs]").with_name("pyright")
    (outside / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    run(pyright, "--pythonpath", python, "users_project.py", directory=outside)


def try_suite(python: Path, sdist: Path, wheel: Path, outside: Path, arguments: list[str]) -> int:
    """Run tests of the sdist with the wheel: the sources are not there."""
    run(UV, "pip", "install", "--compile-bytecode", "--python", python, f"{wheel}[dev]")
    with tarfile.open(sdist) as archive:
        archive.extractall(outside, filter="data")
    [unpacked] = outside.glob("pytest_samurai-*")
    shutil.rmtree(unpacked / "pytest_samurai")
    command: list[str | Path] = [python, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "--brief", *arguments]
    return subprocess.run(command, cwd=unpacked, check=False).returncode


def main(arguments: list[str]) -> int:
    """Do all of it; 0 if all is well."""
    sdist, wheel = build()
    judge(sdist, wheel)
    print(f"{sdist.name} and {wheel.name} hold what they should, and their description renders")
    with tempfile.TemporaryDirectory() as directory:
        outside = Path(directory)
        python = try_alone(wheel, outside)
        print("the wheel works where nothing else is installed")
        try_types(python, outside)
        print("pyright finds nothing in the project of a user")
        return try_suite(python, sdist, wheel, outside, arguments or TESTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
