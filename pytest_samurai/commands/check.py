"""Cassettes, judged before they are committed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.commands.search import SUFFIXES, cassettes_in
from pytest_samurai.commands.secrets import Found, Secrets
from pytest_samurai.errors import CassetteError
from pytest_samurai.matching import Json, Path_, format_path, parse_body, parse_substitution
from pytest_samurai.redaction import Rule, one_line
from pytest_samurai.text import parse_moment
from pytest_samurai.wire import Interaction

_NAMES = {"uuid": "a UUID", "datetime": "a date", "tmp_path": "a temporary path"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the result, `path:line: what`. If it is `advice`, it fails nothing."""

    text: str
    advice: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, in so many cassettes and journals, and in so many interactions of those that could be read."""

    cassettes: int
    journals: int
    interactions: int
    findings: tuple[Finding, ...]


def check(
    paths: Iterable[Path],
    *,
    environ: Mapping[str, str],
    now: datetime,
    max_age: timedelta | None = None,
    rules: Sequence[Rule] = (),
) -> Checked:
    """Look for secrets, damage, recordings that are too old, and requests that may not match again.

    No finding holds a secret. Directories are searched, files taken as they are. Without `max_age`, no recording is too
    old. What `rules` would cut out is a finding as well.
    Raises SettingsError for a path that does not exist.
    """
    judge = _Judge(Secrets(environ, rules), now, max_age)
    files = cassettes_in(paths, (*SUFFIXES, cassette.JOURNAL))
    results = [judge.file(path) for path in files]
    journals = sum(path.suffix == cassette.JOURNAL for path in files)
    return Checked(
        len(files) - journals,
        journals,
        sum(count for count, _ in results),
        tuple(judge.cookies.told(finding for _, findings in results for finding in findings)),
    )


class _Cookies:
    """The cookies that Cloudflare sets on all who come: the first finding of a run stands for all of them."""

    def __init__(self) -> None:
        self._first: Finding | None = None
        self._others = 0

    def add(self, finding: Finding) -> bool:
        """Count a finding. Returns whether it is the first."""
        if self._first is None:
            self._first = finding
            return True
        self._others += 1
        return False

    def told(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings, with how many the first one stands for."""
        more = f", one of Cloudflare's cookies, and {self._others:,} more of these" if self._others else ""
        for finding in findings:
            yield replace(finding, text=f"{finding.text}{more}") if finding is self._first else finding


class _Judge:
    def __init__(self, secrets: Secrets, now: datetime, max_age: timedelta | None) -> None:
        self.cookies = _Cookies()
        self._secrets = secrets
        self._redactor = secrets.redactor
        self._now = now
        self._max_age = max_age

    def file(self, path: Path) -> tuple[int, list[Finding]]:
        """The number of interactions in a cassette, 0 if it cannot be read, and what is found in them."""
        content = b""
        try:
            content = cassette.read(path)
            # What a run that died was writing last may be half there.
            parse = cassette.salvage if path.suffix == cassette.JOURNAL else cassette.parse
            interactions = parse(content, path)
        except CassetteError as error:
            return 0, [Finding(self._one_line(self._said_safely(error, content, path))), *self._loose(content, path)]
        findings: list[Finding] = []
        # Where each interaction begins is looked up for the first finding; most files have none.
        lines: Mapping[int, int] | None = None
        seen: set[str] = set()
        for index, interaction in enumerate(interactions):
            for secret, text, advice in self._interaction(interaction):
                lines = cassette.lines(content) if lines is None else lines
                finding = Finding(self._one_line(f"{path}:{lines[index]}: {text}"), advice)
                if secret is None or not secret.cookies or self.cookies.add(finding):
                    findings.append(finding)
                if secret is not None:
                    seen.add(secret.kind)
        return len(interactions), [*findings, *self._loose(content, path, interactions, seen)]

    def _said_safely(self, error: CassetteError, content: bytes, path: Path) -> str:
        """The text of an error, without secrets.

        It may quote a value of the file, cut short, and half a secret cannot be told from a word. So a file with
        secrets is parsed again without them. If that gives another error, it is the seal, which the change has broken.
        """
        text = str(error)
        if not self._secrets.in_file(content):
            return text
        try:
            cassette.parse(self._redacted(content.decode("utf-8", "surrogateescape")), path)
        except CassetteError as redacted:
            if _where(str(redacted)) == _where(text):
                return str(redacted)
        return f"{_where(text)} cannot be read; there is a secret in the file, so what stands here is not shown"

    def _redacted(self, text: str) -> bytes:
        return self._redactor.text(text).encode("utf-8", "surrogateescape")

    def _one_line(self, text: str) -> str:
        return one_line(self._redactor, text)

    def _loose(
        self, content: bytes, path: Path, interactions: Sequence[Interaction] = (), seen: Iterable[str] = ()
    ) -> Iterator[Finding]:
        """Secrets outside of any interaction: in a comment, under a key of another tool, in a damaged file."""
        for begin, kind in self._secrets.in_file(content, interactions):
            if kind not in seen:
                line = content.count(b"\n", 0, begin) + 1
                yield Finding(self._one_line(f"{path}:{line}: {kind} in the file"))

    def _interaction(self, interaction: Interaction) -> Iterator[tuple[Found | None, str, bool]]:
        """For each finding the secret, if it is one, its text, and whether it is advice."""
        for secret in self._secrets.in_interaction(interaction):
            yield secret, f"{secret.kind} in {secret.part}", False
        if old := self._age(interaction):
            yield None, old, False
        for text in _advice(interaction):
            yield None, text, True

    def _age(self, interaction: Interaction) -> str | None:
        if self._max_age is None or interaction.recorded_at is None:
            return None
        try:
            recorded = parse_moment(interaction.recorded_at)
        except ValueError:
            return "`recorded_at` is not a date"
        age = self._now - recorded
        return f"recorded on {recorded:%Y-%m-%d}, {age.days} days ago" if age > self._max_age else None


def _where(text: str) -> str:
    """The beginning of an error's text, which says where it is."""
    return text.partition(": ")[0] + ":"


def _advice(interaction: Interaction) -> Iterator[str]:
    """What may vary from run to run in a request, with the entry of `normalize` that lets it match; once per entry."""
    value = parse_body(interaction.request.body)
    texts = [] if isinstance(value, bytes) else list(_texts(value))
    for entry, name in _NAMES.items():
        pattern, _ = parse_substitution(entry)
        for path, text in texts:
            if any(_varies(match[0], interaction) for match in pattern.finditer(text)):
                yield (
                    f'advice: {name} in {format_path(path)}; if it varies from run to run, add "{entry}" to `normalize`'
                )
                break


def _varies(text: str, interaction: Interaction) -> bool:
    """Whether a text is likely to vary. A date without a time is, if it is the day of the recording."""
    is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    return not is_day or (interaction.recorded_at or "").startswith(text)


def _texts(value: Json) -> Iterator[tuple[Path_, str]]:
    # Not by recursion: a body may be nested deeper than calls can be.
    todo: list[tuple[Path_, Json]] = [((), value)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict | list):
            children = list(node.items() if isinstance(node, dict) else enumerate(node))
            todo += [((*path, key), child) for key, child in reversed(children)]
