"""What the last full run did not use in the cassettes.

Recording it again would cost money. So anything that may be in use is left alone, with a line that says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.errors import CassetteError, SettingsError
from pytest_samurai.files import locked
from pytest_samurai.recorder import RECORD_MODES
from pytest_samurai.redaction import Redactor, as_ours, environment_secrets, one_line, without_secrets
from pytest_samurai.report import RUN_ALL, FullRun, Play, cassettes_of
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction, summary

# --- the verdict


@dataclass(frozen=True, slots=True)
class Unused:
    """A cassette, and what nobody used of it.

    `unplayed` are the positions of interactions, counted from 0; None if no test opened the cassette. `interactions`
    are all of its interactions, and `lines` describe the unused ones to people.
    """

    path: Path
    interactions: list[Interaction]
    unplayed: tuple[int, ...] | None
    lines: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.unplayed is None or len(self.unplayed) == len(self.interactions)


@dataclass(frozen=True, slots=True)
class Judged:
    """The cassettes with something unused, and a line for each one that is left alone because it may be in use."""

    unused: tuple[Unused, ...]
    left: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        return [*self.left, *(line for unused in self.unused for line in unused.lines)]

    def closing(self, run: FullRun, deleted: Sequence[Unused] | None = None) -> str:
        """The last line: how much is unused and what to do next, or how much was `deleted`."""
        counted = self.unused if deleted is None else deleted
        counts = [
            (sum(unused.is_whole for unused in counted), "cassette"),
            (sum(len(unused.unplayed or ()) for unused in counted if not unused.is_whole), "interaction"),
        ]
        what = " and ".join(plural(count, noun) for count, noun in counts if count) or "nothing"
        left = f", {plural(len(self.left), 'file')} left alone" if self.left else ""
        if deleted is not None:
            return f"deleted {what}{left}"
        advice = "; to delete what is unused: pytest-samurai prune --write" if self.unused else ""
        return f"{what} unused in the full run of {run.ended}{left}{advice}"


def judge(run: FullRun, root: Path, *, environ: Mapping[str, str]) -> Judged:
    """Compare the cassettes in a run's directories with what the run used. No line contains a secret.

    Raises SettingsError if the run's mode plays nothing.
    """
    if run.mode in [name for name, mode in RECORD_MODES.items() if not mode.plays]:
        raise SettingsError(f"the last full run was in mode {run.mode}, which plays nothing: {RUN_ALL}, to replay")
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
        """What is unused in a cassette, or a line that says why that is unknown; None if nothing is unused."""
        play = self._plays.get(name)
        if play is not None and not play.unplayed:
            return None
        path = self._root / name
        content = b""
        try:
            content = cassette.read(path)
            interactions = cassette.parse(content, Path(name))
        except CassetteError as error:
            # A foreign file may not be a cassette at all.
            may_be_ours = play is not None or not content or cassette.is_ours(content)
            return one_line(self._redactor, f"{error}; left alone") if may_be_ours else None
        why = self._unknown(name, play, content, interactions)
        if why:
            return one_line(self._redactor, f"{name}: left alone: {why}")
        unplayed = None if play is None else tuple(play.unplayed)
        return Unused(path, interactions, unplayed, tuple(self._lines(name, interactions, unplayed)))

    def _unknown(self, name: str, play: Play | None, content: bytes, interactions: Sequence[Interaction]) -> str:
        """Why it is unknown what is unused in a cassette; empty if it is known."""
        if play is not None and play.unknown:
            return play.unknown
        if doubt := self._run.doubt(name, content):
            return doubt
        ours = cassette.is_ours(content) or any(interaction.recorded_at is not None for interaction in interactions)
        return "" if play is not None or ours else "another tool wrote it, and may use it"

    def _lines(self, name: str, interactions: Sequence[Interaction], unplayed: Sequence[int] | None) -> Iterator[str]:
        if unplayed is None:
            yield f"{name}: no test opened it"
        for index in range(len(interactions)) if unplayed is None else unplayed:
            text = f"{name}: {'' if unplayed is None else 'no test played '}interaction {index + 1}: "
            # Secrets go first: a summary is shortened, and half a secret looks like any other word.
            [interaction] = without_secrets([interactions[index]], self._secrets)
            yield one_line(self._redactor, text + summary(interaction.request))


# --- deletion


def delete(unused: Unused, run: FullRun, root: Path, *, environ: Mapping[str, str]) -> None:
    """Delete the unused parts of a cassette, and the directories that this empties. What stays has no secrets.

    Raises CassetteError if the cassette has changed since it was judged, or cannot be written. It then stays as it is.
    """
    if not unused.is_whole:
        secrets = environment_secrets(environ)
        cassette.update(unused.path, lambda interactions: as_ours(_without(interactions, unused), secrets))
        return
    with locked(unused.path):
        _without(cassette.load(unused.path), unused)
        try:
            unused.path.unlink()
        except OSError as error:
            raise CassetteError(f"{unused.path}: cannot be deleted: {error.strerror or error}") from error
    homes = [root / name for name in run.directories]
    for parent in takewhile(lambda directory: any(map(directory.is_relative_to, homes)), unused.path.parents):
        try:
            parent.rmdir()
        except OSError:
            # The directory is not empty.
            break


def _without(interactions: Sequence[Interaction], unused: Unused) -> list[Interaction]:
    if interactions != unused.interactions:
        raise CassetteError(f"{unused.path}: changed while it was being checked; left alone")
    return [interaction for index, interaction in enumerate(interactions) if index not in (unused.unplayed or ())]
