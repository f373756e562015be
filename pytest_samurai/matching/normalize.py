"""Substitutions for what varies from run to run in a request: for matching only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL
from pytest_samurai.matching.bodies import Json

Substitution = tuple[re.Pattern[str], str]

# A cassette has to match on other machines too, so these are the temporary directories of all systems.
_TEMPORARY = "|".join(
    [
        re.escape(REAL.temporary),
        r"(?:/private)?/(?:var/)?tmp",
        r"(?:/private)?/var/folders/[^/\s]+/[^/\s]+/T",
        r"[A-Za-z]:\\Users\\[^\\\n]+\\AppData\\Local\\Temp",
    ]
)

VOLATILE: Mapping[str, Substitution] = {
    "uuid": (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    # A date after a hyphen belongs to a name: gpt-4o-2024-08-06 has to stay another model than gpt-4o-2024-05-13.
    "datetime": (
        re.compile(
            r"(?<![\w-])\d{4}-\d\d-\d\d(?!\d)"
            r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"
        ),
        "<datetime>",
    ),
    # Only as far as it varies: /tmp/pytest-of-me/pytest-7/test_a0/in.txt and .../out.txt stay two files.
    "tmp_path": (
        re.compile(
            rf"(?<![\w.~-])(?:{_TEMPORARY})[/\\]"
            r"(?:pytest-of-[^/\\\s]+[/\\]pytest-\d+[/\\](?:popen-\w+[/\\])?)?"
            r"[^\s\"'`,;:()\[\]{}<>/\\]+"
        ),
        "<tmp_path>",
    ),
}


def parse_substitution(entry: object) -> Substitution:
    """A substitution from a name in `VOLATILE`, or from a pair of a regular expression and its replacement.

    Raises SettingsError for anything else.
    """
    if isinstance(entry, str) and entry in VOLATILE:
        return VOLATILE[entry]
    if isinstance(entry, tuple | list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
        try:
            pattern = re.compile(entry[0])
        except re.error as error:
            raise SettingsError(f"{entry[0]!r} is not a regular expression: {error}") from None
        try:
            pattern.sub(entry[1], "")
        except (re.error, IndexError) as error:
            raise SettingsError(f"{entry[1]!r} is not a replacement for {entry[0]!r}: {error}") from None
        return pattern, entry[1]
    raise SettingsError(f"{entry!r} is neither one of {', '.join(VOLATILE)} nor a pair (pattern, replacement)")


def substitute(value: Json, substitutions: Sequence[Substitution]) -> Json:
    """A copy of the value with the substitutions made in each of its texts."""
    if isinstance(value, str):
        for pattern, replacement in substitutions:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {key: substitute(inner, substitutions) for key, inner in value.items()}
    if isinstance(value, list):
        return [substitute(inner, substitutions) for inner in value]
    return value
