"""What the tests of a run recorded that will hardly be repeated, and what makes their replays match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_samurai.matching import NOUNS, NUMBER, ORDER, VOLATILE, Variation
from pytest_samurai.report.causes import named
from pytest_samurai.text import MISS, Cause, Diagnosis, cut_in_the_middle, plural, visible

_MOST_LISTED = 20
_LONGEST = 40
_FIXTURE = """\
  To let it match, put this into conftest.py:
    @pytest.fixture(scope="session")
    def samurai_config():
        return {{"normalize": [{}]}}"""
_ADVICE: Mapping[str, str] = {
    "": _FIXTURE,
    "samurai_config": '  To let it match, add to "normalize" in samurai_config: {}',
    "vcr_config": '  To let it match, add to "normalize" in vcr_config: {}',
    "samurai_normalize": "  To let it match, add to samurai_normalize in the ini file: {}",
    "marker": "  To let it match, add to `normalize` of the marker: {}",
}


@dataclass(frozen=True, slots=True)
class Varied:
    """What varies in the recordings of a test. `home` says where its entries of `normalize` go: a key of `_ADVICE`.

    `orders` are the lists in them that may be in a set's order, if these are wanted.
    """

    test: str
    home: str
    variations: tuple[Variation, ...]
    orders: Sequence[Sequence[str]] = ()

    @property
    def of_clock(self) -> Varied:
        """The same, with only what changes over time."""
        return replace(self, variations=tuple(varied for varied in self.variations if varied.is_of_clock))

    def as_json(self) -> list[Any]:
        """The form that pytest's reports carry."""
        return [self.test, self.home, [variation.as_json() for variation in self.variations], self.orders]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Varied:
        """The inverse of `as_json`."""
        test, home, variations, orders = value
        return cls(test, home, tuple(Variation(*variation) for variation in variations), orders)


def varied_lines(all_varied: Iterable[Varied]) -> list[str]:
    """The lines: each part of a request with what varies in it, the tests behind it, then the advice."""
    all_varied = [varied for varied in all_varied if varied.variations]
    if not all_varied:
        return []
    count = len({varied.test for varied in all_varied})
    its = "its replay would miss" if count == 1 else "their replays would miss"
    lines = [f"samurai: {plural(count, 'test')} recorded values that most likely vary from run to run; {its}:"]
    parts = _parts(all_varied)
    for said, (tests, samples) in list(parts.items())[:_MOST_LISTED]:
        shown = ", ".join(cut_in_the_middle(sample, _LONGEST) for sample in samples)
        lines.append(f"  {said} ({shown}): {named(tests)}")
    if len(parts) > _MOST_LISTED:
        lines.append(f"  and {plural(len(parts) - _MOST_LISTED, 'part')} more")
    return [*map(visible, lines), *advice(all_varied)]


def _parts(all_varied: Sequence[Varied]) -> dict[str, tuple[list[str], list[str]]]:
    """By the description of a request's part: the tests, and what the first of them said there."""
    parts: dict[str, tuple[list[str], list[str]]] = {}
    for varied in all_varied:
        by_part: dict[str, dict[str, str]] = {}
        for variation in varied.variations:
            by_part.setdefault(variation.where, {}).setdefault(variation.kind, variation.sample)
        for where, samples in by_part.items():
            said = f"{_listed([NOUNS[kind] for kind in samples])} in {where}"
            tests, _ = parts.setdefault(said, ([], list(samples.values())))
            if varied.test not in tests:
                tests.append(varied.test)
    return parts


def _listed(nouns: Sequence[str]) -> str:
    *others, last = nouns
    return f"{', '.join(others)} and {last}" if others else last


def advice(all_varied: Sequence[Varied]) -> list[str]:
    """What makes all of it match, by where the settings of the tests are."""
    lines: list[str] = []
    for home, template in _ADVICE.items():
        variations = [variation for varied in all_varied if varied.home == home for variation in varied.variations]
        kinds = {variation.kind for variation in variations if variation.is_text}
        entries = [kind if home == "samurai_normalize" else f'"{kind}"' for kind in VOLATILE if kind in kinds]
        if entries:
            separator = " " if home == "samurai_normalize" else ", "
            lines += template.format(separator.join(entries)).split("\n")
    return [*lines, *_by_hand([variation for varied in all_varied for variation in varied.variations])]


def clock_failure(all_varied: Sequence[Varied]) -> tuple[str, Diagnosis] | None:
    """Why a test whose replay passed will fail at another time, and the cause; None if nothing suggests that."""
    of_clock = [varied.of_clock for varied in all_varied if varied.of_clock.variations]
    if not of_clock:
        return None
    parts = [f"{said} ({', '.join(samples)})" for said, (_, samples) in _parts(of_clock).items()]
    first = visible(f"It replays now, but not at another time: {'; '.join(parts)}.")
    what = visible(f"{'; '.join(_parts(of_clock))}: the replay will miss at another time")
    return "\n".join([first, *advice(of_clock)]), Diagnosis(Cause.of(MISS, what))


def _by_hand(variations: Sequence[Variation]) -> list[str]:
    """The advice for what no entry of `normalize` can reach."""
    lines = []
    if any(variation.kind == ORDER for variation in variations):
        lines.append("  A set has no order of its own: sort what comes from it")
    numbers = {visible(varied.where) for varied in variations if varied.kind != ORDER and not varied.is_text}
    if numbers:
        paths = ", ".join(f'"{where}"' for where in sorted(numbers))
        lines.append(f"  A number on its own: fix the seed or the clock, or add to `ignore`: {paths}")
    if any(variation.kind == NUMBER and variation.is_text for variation in variations):
        pair = "a pair (pattern, replacement) to `normalize`"
        lines.append(f"  A random number in a text has no entry: fix the seed, or add {pair}")
    return lines
