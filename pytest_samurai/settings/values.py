"""The values of options. Each parser reads what was written, or raises ValueError that says what would be right.

`headers`, `estimate`, `ignore` and `normalize` also raise SettingsError.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

# Every start of pytest reads this module, and most set no option. So the parsers import the packages that know what a
# value means.
if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_samurai.bill import Tolerance

Mode = Literal["none", "once", "new_episodes", "update", "all", "live"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
REWRITE: Final = "rewrite"
"""Another word for the mode `all`."""
UNMARKED: Final = ("allow", "warn", "block")
UNSEEN: Final = ("fail", "warn", "allow")
COMPONENTS: Final = (
    *("method", "endpoint", "chat"),
    *("uri", "scheme", "host", "port", "path", "query", "headers", "body", "raw_body"),
)
"""What requests are compared by: the names that `matching` knows."""
VARYING: Final = ("uuid", "datetime", "tmp_path", "date", "time", "epoch", "hex", "port", "address")
"""What may vary in a request from run to run: the names that `matching` knows."""
MARKERS: Final = ("samurai", "vcr")
"""The names of markers that may count as ours."""
METRICS: Final = ("requests", "prompt_tokens", "completion_tokens", "total_tokens", "cost")
"""What may have a tolerance: the names that `bill` knows."""

Matching = str | Callable[[Any, Any], object]
"""A name in `COMPONENTS`, or a function of two vcrpy requests, the new one and a recorded one."""


# --- words


def one_of(*choices: str) -> Callable[[object], object]:
    """A parser that takes one of a few words."""

    def parse(value: object) -> object:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return parse


def mode(value: object) -> Mode:
    """The name of a record mode."""
    named = next((known for known in MODES if value == known), "all" if value == REWRITE else None)
    if named is None:
        raise ValueError(f"one of {', '.join(MODES).replace('all', f'all (or {REWRITE})')}")
    return named


def words(value: object) -> tuple[str, ...]:
    """Words separated by blanks, or a list of strings."""
    # Not any iterable: a test's options are read when it is collected, and again when it runs.
    entries = value.split() if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not all(isinstance(word, str) and word for word in entries):
        raise ValueError("a list of strings")
    return tuple(entries)


def directory(value: object) -> str:
    """The path of a directory."""
    if not isinstance(value, str) or not value:
        raise ValueError("a directory")
    return value


def file(value: object) -> str:
    """The path of a file."""
    if not isinstance(value, str) or not value:
        raise ValueError("a file")
    return value


def flag(value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def estimate(value: object) -> bool:
    """True or False. Raises SettingsError if tokens should be counted and no package for that is installed."""
    if flag(value):
        from pytest_samurai.bill import require_tokenizer

        require_tokenizer()
    return bool(value)


# --- what is recorded, and what matches


def endpoints(value: object) -> tuple[str, ...]:
    """Patterns of URLs, at least one."""
    patterns = words(value)
    if not patterns:
        raise ValueError("a list of URL patterns, with at least one in it")
    return patterns


def headers(value: object) -> tuple[str, ...]:
    """Names of headers, and prefixes of names. Raises SettingsError for a header that may not be kept."""
    from pytest_samurai.redaction import parse_header

    return tuple(map(parse_header, words(value)))


def variables(value: object) -> tuple[str, ...]:
    """Names of environment variables."""
    names = words(value)
    if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names):
        raise ValueError("a list of names of environment variables")
    return names


def match_on(value: object) -> tuple[Matching, ...]:
    """Names of components, and functions."""
    entries = value.split() if isinstance(value, str) else value
    if isinstance(entries, list | tuple):
        # vcrpy accepts both words.
        entries = ["uri" if entry == "url" else entry for entry in entries]
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) or callable(entry) for entry in entries):
        raise ValueError("a list of strings and of functions (r1, r2)")
    if not entries or not {entry for entry in entries if isinstance(entry, str)} <= set(COMPONENTS):
        raise ValueError(f"a list of one or more of {', '.join(COMPONENTS)}, and of functions (r1, r2)")
    return tuple(entries)


def ignore(value: object) -> tuple[Any, ...]:
    """Paths into a JSON body."""
    from pytest_samurai.matching import parse_path

    return tuple(parse_path(path) for path in words(value))


def normalize(value: object) -> tuple[Any, ...]:
    """Names and pairs, as substitutions."""
    from pytest_samurai.matching import parse_substitution

    entries = value.split() if isinstance(value, str) else value
    if not isinstance(entries, list | tuple):
        raise ValueError("a list of names and of pairs (pattern, replacement)")
    return tuple(parse_substitution(entry) for entry in entries)


def redact(value: object) -> tuple[Any, ...]:
    """Regular expressions, names of predefined ones, and functions."""
    from pytest_samurai.redaction import parse_rule

    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(parse_rule(entry.strip() if isinstance(entry, str) else entry) for entry in entries)


# --- what vcrpy has too


def filters(value: object) -> tuple[Any, ...]:
    """Names, and pairs of a name and its new value: a text, None or a function."""
    entries = value if isinstance(value, list | tuple) else [None]
    if not all(_is_filter(entry) for entry in entries):
        raise ValueError("a list of names and of pairs (name, replacement)")
    return tuple(entries)


def _is_filter(entry: object) -> bool:
    if isinstance(entry, tuple) and len(entry) == 2:
        name, replacement = entry
        return isinstance(name, str) and (replacement is None or isinstance(replacement, str) or callable(replacement))
    return isinstance(entry, str)


def hooks(value: object) -> tuple[Any, ...]:
    """A function, or several."""
    functions = value if isinstance(value, list | tuple) else [value]
    if not all(map(callable, functions)):
        raise ValueError("a function, or a list of functions")
    return tuple(functions)


def library(value: object) -> str:
    """The path of a directory, as a text or a Path."""
    if not isinstance(value, str | PathLike) or not str(value):
        raise ValueError("a directory")
    return str(value)


def transformer(value: object) -> Callable[[str], str]:
    """A function of a path."""
    if not callable(value):
        raise ValueError("a function")
    return value


def markers(value: object) -> tuple[str, ...]:
    """Names of known markers."""
    names = words(value)
    if not set(names) <= {*MARKERS}:
        raise ValueError(f"one of {', '.join(MARKERS)}")
    return names


def hosts(value: object) -> tuple[Any, ...]:
    """Names of hosts, and compiled patterns."""
    if not isinstance(value, list | tuple) or not all(isinstance(host, str | re.Pattern) for host in value):
        raise ValueError("a list of host names and of compiled patterns")
    return tuple(value)


# --- numbers, money and time


def count(value: object) -> int:
    """A whole number, 0 or more. An ini file and the command line give it as text."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def limit(value: object) -> int | None:
    """A count, or None, which lifts the limit of a test's class or module."""
    return None if value is None else count(value)


def cost_limit(value: object) -> Decimal | None:
    """An amount in US dollars, or None, which lifts the limit of a test's class or module."""
    from pytest_samurai.text import parse_money

    try:
        return None if value is None else parse_money(value)
    except ValueError:
        raise ValueError('an amount of US dollars, 0 or more, as in "0.002"') from None


def tolerance(value: object) -> Tolerance:
    """The tolerances of several metrics."""
    from pytest_samurai.bill import parse_tolerance

    # On the command line it may be repeated, and each one may contain several words.
    return parse_tolerance([entry for entries in words(value) for entry in entries.split()])


def pace(value: object) -> float:
    """The factor that the timing of a recorded stream is multiplied by."""
    if value == "recorded":
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError('"recorded" or a number, 0 or more')
    return float(value)


def age(value: object) -> timedelta:
    """A number with its unit."""
    match = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a number below 10,000 and a unit: "90m", "12h", "30d" or "4w"')
    unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})
