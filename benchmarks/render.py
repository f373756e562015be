"""A run as a page: the targets and their results, then every contender's numbers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any

_MET = {True: "met", False: "**not met**", None: "not measured"}


def page(run: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    return "\n".join([*_head(run), "", *_targets(run), *_rows(run), *_settings(run)]) + "\n"


def _head(run: Mapping[str, Any]) -> Iterator[str]:
    machine = run["machine"]
    yield "# Benchmarks"
    yield ""
    yield f"`{run['command']}`, {run['when']}, commit {run['commit']}, scale {run['scale']}."
    yield ""
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}."
    yield ""
    yield from run["preface"]
    yield ""
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in run["versions"].items()) + "."
    for name, reason in run["missing"].items():
        yield f"Environment {name} is missing: {reason}."


def _targets(run: Mapping[str, Any]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield "| row | what | target | measured | |"
    yield "| --- | --- | --- | --- | --- |"
    for row in run["rows"]:
        for target in row["targets"]:
            cells = (row["title"], target["what"], target["says"], _measured(target), _MET[target["met"]])
            yield f"| {' | '.join(cells)} |"
    yield ""
    yield "What is in the way of those that are not met, with the profiles: see the page on performance in `docs/`."
    yield ""


def _measured(target: Mapping[str, Any]) -> str:
    value, name = target["measured"], target["of"][1]
    if value is None:
        return "-"
    if target["to"] is None:
        return shown(value, name)
    if target["by"] == "difference":
        return f"{'+' if value >= 0 else ''}{shown(value, name)}"
    if target["inverse"]:
        return f"{_digits(1 / value)} x faster"
    return f"{_digits(value)} x"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2f}"


def _rows(run: Mapping[str, Any]) -> Iterator[str]:
    yield "## What each contender measured"
    for row in run["rows"]:
        yield ""
        yield f"### {row['title']}"
        yield ""
        yield f"`--only {row['key']}`, repeats: {row['repeats']}. Median (least to most)."
        yield from row["notes"]
        yield ""
        names = list(dict.fromkeys(name for entrant in row["entrants"] for name in _numbers(entrant)))
        yield f"| | {' | '.join(names)} | |"
        yield f"| --- |{' --- |' * (len(names) + 1)}"
        for entrant in row["entrants"]:
            cells = [entrant["label"], *(_cell(entrant, name) for name in names), _remark(entrant, row)]
            yield f"| {' | '.join(cells)} |"


_NOT_NUMBERS = frozenset({"note", "took", "bytes"})


def _numbers(entrant: Mapping[str, Any]) -> list[str]:
    return [name for turn in entrant["turns"] for name in turn if name not in _NOT_NUMBERS]


def _cell(entrant: Mapping[str, Any], name: str) -> str:
    values = [turn[name] for turn in entrant["turns"] if name in turn]
    if not values:
        return "-"
    middle = shown(statistics.median(values), name)
    return middle if len(values) == 1 else f"{middle} ({shown(min(values), name)} to {shown(max(values), name)})"


def _remark(entrant: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if entrant["refused"]:
        return f"cannot: {entrant['refused']}".replace("|", "\\|")
    turns = len(entrant["turns"])
    remarks = [note for note in dict.fromkeys(turn.get("note", "") for turn in entrant["turns"]) if note]
    if turns != row["repeats"]:
        remarks.append(f"slow: {turns} of {row['repeats']} turns")
    return "; ".join(remarks)


def _settings(run: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "## Settings"
    yield ""
    yield "| | replay | suites |"
    yield "| --- | --- | --- |"
    for name, (replay, suite) in run["settings"].items():
        yield f"| {name} | `{replay}` | {f'`{suite}`' if suite else '-'} |"


_SECONDS = ((1, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns"))
_BYTES = ((1e6, " MB"), (1e3, " kB"), (1, " B"))
_COUNTS = ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1, ""))
_STEPS = {
    **dict.fromkeys(("grew", "peak", "beyond", "file"), _BYTES),
    **dict.fromkeys(("instructions", "start", "test"), _COUNTS),
}


def shown(value: float, name: str) -> str:
    """A number with this name for people, with three digits; in seconds by default."""
    steps = _STEPS.get(name, _SECONDS)
    step, unit = next((known for known in steps if abs(value) >= known[0]), steps[-1])
    scaled = value / step
    return f"{scaled:,.0f}{unit}" if abs(scaled) >= 100 else f"{scaled:.3g}{unit}"
