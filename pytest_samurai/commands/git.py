"""What git knows about a repository, asked with the program `git`. This never changes its files or its index."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Span:
    """Two versions to compare. `old` is a commit, and `new` is a commit or None for the working tree.

    `name` is the user's name for the old one.
    """

    name: str
    old: str
    new: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs. `path` is relative to the top of the repository, with slashes.

    `old` and `new` are git's names of its contents; None if there is no file. `new` is also None if the content is in
    the working tree. `is_tracked` says whether git knows the file now.
    """

    path: str
    old: str | None
    new: str | None
    is_tracked: bool


class GitFailed(SettingsError):
    """Git failed, with git's own reason."""


def printed(arguments: Sequence[str], directory: Path, given: bytes | None = None) -> bytes:
    """The output of git in a directory. Raises GitFailed if git fails, SettingsError if it cannot run."""
    try:
        done = subprocess.run(
            # Otherwise git would note in the index which files it has looked at.
            ["git", "--literal-pathspecs", "-c", "diff.autoRefreshIndex=false", *arguments],
            cwd=directory,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise SettingsError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode:
        raise GitFailed(done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: "))
    return done.stdout


class Repository:
    """The repository around a directory. Raises SettingsError if there is no repository or no git."""

    def __init__(self, directory: Path) -> None:
        self.top = directory
        try:
            top = self._run("rev-parse", "--show-toplevel")
        except GitFailed as error:
            raise SettingsError(f"there is no git repository around {directory}: {error}") from None
        self.top = Path(os.fsdecode(top.rstrip(b"\n")))

    def relative(self, path: Path) -> str:
        """A path as git spells it. Raises SettingsError for a path outside of the repository."""
        # Resolve only the directory: a link is itself a file of the repository.
        absolute = Path(os.path.realpath(path.parent), path.name) if path.name not in ("", "..") else path.resolve()
        try:
            return absolute.relative_to(self.top).as_posix()
        except ValueError:
            raise SettingsError(f"{path}: is not in the git repository {self.top}") from None

    def is_known(self, path: Path) -> bool:
        """Whether the last commit has a file or a directory at a path."""
        return self.name_of(self.span("HEAD").old, self.relative(path)) is not None

    def span(self, revision: str) -> Span:
        """What a revision or a range compares: `A` with the working tree, `A..B`, or `A...B` from their common
        ancestor.

        Raises SettingsError for anything git does not know.
        """
        if revision.startswith("-"):
            raise SettingsError(f"{revision!r} is not a git revision")
        try:
            if ".." not in revision:
                commit = self._run("rev-parse", "--verify", f"{revision}^{{commit}}")
                return Span(revision, commit.decode().strip())
            names = self._run("rev-parse", revision, "--").decode().split()
        except GitFailed:
            raise SettingsError(f"git knows no revision {revision!r}") from None
        old = [name[1:] for name in names if name.startswith("^")]
        if not old:
            raise SettingsError(f"{revision!r}: the two revisions have nothing in common")
        return Span(revision, old[0], names[0])

    def changed(self, span: Span, paths: Sequence[str]) -> list[ChangedFile]:
        """The files below these paths that differ, by path. In the working tree, they include files that are new to
        git.

        A renamed file is gone from one path and new at the other. Ignored files are left out.
        """
        where = ["--", *paths]
        versions = [span.old] if span.new is None else [span.old, span.new]
        raw = self._run("diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-color", *versions, *where)
        files = {file.path: file for file in _raw_files(raw.split(b"\0"), in_tree=span.new is None)}
        if span.new is None:
            untracked = self._run("ls-files", "--others", "--exclude-standard", "-z", *where)
            for name in map(os.fsdecode, untracked.split(b"\0")[:-1]):
                # The file was removed from the index, but it still exists.
                old = files[name].old if name in files else None
                files[name] = ChangedFile(name, old, None, is_tracked=False)
        return [files[path] for path in sorted(files)]

    def contents(self, names: Iterable[str]) -> dict[str, bytes]:
        """The contents with these git names."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        asked = "".join(f"{name}\n" for name in wanted).encode()
        rest = self._run("cat-file", "--batch", given=asked)
        contents = {}
        for name in wanted:
            head, _, rest = rest.partition(b"\n")
            size = int(head.split()[-1])
            contents[name], rest = rest[:size], rest[size + 1 :]
        return contents

    def name_of(self, commit: str, path: str) -> str | None:
        """Git's name of a file's content in a commit; None if the commit does not have the file."""
        listed = self._run("ls-tree", "-z", commit, "--", path).split(b"\0")[0]
        return listed.split(b"\t")[0].split()[2].decode() if listed else None

    def checked_out(self, name: str, path: str) -> bytes:
        """The content as git would check it out at a path of the working tree, with this system's line ends."""
        return self._run("cat-file", "--filters", f"--path={path}", name)

    def _run(self, *arguments: str, given: bytes | None = None) -> bytes:
        """The output of git. Raises SettingsError if git is missing, or if it failed, with git's own reason."""
        try:
            return printed(arguments, self.top, given)
        except GitFailed as failed:
            raise GitFailed(f"git {arguments[0]}: {failed}") from None


def _raw_files(fields: Sequence[bytes], *, in_tree: bool) -> Iterable[ChangedFile]:
    """The files of `git diff --raw -z`: modes, names of contents and a letter, then the path."""
    for facts, path in zip(fields[::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, letter = facts.decode()[1:].split()
        if "160000" in (old_mode, new_mode):
            # A submodule is not a file.
            continue
        known_old = None if set(old) == {"0"} else old
        known_new = None if in_tree or set(new) == {"0"} else new
        yield ChangedFile(os.fsdecode(path), known_old, known_new, is_tracked=letter != "D")
