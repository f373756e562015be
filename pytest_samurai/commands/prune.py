"""Cassettes and interactions that the last full run did not use: found, and deleted.

What is deleted cannot be had again for nothing, so whatever could have been used stays, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from pytest_samurai import cassette
from pytest_samurai.cassette import MARK
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked
from pytest_samurai.redaction import Redactor, environment_secrets, one_line, without_secrets
from pytest_samurai.report import FullRun, Play, cassettes_of, digest_of
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction, summary

# --- the verdict


@dataclass(frozen=True, slots=True)
class Unused:
    """A cassette with what nobody used of it: `places`, counted from 0; None if no test opened it.

    `there` is all that it holds; `lines` say it to people.
    """

    path: Path
    there: list[Interaction]
    places: tuple[int, ...] | None
    lines: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.places is None or len(self.places) == len(self.there)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is unused, and what may be and is left alone: a line each."""

    unused: tuple[Unused, ...]
    left: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        return [*self.left, *(line for one in self.unused for line in one.lines)]

    def closing(self, run: FullRun, deleted: Sequence[Unused] | None = None) -> str:
        """The last line: how much it is, and what to do next; or how much was `deleted`."""
        of = self.unused if deleted is None else deleted
        counts = [
            (sum(one.is_whole for one in of), "cassette"),
            (sum(len(one.places or ()) for one in of if not one.is_whole), "interaction"),
        ]
        what = " and ".join(plural(count, noun) for count, noun in counts if count) or "nothing"
        left = f", {plural(len(self.left), 'file')} left alone" if self.left else ""
        if deleted is not None:
            return f"deleted {what}{left}"
        advice = "; to delete what is unused: pytest-samurai prune --write" if self.unused else ""
        return f"{what} unused in the full run of {run.ended}{left}{advice}"


def judge(run: FullRun, root: Path, *, environ: Mapping[str, str]) -> Judged:
    """Compare what lies in the cassette directories with what a run used; no line holds a secret."""
    judge = _Judge(run, root, environment_secrets(environ))
    results = [result for name in cassettes_of(root, run.directories) if (result := judge.file(name)) is not None]
    return Judged(
        tuple(result for result in results if isinstance(result, Unused)),
        tuple(result for result in results if isinstance(result, str)),
    )


class _Judge:
    def __init__(self, run: FullRun, root: Path, secrets: frozenset[str]) -> None:
        self._run = run
        self._root = root
        self._secrets = secrets
        self._redactor = Redactor(secrets)
        self._plays = {play.cassette: play for play in run.plays}

    def file(self, name: str) -> Unused | str | None:
        """What is unused of a cassette; a line that says why that is not known; None if nothing is."""
        play = self._plays.get(name)
        if play is not None and not play.unplayed:
            return None
        path = self._root / name
        content = b""
        try:
            content = cassette.read(path)
            there = cassette.parse(content, Path(name))
        except CassetteError as error:
            # What is not ours may be no cassette at all.
            may_be_ours = play is not None or not content or content.startswith(MARK.encode())
            return one_line(self._redactor, f"{error}; left alone") if may_be_ours else None
        why = self._unknown(name, play, content, there)
        if why:
            return one_line(self._redactor, f"{name}: left alone: {why}")
        places = None if play is None else tuple(play.unplayed)
        return Unused(path, there, places, tuple(self._lines(name, there, places)))

    def _unknown(self, name: str, play: Play | None, content: bytes, there: Sequence[Interaction]) -> str:
        if play is not None and play.unknown:
            return play.unknown
        for absent in self._run.absent:
            if absent.may_own(PurePosixPath(name)):
                return f"{absent.test}, which may use it, was skipped"
        digest = self._run.files.get(name)
        if digest is None:
            return "it is newer than the last full run"
        if not digest:
            return "it was written in the last full run itself"
        if digest != digest_of(content) or (play is not None and play.recorded != len(there)):
            return "it has changed since the last full run"
        ours = content.startswith(MARK.encode()) or any(item.recorded_at is not None for item in there)
        return "" if play is not None or ours else "another tool wrote it, and may use it"

    def _lines(self, name: str, there: Sequence[Interaction], places: Sequence[int] | None) -> Iterator[str]:
        if places is None:
            yield f"{name}: no test opened it"
        for place in range(len(there)) if places is None else places:
            text = f"{name}: {'' if places is None else 'no test played '}interaction {place + 1}: "
            # A summary is cut short, and half a secret cannot be told from a word.
            [item] = without_secrets([there[place]], self._secrets)
            yield one_line(self._redactor, text + summary(item.request))


# --- deletion


def delete(unused: Unused, run: FullRun, root: Path) -> None:
    """Delete what is unused of a cassette, and the directories that are empty then.

    Raises CassetteError, the cassette left as it was, if it is no longer what was judged, or cannot be written.
    """
    if not unused.is_whole:
        cassette.update(unused.path, lambda there: _without(there, unused))
        return
    with locked(unused.path):
        _without(cassette.load(unused.path), unused)
        try:
            unused.path.unlink()
        except OSError as error:
            raise CassetteError(f"{unused.path}: cannot be deleted: {error.strerror or error}") from error
    homes = [root / name for name in run.directories]
    for parent in takewhile(lambda place: any(map(place.is_relative_to, homes)), unused.path.parents):
        try:
            parent.rmdir()
        except OSError:
            # Something is in it.
            break


def _without(there: Sequence[Interaction], unused: Unused) -> list[Interaction]:
    if there != unused.there:
        raise CassetteError(f"{unused.path}: changed while it was judged; it is as it was")
    return [item for place, item in enumerate(there) if place not in (unused.places or ())]
