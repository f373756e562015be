"""What changed in cassettes, as lines: first the changes that several tests share, once, then the rest of each test."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence

from pytest_samurai.commands.callchange import Change
from pytest_samurai.commands.comparison import CallChange, Comparison, spending_text
from pytest_samurai.commands.pieces import Line, Piece, line
from pytest_samurai.text import plural

_MOST_NAMES = 5
_MARGIN = "  "


def diff_lines(comparisons: Sequence[Comparison]) -> list[Line]:
    """The lines of a diff. If nothing differs, one line says so."""
    differing = [each for each in comparisons if each.is_difference]
    if not differing:
        return [line("no difference")]
    shared = shared_changes(differing)
    blocks = [list(_shared(change, tests)) for change, tests in shared]
    keys = {change.key for change, _ in shared}
    blocks += [list(comparison_lines(each, keys)) for each in differing if _has_own(each, keys)]
    return [*(part for block in blocks for part in [*block, line("")]), closing(differing)]


def shared_changes(comparisons: Sequence[Comparison]) -> list[tuple[Change, list[Comparison]]]:
    """The changes that several tests share, the most frequent first, each with its tests."""
    by_key: dict[Hashable, tuple[Change, dict[str, Comparison]]] = {}
    for each in comparisons:
        for changed in each.changes:
            by_key.setdefault(changed.change.key, (changed.change, {}))[1][each.title] = each
    several = [(change, list(tests.values())) for change, tests in by_key.values() if len(tests) > 1]
    return sorted(several, key=lambda entry: -len(entry[1]))


def _shared(change: Change, tests: Sequence[Comparison]) -> Iterator[Line]:
    yield line(f"{counted(tests)}: {change.title}", "name")
    yield from indented(change.lines)
    yield line(f"{_MARGIN}{names([each.title for each in tests])}", "faint")


def names(titles: Sequence[str]) -> str:
    """A few names, and the number of the others."""
    more = f" and {len(titles) - _MOST_NAMES:,} more" if len(titles) > _MOST_NAMES else ""
    return f"{', '.join(titles[:_MOST_NAMES])}{more}"


def counted(comparisons: Sequence[Comparison]) -> str:
    """How many there are: tests if all are known to be tests, otherwise cassettes."""
    are_tests = all("::" in each.title for each in comparisons)
    return plural(len(comparisons), "test" if are_tests else "cassette")


def _has_own(comparison: Comparison, shared: Collection[Hashable]) -> bool:
    """Whether it has something that the shared changes do not tell."""
    own = any(changed.change.key not in shared for changed in comparison.changes)
    return own or not comparison.changes or comparison.versions.moved_from is not None


def comparison_lines(comparison: Comparison, told: Collection[Hashable] = ()) -> Iterator[Line]:
    """What changed in one cassette, without the changes in `told`."""
    if not comparison.is_whole:
        yield from _sides(comparison)
        return
    spent = "; ".join(comparison.moved)
    yield [Piece(comparison.title, "name"), Piece(f": {spent}" if spent else "")]
    if moved_from := comparison.versions.moved_from:
        yield line(f"{_MARGIN}renamed from {moved_from}")
    for call, change in _once(comparison.changes, told):
        yield line(f"{_MARGIN}{call}: {change.title}")
        yield from indented(change.lines)


def _once(changes: Iterable[CallChange], told: Collection[Hashable]) -> Iterator[tuple[str, Change]]:
    """The changes, each with its call. A change in several calls appears once."""
    by_key: dict[Hashable, list[CallChange]] = {}
    for changed in changes:
        if changed.change.key not in told:
            by_key.setdefault(changed.change.key, []).append(changed)
    for equal in by_key.values():
        more = f" and {plural(len(equal) - 1, 'more call')}" if len(equal) > 1 else ""
        yield f"{equal[0].call}{more}", equal[0].change


def indented(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines below a heading."""
    for pieces in lines:
        yield [Piece(2 * _MARGIN), *pieces]


def _sides(comparison: Comparison) -> list[Line]:
    """A cassette that only one version has, or that cannot be read."""
    if problems := comparison.versions.problems:
        told = [line(f"{_MARGIN}{problem}", "wrong") for problem in problems]
        return [[Piece(comparison.title, "name"), Piece(": cannot be compared")], *told]
    then, now = comparison.versions.then, comparison.versions.now
    version, what, spent = (now, "added", comparison.new) if then is None else (then, "removed", comparison.old)
    calls = 0 if version is None or version.calls is None else len(version.calls)
    tokens = "tokens unknown" if spent.tokens is None else plural(spent.tokens, "token")
    style = "added" if what == "added" else "removed"
    return [[Piece(comparison.title, "name"), Piece(f": {what}", style), Piece(f", {plural(calls, 'call')}, {tokens}")]]


def closing(differing: Sequence[Comparison]) -> Line:
    """The last line: how many cassettes differ, and their total usage."""
    whole = [each for each in differing if each.is_whole]
    broken = [each for each in differing if each.versions.problems]
    added = [each for each in differing if each.versions.then is None and not each.versions.problems]
    removed = [each for each in differing if each.versions.now is None and not each.versions.problems]
    counts = [(whole, "changed"), (added, "added"), (removed, "removed"), (broken, "not compared")]
    said = ", ".join(f"{counted(kind)} {what}" for kind, what in counts if kind)
    known = [each for each in differing if not each.versions.problems]
    return line(f"{said}: {spending_text(known)}" if known else said, "name")
