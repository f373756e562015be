"""Values in the place of a secret that are not secret."""

from __future__ import annotations

import base64
import re
from itertools import pairwise

from pytest_samurai.redaction.commonplace import is_commonplace, mail_user
from pytest_samurai.redaction.vendors import VENDORS

SHORTEST_SECRET = 8
# People write "test", "changeme" or "not-needed" where a key is required. Such words must not be cut out of prompts.
_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[ _.-](?:[A-Z]?[a-z]+|[A-Z]+))*")
_LONGEST_WORDS = 20
# "password1", and parts of a name like "gpt-4o-mini", "us-east-1" or "2024-10-21-preview".
_NUMBERED_WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\d{1,3}")
_PART = re.compile(r"[A-Z]?[a-z]*|[A-Z]+|[a-z]?\d{1,2}|\d{3}|(?:19|20)\d\d|\d{1,3}[a-z]{1,2}")
_SEPARATORS = re.compile(r"[ _.:/,+-]")
_IN_BRACKETS = re.compile(r"<\|?(\w+)\|?>")
_ADDRESS = re.compile(
    # A scheme, a host with or without a port, and a path; no user, no query.
    r"(?P<scheme>[a-z][a-z0-9+]*://)?"
    r"(?P<host>\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]*:[0-9a-f:]*\]|[a-z]+[0-9]{0,3}(?:[.-][a-z]+[0-9]{0,3})*)"
    r"(?P<port>:\d{1,5})?(?P<path>(?:/[^/?#@]*)*)"
)
_FILE = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w. -]+)+")

NUMBER = re.compile(r"\d+")


def is_plain(value: str) -> bool:
    """Whether anybody might write a value: words, a name with numbers, a date, an address, a file.

    Cutting it out of prompts and answers would break them without hiding anything.
    """
    if len(value) < SHORTEST_SECRET or _is_name(value) or is_commonplace(value) or _is_address(value) or _is_run(value):
        return True
    if token := _IN_BRACKETS.fullmatch(value):
        return _is_segment(token[1])
    user = mail_user(value)
    return user is not None and _is_segment(user)


def _is_name(value: str) -> bool:
    """Whether a value is a few words, perhaps one with a number, or looks like the name of a model or region."""
    if len(value) >= _LONGEST_WORDS:
        return False
    if _WORDS.fullmatch(value) or _NUMBERED_WORD.fullmatch(value):
        return True
    parts = _SEPARATORS.split(value)
    numbered = [part for part in parts if not _PART.fullmatch(part)]
    has_word = any(len(part) > 1 and part.isalpha() for part in parts)
    return has_word and (not numbered or (len(numbered) == 1 and _NUMBERED_WORD.fullmatch(numbered[0]) is not None))


def _is_address(value: str) -> bool:
    # This runs for every request, and hardly any key has one of these.
    if not any(sign in value for sign in ":/.\\"):
        return False
    match = _ADDRESS.fullmatch(value)
    if match is not None and (match["scheme"] or match["port"] or "." in match["host"]):
        return all(map(_is_segment, match["path"].split("/")))
    return _FILE.fullmatch(value) is not None and all(map(_is_segment, re.split(r"[/\\]", value)))


def _is_segment(segment: str) -> bool:
    """Whether a segment of a path is a name. The secret in a webhook's URL is a segment, too."""
    return len(segment) < SHORTEST_SECRET or _is_name(segment)


def _is_run(value: str) -> bool:
    """Whether a value is one repeated character, or digits in order: "00000000", "12345678"."""
    if not value.isdecimal():
        return len(set(value)) == 1
    return len(set(value)) == 1 or all((int(after) - int(digit)) % 10 == 1 for digit, after in pairwise(value))


# --- placeholders

