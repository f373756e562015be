"""The files of a suite: what must change in each, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst import matchers
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor
from libcst.metadata import MetadataWrapper

from pytest_samurai.commands.movein.addopts import ini_changes
from pytest_samurai.commands.movein.blocks import Blocks
from pytest_samurai.commands.movein.directory import directories, with_fixture
from pytest_samurai.commands.movein.findings import Change, Edited, Findings
from pytest_samurai.commands.movein.fixtures import Fixtures
from pytest_samurai.commands.movein.marks import Marks
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import read_whole, replace_whole

_WORDS = (b"vcr", b"cassette", b"block_network", b"allowed_hosts", b"record_mode", b"samurai_config")
"""Words that appear in every file where something may need a change."""

_DIRECTORIES = (b"def vcr_cassette_dir", b"def samurai_cassette_dir")
"""Words in a suite that sets the directory of its cassettes."""

_NOT_OURS = frozenset({"site-packages", "node_modules", "__pycache__", "venv"})


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file, the changes that it needs, and its content after those that can be made; or why it cannot be read."""

    path: Path
    changes: Sequence[Change]
    content: bytes = b""
    unread: str = ""
    has_marks: bool = False

    @property
    def made(self) -> list[Change]:
        """The changes that can be made."""
        return [change for change in self.changes if change.becomes]

    @property
    def lines(self) -> Iterator[str]:
        if self.unread:
            yield f"{self.path}: not read: {self.unread}"
        for change in sorted(self.changes, key=lambda change: change.line):
            yield f"{self.path}:{change.line}: {change.text}"

    def write(self) -> None:
        """Make the changes. Raises SettingsError if the file cannot be written; it is then unchanged."""
        try:
            replace_whole(self.path, self.content)
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be written: {error.strerror or error}; it is unchanged") from None


class Suite:
    """The files of a suite at some paths. Directories are searched for Python files.

    Raises SettingsError for a path that does not exist.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        for path in self._paths:
            if not path.exists():
                raise SettingsError(f"{path}: no such file or directory; name the tests, or their directory")

    def moved(self) -> list[MovedFile]:
        """The files where something must change, or that cannot be read; the ini file comes last.

        Raises SettingsError if the ini file is what cannot be read.
        """
        contents = dict(self._contents())
        files = {path: moved_file(path, content) for path, content in contents.items()}
        if not any(word in content for content in contents.values() for word in _DIRECTORIES):
            self._add_directories(files)
        moved = [file for file in files.values() if file.changes or file.unread]
        roots = [path if path.is_dir() else path.parent for path in self._paths]
        return moved + [MovedFile(_as_typed(path), changes) for path, changes in ini_changes(roots).items()]

    def _add_directories(self, files: dict[Path, MovedFile]) -> None:
        """Add a conftest that says where cassettes are, if no fixture of the suite does."""
        for root in dict.fromkeys(path if path.is_dir() else path.parent for path in self._paths):
            marked = [path for path, file in files.items() if file.has_marks and path.is_relative_to(root)]
            used = directories(marked)
            conftest = root / "conftest.py"
            if used and not any(map(_says_where, [conftest, *(parent / conftest.name for parent in root.parents)])):
                files[conftest] = _with_directory(conftest, files.get(conftest), used)

    def _contents(self) -> Iterator[tuple[Path, bytes]]:
        for path in dict.fromkeys(file for root in self._paths for file in _files(root)):
            content = read_whole(path)
            if any(word in content for word in _WORDS):
                yield path, content


def _as_typed(path: Path) -> Path:
    """A path as it is typed here, if it is inside this directory."""
    here = Path.cwd().resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _says_where(conftest: Path) -> bool:
    content = read_whole(conftest) if conftest.exists() else b""
    return any(word in content for word in _DIRECTORIES)


def _with_directory(path: Path, file: MovedFile | None, used: set[str]) -> MovedFile:
    changes = [] if file is None else list(file.changes)
    content = file.content if file is not None else read_whole(path) if path.exists() else b""
    if len(used) > 1:
        what = "cassettes are kept next to the tests, in two ways"
        changes.append(Change(1, what, look="write samurai_cassette_dir fixtures that say where"))
        return MovedFile(path, changes, content)
    [directory] = used
    content, line = with_fixture(content, directory)
    changes.append(Change(line, "the cassettes next to the tests", "a fixture samurai_cassette_dir, which says so"))
    return MovedFile(path, changes, content)


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.py") if file.is_file())
    return [file for file in files if not any(_is_left_out(part) for part in file.relative_to(path).parts)]


def _is_left_out(part: str) -> bool:
    return part in _NOT_OURS or part.startswith(".")


def moved_file(path: Path, content: bytes) -> MovedFile:
    """What must change in a file."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(content))
    # The SyntaxError means that the encoding does not exist.
    except (cst.ParserSyntaxError, SyntaxError, UnicodeDecodeError) as error:
        why = error.message if isinstance(error, cst.ParserSyntaxError) else str(error)
        return MovedFile(path, [], unread=f"this is not Python: {' '.join(why.split())}")
    findings = Findings(path)
    for reader in (Marks, Fixtures, Blocks):
        wrapper.visit(reader(findings))
    module = wrapper.module.visit(Edited(findings.edits))
    if findings.needs_import:
        module = _with_imports(module)
    return MovedFile(path, findings.changes, module.bytes, has_marks=findings.has_marks)


def _with_imports(module: cst.Module) -> cst.Module:
    """A module that imports ours, without imports that only the replaced code needed."""
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "pytest_samurai")
    module = AddImportsVisitor(context).transform_module(module)
    for name in _REPLACED:
        for node in matchers.findall(module, matchers.Import(names=[matchers.ImportAlias(matchers.Name(name))])):
            RemoveImportsVisitor.remove_unused_import_by_node(context, node)
        for node in matchers.findall(module, matchers.ImportFrom(module=matchers.Name(name))):
            RemoveImportsVisitor.remove_unused_import_by_node(context, node)
    return RemoveImportsVisitor(context).transform_module(module)


_REPLACED = ("vcr", "cassetter")
