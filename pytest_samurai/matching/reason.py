"""Which kind of change made a request miss its recording, and whether it may be ignored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pytest_samurai.matching.bodies import Json
from pytest_samurai.matching.differences import MISSING, Difference
from pytest_samurai.matching.paths import ANY, format_path, parse_path
from pytest_samurai.text import Reason
from pytest_samurai.wire import Dialect, part_at

_DECIDING: Final = frozenset({"model", "stream"})
"""The parameters that can't be ignored: with other values, the answer has another model or another form."""


def reason_of(
    differences: Sequence[Difference], dialect: Dialect, recorded: Json, asked: Json
) -> tuple[Reason, tuple[str, ...]]:
    """The kind of change that these differences are, and the paths that make the request match if they are ignored."""
    if not isinstance(recorded, dict) or not isinstance(asked, dict):
        return Reason.PROMPT, ()
    paths: dict[str, None] = {}
    others: list[bool] = []
    for difference in differences:
        path = parse_path(difference.path)
        is_prompt = part_at(dialect, path, asked, recorded).is_prompt
        written = format_path(tuple(ANY if isinstance(step, int) else step for step in path))
        # In the ini file, a path ends at a space.
        is_key = isinstance(path[-1], str) and path[0] not in _DECIDING and not any(map(str.isspace, written))
        if is_key and (not is_prompt or _is_default(difference)):
            paths[written] = None
        else:
            others.append(is_prompt)
    if others:
        return Reason.PROMPT if any(others) else Reason.OTHER, ()
    return Reason.PARAMETERS, tuple(paths)


def _is_default(difference: Difference) -> bool:
    """Whether a key was added to a part of the prompt, or removed, with a value that means nothing to a model."""
    old, new = difference.recorded, difference.asked
    if old is not MISSING and new is not MISSING:
        return False
    value = new if old is MISSING else old
    return not value or isinstance(value, bool | int | float)