_MARKS = (
    *("fake", "dummy", "placeholder", "example", "sample", "mock", "redacted", "filtered", "masked", "hidden"),
    *("your", "replace", "insert", "changeme", "invalid", "none", "null", "undefined", "xxx"),
)
_SOFT_MARKS = (
    *("no", "not", "foo", "test", "testing", "tests", "my", "some", "any", "the", "a"),
    *("dev", "secret", "super", "local", "demo", "unused"),
)
_ANYWHERE = re.compile(r"(?i)placeholder|example|dummy|redacted|filtered")
_RUN = re.compile(r"(.)\1{7,}")
_BEGINNINGS = "|".join(sorted(map(re.escape, {begin for _, begins, _ in VENDORS for begin in begins}), reverse=True))
_VENDOR = re.compile(
    rf"(?:{_BEGINNINGS}|AIza|A[KS]IA"
    r"|(?:sk|pk|rk|gsk|hf|xox[abprs]|gh[pousr]|github|pat|key|api|apikey|token|[Bb]earer|[Bb]asic"
    r"|ant|proj|or|v1|api\d\d)[-_ ])+"
)
_TEMPLATE = re.compile(r"\$\w+|\$?\{+[^{}]*\}+|<[^<>]*>|%\w+%|\[[^\[\]]*\]")
_ENDS = re.compile(r"\A[\W_]+|[\W_]+\Z")
_SINGLE_WORDS = re.compile(r"[a-z]+(?:[ _.-][a-z]+)+")
_PRONOUNCED = re.compile(r"(?=[a-z]*[aeiouy])(?![a-z]*[bcdfghjklmnpqrstvwxz]{5})[a-z]{1,14}")
# As people type it: 1 first, as on a keyboard, or the letters first.
_TYPED = re.compile(r"(?=123456\d*[a-f]|abcdef\d)[\da-f]{17,}")


def is_placeholder(value: str) -> bool:
    """Whether the value itself shows that it stands in for a key: `fake-key`, `your-api-key`, `XXX`, `${KEY}`."""
    if _TEMPLATE.fullmatch(value.strip()) or _ANYWHERE.search(value):
        return True
    bare = _ENDS.sub("", value)
    prefix = _VENDOR.match(bare)
    begins = _parts(prefix[0]) if prefix else []
    bare = bare[prefix.end() if prefix else 0 :].lower()
    if bare.startswith(_MARKS):
        return True
    parts = _parts(bare)
    if all(_is_run(part) and (len(part) <= _LONGEST_WORDS or len(set(part)) == 1) for part in parts):
        return True
    if len(rest := _RUN.sub("", bare)) < len(bare):
        return len(rest) < SHORTEST_SECRET
    if all(map(_is_typed, parts)):
        return True
    if len(parts) > 2 and _SINGLE_WORDS.fullmatch(bare) and all(map(_PRONOUNCED.fullmatch, parts)):
        return True
    marked = not {parts[0], *begins}.isdisjoint(_SOFT_MARKS) or any(part.startswith(_MARKS) for part in parts)
    return marked and all(map(_says_nothing, parts))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", text.lower()) if part]


def _says_nothing(part: str) -> bool:
    """Whether a part of a placeholder isn't random: a word, a word with a short number, or characters in order."""
    if part.isalpha() or len(set(part)) == 1 or _NUMBERED_WORD.fullmatch(part) or len(part) <= 4:
        return True
    return _is_ladder(part)


def _is_typed(part: str) -> bool:
    """Whether a part looks like "1234567890abcdef1234567890abcdef"."""
    return _TYPED.fullmatch(part) is not None and _is_ladder(part)


def _is_ladder(part: str) -> bool:
    """Whether most characters are followed by the next one: "abcdef1234567890"."""
    steps = sum(
        ord(after) - ord(before) == 1 or before + after in ("90", "9a", "0a") for before, after in pairwise(part)
    )
    return steps * 4 >= (len(part) - 1) * 3


def basic_password(credentials: str) -> str | None:
    """The password in the credentials of Basic authentication; None if they are something else."""
    parts = _basic(credentials)
    return parts[1] if parts else None


def basic_user(credentials: str) -> str | None:
    """The user in the credentials of Basic authentication; None if they are something else."""
    parts = _basic(credentials)
    return parts[0] if parts else None


def _basic(credentials: str) -> tuple[str, str] | None:
    try:
        user, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None
