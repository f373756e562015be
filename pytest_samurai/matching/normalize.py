"""Substitutions for what varies in a request from run to run. They apply to matching only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL
from pytest_samurai.matching.bodies import Json

Substitution = tuple[re.Pattern[str], str]

# A cassette must match on other machines too, so these are the temporary directories of all systems.
_TEMPORARY = "|".join(
    [
        re.escape(REAL.temporary),
        r"(?:/private)?/(?:var/)?tmp",
        r"(?:/private)?/var/folders/[^/\s]+/[^/\s]+/T",
        r"[A-Za-z]:\\Users\\[^\\\n]+\\AppData\\Local\\Temp",
    ]
)

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? (?:the )?)?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
# The edges of an id: `run_1764288000` ends in a moment, and `a1764288000` doesn't.
_BEFORE, _BEHIND = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
_MIDDLE = "-" + 3 * "[0-9a-fA-F]{4}-"
"""The middle of a UUID."""

VOLATILE: Mapping[str, tuple[str, str]] = {
    "uuid": (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<uuid>"),
    # A date after a hyphen belongs to a name: gpt-4o-2024-08-06 must stay a different model from gpt-4o-2024-05-13.
    "datetime": (
        r"(?<![\w-])\d{4}-\d\d-\d\d(?!\d)"
        r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?",
        "<datetime>",
    ),
    # Only the part that varies: /tmp/pytest-of-me/pytest-7/test_a0/in.txt and .../out.txt stay two files.
    "tmp_path": (
        rf"(?<![\w.~-])(?:{_TEMPORARY})[/\\]"
        r"(?:pytest-of-[^/\\\s]+[/\\]pytest-\d+[/\\](?:popen-\w+[/\\])?)?"
        r"[^\s\"'`,;:()\[\]{}<>/\\]+",
        "<tmp_path>",
    ),
    # 27 November 2026; Friday, November 27th; Fri Nov 27 13:05:01 2026; 27/11/2026.
    "date": (
        rf"\b{_WEEKDAY}(?:{_DAY}(?: of)?[ -]{_MONTH}|{_MONTH} {{1,2}}{_DAY}\b)"
        r"(?: \d\d:\d\d:\d\d(?: [A-Z]{3,4})?)?(?:,?[ -]\d{4}(?: \d\d:\d\d(?::\d\d)?(?: GMT| UTC)?)?)?(?!\w)"
        r"|(?<![\w./-])\d{1,2}([/.])\d{1,2}\1\d{4}(?![\w/])",
        "<date>",
    ),
    "time": (
        r"(?<![\w.:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm]\b)?(?![\w:])",
        "<time>",
    ),
    # Seconds since 1970, or thousandths, millionths or billionths of a second, from 2017 to 2039.
    "epoch": (
        rf"{_BEFORE}(?<!\.)(?:1[5-9]|2[01])\d{{8}}(?:\d{{3}}|\d{{6}}|\d{{9}})?(?:\.\d+)?{_BEHIND}",
        "<epoch>",
    ),
    # With a letter and a digit in it: otherwise it may be a word, or a number. The ends of a UUID are left to `uuid`,
    # whatever the order of the two.
    "hex": (
        rf"{_BEFORE}(?<!{_MIDDLE})(?:(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{{8,}}"
        rf"|(?=[A-F]*[0-9])(?=[0-9]*[A-F])[0-9A-F]{{8,}}){_BEHIND}(?!{_MIDDLE})",
        "<hex>",
    ),
    "port": (r"(?<![\w.])((?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):)\d{2,5}(?!\d)", r"\1<port>"),
    "address": (rf"{_BEFORE}0x[0-9a-fA-F]{{8,16}}{_BEHIND}", "<address>"),
}
"""The built-in substitutions by name: the pattern and its replacement. `re` keeps those that are used."""


def parse_substitution(entry: object) -> Substitution:
    """A substitution from a name in `VOLATILE`, or from a pair of a regular expression and its replacement.

    Raises SettingsError for anything else.
    """
    if isinstance(entry, str) and entry in VOLATILE:
        pattern, replacement = VOLATILE[entry]
        return re.compile(pattern), replacement
    if isinstance(entry, tuple | list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
        try:
            compiled = re.compile(entry[0])
        except re.error as error:
            raise SettingsError(f"{entry[0]!r} is not a regular expression: {error}") from None
        try:
            compiled.sub(entry[1], "")
        except (re.error, IndexError) as error:
            raise SettingsError(f"{entry[1]!r} is not a replacement for {entry[0]!r}: {error}") from None
        return compiled, entry[1]
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
