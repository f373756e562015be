"""Other tools' cassettes, rewritten in our layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.bill import Call
from pytest_samurai.commands.move import move_file
from pytest_samurai.commands.search import SUFFIXES, cassettes_in
from pytest_samurai.errors import CassetteError
from pytest_samurai.files import locked
from pytest_samurai.matching import Endpoints
from pytest_samurai.redaction import Redactor, environment_secrets, one_line, without_secrets
from pytest_samurai.settings import Settings
from pytest_samurai.text import plural
from pytest_samurai.wire import Interaction

_SUFFIXES = (*SUFFIXES, ".json")
_WITH_PARAMETERS = re.compile(r"(?:[A-Za-z_]\w*\.)*test\w*\[.*\]\.yaml", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a file, as a line to print. `failed` says that something is wrong and the file is unchanged."""

    text: str
    failed: bool = False


def import_cassettes(paths: Iterable[Path], *, environ: Mapping[str, str]) -> Iterator[Outcome]:
    """Rewrite cassettes in place. Nothing recorded is lost, and no secret stays. Directories are searched.

    A cassette that is already ours stays as it is. A JSON or compressed one is written as YAML next to it, for the user
    to delete. Raises SettingsError for a path that does not exist.
    """
    secrets = environment_secrets(environ)
    redactor = Redactor(secrets)
    paths = list(paths)
    for path in cassettes_in(paths, _SUFFIXES):
        try:
            text, failed = _imported(path, secrets) + _renamed(path), False
        except CassetteError as error:
            # In a directory of tests, other files are their data.
            failed = not error.is_foreign or path in paths
            text = str(error) if failed else f"{path}: not a cassette, left as it is"
        yield Outcome(one_line(redactor, text), failed)


def _renamed(path: Path) -> str:
    """Give a cassette a name that every file system accepts, if its test's name is not one. Returns the message about
    it.

    Raises CassetteError if it cannot be moved.
    """
    target = _target(path)
    name = _safe_name(target)
    # A cassette that stays compressed is ours and already has its name.
    if name == target.name or not target.exists():
        return ""
    move_file(target, target.with_name(name))
    return f"; it is now called {name}, because not every system allows its old name"


def _safe_name(path: Path) -> str:
    parts = cassette.parts_of(path.name)
    # Only a name with parameters is certainly a test's, and not a marker's.
    if parts is None or not _WITH_PARAMETERS.fullmatch(path.name):
        return path.name
    folded = path.name.casefold()
    alike = any(other.name.casefold() == folded and other.name != path.name for other in path.parent.iterdir())
    return cassette.cassette_name(parts, alike=alike)


def _target(path: Path) -> Path:
    """The file that a cassette is rewritten to."""
    return path.with_suffix(".yaml") if path.suffix == ".json" else path.with_name(path.name.removesuffix(".gz"))


def _imported(path: Path, secrets: frozenset[str]) -> str:
    target = _target(path)
    # With a lock, so that nothing is lost that a run records at the same time.
    with locked(target):
        return _rewritten(path, target, secrets)


def _rewritten(path: Path, target: Path, secrets: frozenset[str]) -> str:
    content = cassette.read(path)
    recorded = cassette.parse(content, path)
    if cassette.is_ours(content):
        return f"{path}: already ours, left as it is"
    for index, interaction in enumerate(recorded):
        if encoding := dict(interaction.reply.headers).get("content-encoding"):
            raise CassetteError(
                f"{path}:{cassette.lines(content)[index]}: interaction {index + 1} is compressed ({encoding}), and"
                " cannot be decompressed here, so a secret in it would not be seen; record it again"
            )
    interactions = [interaction.as_kept() for interaction in without_secrets(recorded, secrets)]
    if target != path and target.exists():
        if cassette.load(target) == interactions:
            return f"{path}: already imported, as {target}"
        raise CassetteError(
            f"{path}: not imported, because {target} exists and contains something else; move one of them away"
        )
    cassette.save(target, interactions)
    beside = f", as {target}; delete {path} when its tests pass with that" if target != path else ""
    return f"{path}: imported {_counts(interactions)}{beside}"


def _counts(interactions: Sequence[Interaction]) -> str:
    endpoints = Endpoints(Settings().endpoints)
    chat = [interaction for interaction in interactions if endpoints.match(interaction.request.url) is not None]
    unknown = sum(Call(interaction, number=0, replayed=True).usage is None for interaction in chat)
    text = plural(len(interactions), "interaction")
    if others := len(interactions) - len(chat):
        text += f", {others:,} of them no chat"
    return text + (f", {unknown:,} of them without usage" if unknown else "")
