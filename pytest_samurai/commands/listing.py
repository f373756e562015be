"""A project's cassettes, one per line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pytest_samurai import cassette
from pytest_samurai.bill import NO_COST, NO_COUNT, Call, Meter, PriceList, Sum, TestFigures, amount_as_json
from pytest_samurai.commands.search import cassettes_in
from pytest_samurai.commands.terminal import Column, Line, table
from pytest_samurai.commands.tests import Suite
from pytest_samurai.errors import CassetteError
from pytest_samurai.redaction import Redactor, one_line, without_secrets
from pytest_samurai.report import orphaned, shown_amount, shown_count
from pytest_samurai.text import money, parse_moment, plural
from pytest_samurai.wire import Interaction, Origins, is_call

_ORIGINS = {"edited": "edited", "imported": "imported", "unsealed": "no seal"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A cassette in a list.

    - `tests`: the ids of its tests, or the labels of its fixtures; empty if unknown.
    - `calls`: how many model calls it has, without what another tool recorded besides them.
    - `tokens` and `cost` (in US dollars): None if those of a call are unknown.
    - `recorded_at`: when its oldest call was recorded; None if the cassette does not say.
    - `origins`: counts the calls that are no longer as recorded.
    - `is_orphaned`: None if unknown.
    - `damage`: why it cannot be read. Then everything else is unknown.
    """

    path: Path
    tests: Sequence[str]
    calls: int | None = None
    models: Sequence[str] = ()
    tokens: int | None = None
    cost: Decimal | None = None
    recorded_at: datetime | None = None
    origins: Origins | None = None
    is_orphaned: bool | None = None
    damage: str = ""

    @property
    def name(self) -> str:
        """Its display name: its test, or its path if the test is unknown or there are several."""
        if len(self.tests) == 1:
            return self.tests[0]
        return f"{self.path.as_posix()} ({plural(len(self.tests), 'test') if self.tests else 'test unknown'})"

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values. Money is text with all its digits, and null is unknown."""
        return {
            "cassette": self.path.as_posix(),
            "tests": list(self.tests),
            "calls": self.calls,
            "models": list(self.models),
            "tokens": self.tokens,
            "cost": amount_as_json(self.cost),
            "recorded_at": None if self.recorded_at is None else self.recorded_at.isoformat(),
            **{name: None if self.origins is None else getattr(self.origins, name) for name in _ORIGINS},
            "orphaned": self.is_orphaned,
            "damage": self.damage or None,
        }


def listed(suite: Suite, paths: Iterable[Path], prices: PriceList, secrets: frozenset[str]) -> list[Listed]:
    """The cassettes at these paths, or all of the suite's without any. Directories are searched.

    Raises SettingsError for a path that does not exist.
    """
    lister = _Lister(suite, prices, secrets)
    files = cassettes_in(paths) or [suite.path(name) for name in suite.cassettes]
    return [lister.file(path) for path in files]


class _Lister:
    def __init__(self, suite: Suite, prices: PriceList, secrets: frozenset[str]) -> None:
        self._suite = suite
        self._meter = Meter(prices, lambda _, text: text)
        self._secrets = secrets

    def file(self, path: Path) -> Listed:
        name = self._suite.name(self._suite.here / path)
        tests = self._suite.owners.of(name)
        try:
            content = cassette.read(path)
            interactions = without_secrets(cassette.parse(content, path), self._secrets)
        except (CassetteError, FileNotFoundError) as error:
            return Listed(path, tests, damage=str(error))
        calls = [
            Call(interaction, number=number, replayed=True, meter=self._meter)
            for number, interaction in enumerate(filter(is_call, interactions), 1)
        ]
        figures = TestFigures.of(name, calls, recorded=0)
        return Listed(
            path,
            tests,
            calls=len(calls),
            models=tuple(dict.fromkeys(call.model for call in calls if call.model)),
            tokens=None if figures.usage is None else figures.usage.total_tokens,
            cost=figures.cost,
            recorded_at=min(filter(None, map(_moment, interactions)), default=None),
            origins=Origins.of(interactions),
            is_orphaned=orphaned(self._suite.run, name, content),
        )


def _moment(interaction: Interaction) -> datetime | None:
    try:
        return parse_moment(interaction.recorded_at)
    except ValueError:
        return None


def _unknown_last(value: Callable[[Listed], Any]) -> Callable[[Listed], Any]:
    def key(entry: Listed) -> tuple[bool, Any]:
        known = value(entry)
        return known is None, 0 if known is None else known

    return key


def _negative(number: Any) -> Any:
    return None if number is None else -number


SORTS: Mapping[str, Callable[[Listed], Any]] = {
    "name": lambda entry: entry.name,
    "cost": _unknown_last(lambda entry: _negative(entry.cost)),
    "tokens": _unknown_last(lambda entry: _negative(entry.tokens)),
    "age": _unknown_last(lambda entry: entry.recorded_at and entry.recorded_at.timestamp()),
}
"""The sort keys: most expensive, largest or oldest first. Unknown values come last."""

_COLUMNS = (
    Column("test", is_short=False),
    Column("calls", is_number=True),
    Column("models", is_short=False),
    Column("tokens", is_number=True),
    Column("cost", is_number=True),
    Column("age", is_number=True),
    Column("origin"),
    Column("orphaned"),
)


def list_lines(
    entries: Sequence[Listed], now: datetime, redactor: Redactor, doubts: Iterable[str] = ()
) -> Iterable[str]:
    """The table of cassettes, the problems of unreadable ones, and the sum. No line contains a secret.

    `doubts` say why something is unknown for all of them.
    """

    def safe(text: str) -> str:
        return one_line(redactor, text)

    if entries:
        yield from table(_COLUMNS, [_row(entry, now, safe) for entry in entries])
    yield from (safe(entry.damage) for entry in entries if entry.damage)
    yield from map(safe, doubts)
    tokens = Sum.of([entry.tokens for entry in entries], NO_COUNT)
    cost = Sum.of([entry.cost for entry in entries], NO_COST)
    calls = sum(entry.calls or 0 for entry in entries)
    origins = Origins.sum(entry.origins for entry in entries if entry.origins is not None).told
    yield (
        f"{plural(len(entries), 'cassette')}, {plural(calls, 'call')},"
        f" {plural(tokens.known, 'token')}{tokens.doubt('cassette')},"
        f" {money(cost.known)}{cost.doubt('cassette')}{f'; {origins}' if origins else ''}"
    )


def _row(entry: Listed, now: datetime, safe: Callable[[str], str]) -> list[Line]:
    orphaned = {None: "unknown", False: "no", True: "yes"}[entry.is_orphaned]
    return [
        Line(safe(entry.name), style="red" if entry.damage else ""),
        Line(shown_count(entry.calls)),
        Line(safe(", ".join(entry.models)) or "?"),
        Line(shown_count(entry.tokens)),
        Line(shown_amount(entry.cost)),
        Line("?" if entry.recorded_at is None else age(now, entry.recorded_at)),
        _origin(entry.origins),
        Line(orphaned, style="red" if entry.is_orphaned else ""),
    ]


def _origin(origins: Origins | None) -> Line:
    """Whether all calls are as recorded, and what happened to the others."""
    if origins is None:
        return Line("?")
    told = [what for name, what in _ORIGINS.items() if getattr(origins, name)]
    return Line(", ".join(told), style="yellow") if told else Line("recorded")


def age(now: datetime, then: datetime) -> str:
    """How long ago a moment was, in whole days; in hours or minutes if it was less than a day."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes >= 24 * 60:
        return plural(minutes // (24 * 60), "day")
    return plural(minutes // 60, "hour") if minutes >= 60 else plural(minutes, "minute")
