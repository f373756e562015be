"""Checks cassettes before they are committed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_samurai import cassette
from pytest_samurai.commands.findings import (
    CODES,
    CONFLICT,
    DAMAGE,
    EDITED,
    IMPORTED,
    OLD,
    PART,
    TOTAL,
    UNDATED,
    UNSEALED,
    VARYING,
    Finding,
    chosen,
)
from pytest_samurai.commands.search import SUFFIXES, cassettes_in
from pytest_samurai.commands.secrets import Secrets
from pytest_samurai.errors import CassetteError
from pytest_samurai.matching import KINDS, NOUNS, format_path, may_vary, nodes, parse_body, parse_substitution
from pytest_samurai.redaction import one_line
from pytest_samurai.text import conflict_line, parse_moment, visible
from pytest_samurai.wire import Interaction, impossible

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WHERE = re.compile(r"(?::(\d+))?: ")


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, and how many cassettes, journals and readable interactions were checked."""

    cassettes: int
    journals: int
    interactions: int
    findings: tuple[Finding, ...]

    @property
    def failing(self) -> list[Finding]:
        """The findings that are more than advice."""
        return [finding for finding in self.findings if not finding.advice]


@dataclass(frozen=True, slots=True)
class Demands:
    """What is demanded of cassettes.

    Without `max_age`, no recording is too old. `normalized` gives the entries of `normalize` that apply to the cassette
    at a path. Codes that begin with one of `ignored` are not reported.
    """

    now: datetime
    max_age: timedelta | None = None
    normalized: Callable[[Path], Collection[Any]] = lambda _: ()
    ignored: Sequence[str] = ()


def check(paths: Iterable[Path], secrets: Secrets, demands: Demands) -> Checked:
    """Look for secrets, damage, impossible usage, recordings that are too old, and requests that may not match.

    No finding contains a secret. Directories are searched; files are taken as they are. Raises SettingsError for a path
    that does not exist.
    """
    judge = _Judge(secrets, demands)
    files = cassettes_in(paths, (*SUFFIXES, cassette.JOURNAL))
    results = [judge.file(path) for path in files]
    journals = sum(path.suffix == cassette.JOURNAL for path in files)
    return Checked(
        len(files) - journals,
        journals,
        sum(count for count, _ in results),
        tuple(chosen((finding for _, findings in results for finding in findings), demands.ignored)),
    )


