"""The cause of a miss, in a few words: what changed in the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_samurai.matching.bodies import Json, spelled
from pytest_samurai.matching.description import describe, sides, texts_apart
from pytest_samurai.matching.differences import MISSING, Difference
from pytest_samurai.matching.paths import Path_, format_path, parse_path
from pytest_samurai.matching.reason import reason_of
from pytest_samurai.text import MISS, Cause, Reason, cut_in_the_middle, forms_apart, plural, reworded, visible
from pytest_samurai.wire import Dialect, part_at

_SHORT = 40
_MOST_CHANGES = 3
_MOST_LINES = 4
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class _Change:
    """A difference in a few words: where it is, what it is, and what of it is the same in other tests."""

    where: str
    what: str
    removed: str
    added: str
    lines: Sequence[str]


def cause_of(differences: Sequence[Difference], dialect: Dialect, recorded: Json, asked: Json) -> Cause:
    """The cause of a miss, from the differences between a recorded request and the new one."""
    changes = [_change(difference, dialect, recorded, asked) for difference in differences]
    by_part: dict[str, list[str]] = {}
    for change in changes:
        by_part.setdefault(change.where, []).append(change.what)
    texts = [_said(where, whats) for where, whats in by_part.items()]
    lines = [line for change in changes for line in change.lines]
    said = said_cause(texts, lines, [(change.where, change.removed, change.added) for change in changes])
    reason, ignorable = reason_of(differences, dialect, recorded, asked)
    return replace(said, reason=reason, ignorable=ignorable)


def unrecorded_cause(texts: Sequence[str]) -> Cause:
    """The cause of a miss of a request that has no recording at all, described by these texts."""
    return replace(said_cause(texts), reason=Reason.UNRECORDED)


def said_cause(texts: Sequence[str], lines: Sequence[str] = (), same: Sequence[Sequence[str]] = ()) -> Cause:
    """The cause of a miss, described by these texts and lines; there may be too many of both to show all."""
    what = "; ".join(texts[:_MOST_CHANGES])
    if len(texts) > _MOST_CHANGES:
        what += f"; and {len(texts) - _MOST_CHANGES} more"
    shown = [visible(cut_in_the_middle(line, _LONGEST_LINE)) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"... and {plural(len(lines) - _MOST_LINES, 'line')} more")
    return Cause.of(MISS, visible(cut_in_the_middle(what, _LONGEST_LINE)), shown, same)


def _said(where: str, whats: Sequence[str]) -> str:
    different = list(dict.fromkeys(whats))
    if different == [""]:
        return where
    text = " and ".join(different) if len(different) <= 2 else f"{len(whats)} changes"
    return f"{where}, {text}"


def _change(difference: Difference, dialect: Dialect, recorded: Json, asked: Json) -> _Change:
    old, new = sides(difference)
    are_objects = isinstance(recorded, dict) and isinstance(asked, dict)
    path = parse_path(difference.path) if are_objects else ()
    part = part_at(dialect, path, asked, recorded)
    where = _tool(dialect, part.path, asked, recorded) or _spelled_path(part.path, part.name)
    lines = [line.removeprefix("    ") for line in describe(difference)]
    removed, added = ("" if side is MISSING else spelled(side) for side in (old, new))
    if path == part.path and len(path) == 2 and MISSING in (old, new):
        done = "added" if old is MISSING else "removed"
        return _Change(f"{where} {done}", "", removed, added, lines)
    if where.startswith("tool "):
        return _Change(f"{where} changed", "", removed, added, lines)
    if texts := texts_apart(difference):
        rewording = reworded(*texts)
        shown = [f"- {line}" for line in rewording.removed.splitlines()]
        shown += [f"+ {line}" for line in rewording.added.splitlines()]
        if rewording.removed and rewording.added:
            shown = [line.strip() for line in lines[1:]]
        return _Change(where, rewording.what, rewording.removed, rewording.added, shown)
    if isinstance(old, str) and isinstance(new, str) and (forms := forms_apart(old, new)):
        return _Change(f"{difference.path}, {forms}", "", removed, added, lines)
    if _is_short(old) and _is_short(new):
        return _Change(f"{difference.path} {_plain(old)} -> {_plain(new)}", "", removed, added, ())
    done = "added" if old is MISSING else "removed" if new is MISSING else "changed"
    return _Change(f"{difference.path} {done}", "", removed, added, lines)


def _tool(dialect: Dialect, path: Path_, *requests: Json) -> str | None:
    """The name of a part of a request if it is a tool with a name."""
    for request in requests if len(path) == 2 else ():
        key, index = str(path[0]), path[1]
        for tools in dialect.tools(request):
            # `dialect.tools` gives the lists themselves.
            is_list = isinstance(tools, list) and isinstance(index, int) and index < len(tools)
            if is_list and request.get(key) is tools:
                name = dialect.names[key](tools[index])
                return f"tool {name}" if isinstance(name, str) else None
    return None


def _spelled_path(path: Path_, name: str) -> str:
    return format_path(path) if len(path) == 2 else name


def _is_short(value: Json) -> bool:
    return value is MISSING or (len(_plain(value)) <= _SHORT and " " not in _plain(value))


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else repr(value) if value is MISSING else spelled(value)
