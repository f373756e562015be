"""Cassettes, judged before they are committed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pytest_samurai import cassette
from pytest_samurai.commands.search import cassettes_in
from pytest_samurai.errors import CassetteError
from pytest_samurai.matching import VOLATILE, Json, Path_, format_path, parse_body
from pytest_samurai.redaction import (
    Redactor,
    environment_names,
    environment_secrets,
    find_secrets,
    is_credential,
    one_line,
    own_keys,
    spoken_texts,
    url_credentials,
)
from pytest_samurai.text import parse_moment
from pytest_samurai.wire import Headers, Interaction, dialect_of

_NAMES = {"uuid": "a UUID", "datetime": "a date", "tmp_path": "a temporary path"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the result, `path:line: what`. If it is `advice`, nothing fails of it."""

    text: str
    advice: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, in so many cassettes, and in so many interactions of those that could be read."""

    cassettes: int
    interactions: int
    findings: tuple[Finding, ...]


def check(
    paths: Iterable[Path], *, environ: Mapping[str, str], now: datetime, max_age: timedelta | None = None
) -> Checked:
    """Look for secrets, damage, recordings that are too old, and requests that may not match again.

    No finding holds a secret. Directories are searched, files taken as they are. Without `max_age`, no recording is too
    old.
    Raises SettingsError for a path that does not exist.
    """
    judge = _Judge(environ, now, max_age)
    files = cassettes_in(paths)
    results = [judge.file(path) for path in files]
    return Checked(
        len(files),
        sum(count for count, _ in results),
        tuple(finding for _, findings in results for finding in findings),
    )


class _Judge:
    def __init__(self, environ: Mapping[str, str], now: datetime, max_age: timedelta | None) -> None:
        self._known = {value: f"the value of {name}" for value, name in environment_names(environ).items()}
        self._redactor = Redactor(environment_secrets(environ))
        self._now = now
        self._max_age = max_age

    def file(self, path: Path) -> tuple[int, list[Finding]]:
        """The number of interactions in a cassette, 0 if it cannot be read, and what is found in them."""
        content = b""
        try:
            content = cassette.read(path)
            interactions = cassette.parse(content, path)
        except CassetteError as error:
            return 0, [Finding(self._one_line(self._said_safely(error, content, path))), *self._loose(content, path)]
        findings: list[Finding] = []
        # Where each interaction begins is looked up for the first finding; most files have none.
        lines: Mapping[int, int] | None = None
        seen: set[str] = set()
        for index, interaction in enumerate(interactions):
            for kind, text, advice in self._interaction(interaction):
                lines = cassette.lines(content) if lines is None else lines
                findings.append(Finding(self._one_line(f"{path}:{lines[index]}: {text}"), advice))
                seen.add(kind)
        return len(interactions), [*findings, *self._loose(content, path, seen)]

    def _said_safely(self, error: CassetteError, content: bytes, path: Path) -> str:
        """The text of an error, without secrets.

        It may quote a value of the file, cut short, and half a secret cannot be told from a word. So a file with
        secrets is parsed again without them. If that gives another error, it is the seal, which the change has broken.
        """
        text = str(error)
        if not find_secrets(content, self._known):
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

    def _loose(self, content: bytes, path: Path, seen: Iterable[str] = ()) -> Iterator[Finding]:
        """Secrets outside of any interaction: in a comment, under a key of another tool, in a damaged file."""
        for begin, kind in find_secrets(content, self._known):
            if kind not in seen:
                line = content.count(b"\n", 0, begin) + 1
                yield Finding(self._one_line(f"{path}:{line}: {kind} in the file"))

    def _interaction(self, interaction: Interaction) -> Iterator[tuple[str, str, bool]]:
        """For each finding the kind of secret, if it is one, its text, and whether it is advice."""
        for kind, part in self._secrets(interaction):
            yield kind, f"{kind} in {part}", False
        if old := self._age(interaction):
            yield "", old, False
        for text in _advice(interaction):
            yield "", text, True

    def _secrets(self, interaction: Interaction) -> Iterator[tuple[str, str]]:
        """The kinds of secrets, and the parts of the interaction that they are in, each pair once."""
        request, reply = interaction.request, interaction.reply
        known = self._known | dict.fromkeys(own_keys(request.headers) - set(self._known), "the key of this request")
        kinds = _kinds([request.url.encode("utf-8", "replace")], known)
        yield from ((kind, "the URL") for kind in kinds)
        yield from (("a credential", f"the URL ({part})") for part in url_credentials(request.url) if not kinds)
        # In its own header, the key of this request goes by what it is.
        yield from _in_headers("request", request.headers, self._known)
        yield from ((kind, "the request body") for kind in _kinds([request.body], known))
        yield from _in_headers("reply", reply.headers, known)
        texts = [reply.body, *spoken_texts(reply.body, dialect_of(request.url))]
        yield from ((kind, "the reply body") for kind in _kinds(texts, known))

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


def _kinds(texts: Sequence[bytes], known: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(kind for text in texts for _, kind in find_secrets(text, known)))


def _in_headers(side: str, headers: Headers, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in dict.fromkeys(headers):
        kinds = _kinds([value.encode("utf-8", "replace")], known)
        for kind in kinds or (["a credential"] if is_credential(name, value) else []):
            yield kind, f"the {side} header {name!r}"


def _advice(interaction: Interaction) -> Iterator[str]:
    """What may vary from run to run in a request, with the entry of `normalize` that lets it match; once per entry."""
    value = parse_body(interaction.request.body)
    texts = [] if isinstance(value, bytes) else list(_texts(value))
    for entry, (pattern, _) in VOLATILE.items():
        for path, text in texts:
            if any(_varies(match[0], interaction) for match in pattern.finditer(text)):
                yield (
                    f"advice: {_NAMES[entry]} in {format_path(path)}; if it varies from run to run,"
                    f' add "{entry}" to `normalize`'
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