class _Judge:
    def __init__(self, secrets: Secrets, demands: Demands) -> None:
        self._secrets = secrets
        self._redactor = secrets.redactor
        self._demands = demands

    def file(self, path: Path) -> tuple[int, list[Finding]]:
        """The number of interactions in a cassette, 0 if it cannot be read, and the findings in them."""
        content = b""
        try:
            content = cassette.read(path)
            # The last thing that a crashed run was writing may be incomplete.
            parse = cassette.salvage if path.suffix == cassette.JOURNAL else cassette.parse
            interactions = parse(content, path)
        except CassetteError as error:
            return 0, [self._damage(error, content, path), *self._loose(content, path)]
        findings: list[Finding] = []
        # The first finding looks up where each interaction begins. Most files have no findings.
        lines: Mapping[int, int] | None = None
        seen: set[str] = set()
        for index, interaction in enumerate(interactions):
            for code, text in (*self._interaction(interaction, seen), *self._advice(interaction, path)):
                lines = cassette.lines(content) if lines is None else lines
                findings.append(Finding(path, lines[index], code, text))
        return len(interactions), [*findings, *self._loose(content, path, interactions, seen)]

    def _damage(self, error: CassetteError, content: bytes, path: Path) -> Finding:
        line, text = _where(self._said_safely(error, content, path), path)
        code = CONFLICT if conflict_line(content) else DAMAGE
        return Finding(path, line, code, one_line(self._redactor, text))

    def _said_safely(self, error: CassetteError, content: bytes, path: Path) -> str:
        """The text of an error, without secrets.

        It may quote a value of the file, cut short, and half a secret looks like any other word. So a file with secrets
        is parsed again without them. If that gives another error, it is the seal, which the change has broken.
        """
        text = str(error)
        if not self._secrets.in_file(content):
            return text
        line, reason = _where(text, path)
        try:
            cassette.parse(self._redacted(content.decode("utf-8", "surrogateescape")), path)
        except CassetteError as redacted:
            if _where(str(redacted), path)[0] == line:
                return str(redacted)
        where = text.removesuffix(reason)
        return f"{where}cannot be read; the file contains a secret, so this part is not shown"

    def _redacted(self, text: str) -> bytes:
        return self._redactor.text(text).encode("utf-8", "surrogateescape")

    def _loose(
        self, content: bytes, path: Path, interactions: Sequence[Interaction] = (), seen: Iterable[str] = ()
    ) -> Iterator[Finding]:
        """Secrets outside of interactions: in a comment, under another tool's key, or in a damaged file."""
        for begin, kind in self._secrets.in_file(content, interactions):
            if kind not in seen:
                line = content.count(b"\n", 0, begin) + 1
                yield Finding(path, line, self._secrets.code(kind), f"{kind} in the file")

    def _interaction(self, interaction: Interaction, seen: set[str]) -> Iterator[tuple[str, str]]:
        """The code and the text of each finding. The kinds of the secrets are added to `seen`."""
        for secret in self._secrets.in_interaction(interaction):
            seen.add(secret.kind)
            yield self._secrets.code(secret.kind, secret.cookies), f"{secret.kind} in {secret.part}"
        yield from self._age(interaction)
        for wrong in impossible(interaction):
            yield TOTAL if wrong.is_total else PART, wrong.text
        yield from ((code, CODES[code].what) for code in _origins(interaction))

    def _age(self, interaction: Interaction) -> Iterator[tuple[str, str]]:
        max_age = self._demands.max_age
        if max_age is None or interaction.recorded_at is None:
            return
        try:
            recorded = parse_moment(interaction.recorded_at)
        except ValueError:
            yield UNDATED, "`recorded_at` is not a date"
            return
        age = self._demands.now - recorded
        if age > max_age:
            yield OLD, f"recorded on {recorded:%Y-%m-%d}, {age.days} days ago"

    def _advice(self, interaction: Interaction, path: Path) -> Iterator[tuple[str, str]]:
        """What may vary in a request from run to run, with the entry of `normalize` that makes it match, each once."""
        value = parse_body(interaction.request.body)
        known = [] if isinstance(value, bytes) else nodes(value)
        texts = [(at, node) for at, node in known if isinstance(node, str)]
        for entry in filter(VARYING.get, KINDS):
            substitution = pattern, _ = parse_substitution(entry)
            where = next((at for at, text in texts if _varies(entry, pattern.finditer(text), interaction)), None)
            if where is not None and substitution not in self._demands.normalized(path):
                what = f"{NOUNS[entry]} in {format_path(where)}"
                yield VARYING[entry], f'{what}; if it varies from run to run, add "{entry}" to `normalize`'
            texts = [(at, pattern.sub(" ", text)) for at, text in texts]


def _where(text: str, path: Path) -> tuple[int | None, str]:
    """The line number in an error's text, or None, and the rest of the text."""
    rest = text.removeprefix(visible(str(path)))
    match = _WHERE.match(rest)
    assert match is not None  # every error of a cassette begins with its path
    return int(match[1]) if match[1] else None, rest[match.end() :]


def _origins(interaction: Interaction) -> Iterator[str]:
    """The codes that say what happened to a recording later, or before it was imported."""
    if interaction.unsealed:
        yield UNSEALED
    elif interaction.edited:
        yield EDITED
    if interaction.imported:
        yield IMPORTED


def _varies(entry: str, matches: Iterable[re.Match[str]], interaction: Interaction) -> bool:
    """Whether a match of an entry of `normalize` is likely to vary."""
    recorded_at = interaction.recorded_at or ""
    if entry == "datetime":
        # A date without a time varies if it is the day of the recording.
        return any(not _DAY.fullmatch(match[0]) or recorded_at.startswith(match[0]) for match in matches)
    try:
        moment = parse_moment(recorded_at)
    except ValueError:
        moment = None
    return any(may_vary(entry, match[0], moment) for match in matches)
