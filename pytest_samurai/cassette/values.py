"""A short value on a line of a cassette: how it is written, recognized and read.

The `PLAIN_...` regular expressions match only what no YAML reader takes for anything else: see `plain`.
"""

from __future__ import annotations

import re
from typing import Any

from pytest_samurai.files import json
from pytest_samurai.text import scalar


def flow(value: Any) -> str:
    """A JSON value on one line, as YAML. JSON itself won't do: `1e-07` is a text in YAML 1.1."""
    match value:
        case str():
            return scalar(value)
        case dict():
            return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case None:
            return "null"
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value)) if isinstance(value, float) else str(value).lower()


# A quoted text or a number, which are JSON already; or a plain YAML word.
_FLOW = re.compile(r'("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*)|([^\s"\[\]{},:](?:[^"\[\]{},:]|:(?! ))*)')


def read_flow(text: str) -> Any:
    """The value that `flow` wrote. Raises ValueError for anything that `flow` doesn't write."""
    return json.loads(_FLOW.sub(_as_json, text))


def _as_json(match: re.Match[str]) -> str:
    word = match[2]
    return match[0] if word is None or word in ("true", "false", "null") else json.dumps(word)


def unquoted(text: str) -> str:
    """The text that `scalar` wrote. Raises ValueError for anything that `scalar` doesn't write."""
    if not text.startswith('"'):
        return text
    return str(json.loads(text)) if "\\" in text else text[1:-1]


def read_number(text: str) -> float:
    """The number that `flow` wrote. Raises ValueError for anything that `flow` doesn't write."""
    return int(text) if text.isdigit() else float(text)


_WORD = rb"(?!(?i:true|false|yes|no|on|off|y|n|null)\b)[A-Za-z]"
# A colon or semicolon inside a text doesn't end a key or the text, because no blank follows it.
PLAIN_TEXT = rb'(?:"[ !#-\[\]-~]*"|%b(?:[A-Za-z0-9_./+=&%%@~-]|:[A-Za-z0-9_./-]|; ?[A-Za-z0-9]| [A-Za-z0-9])*+)' % _WORD
# YAML looks for the end of a key on its line, and no further than 1,024 characters.
PLAIN_KEY = rb"%b[A-Za-z0-9_-]{0,99}" % _WORD
PLAIN_NUMBER = rb"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?"
_VALUE = rb"(?:%b|%b|null)" % (PLAIN_TEXT, PLAIN_NUMBER)


def several(item: bytes) -> bytes:
    """The regular expression of one or more items with commas between them."""
    return rb"%b(?:, %b)*" % (item, item)


PLAIN_MAPPING = rb"\{(?:%b)?\}" % several(rb"%b: %b" % (PLAIN_KEY, _VALUE))
PLAIN_MAPPINGS = rb"\{(?:%b)?\}" % several(rb"%b: (?:%b|%b)" % (PLAIN_KEY, _VALUE, PLAIN_MAPPING))
"""A mapping that may contain mappings as values."""
