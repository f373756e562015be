"""A short text as a YAML scalar.

We write it ourselves, because PyYAML's quoting style depends on the text. We also read it back, for files that are read
line by line.
"""

from __future__ import annotations

import re
from json import loads

from pytest_samurai.text.visible import visible, visible_quoted

# A text can match in only one way, so no header or URL, however long, takes exponential time.
_PLAIN = re.compile(
    r"(?!(?i:true|false|yes|no|on|off|y|n|null)\Z)"
    r"[A-Za-z/](?:[A-Za-z0-9_./+=&%@~-]|:[A-Za-z0-9_./+=&%@~-]|; ?[A-Za-z0-9]| [A-Za-z0-9])*"
)


def scalar(text: str) -> str:
    """A short text as a YAML scalar: plain if that can't be misread, else in double quotes."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


_UNQUOTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\"\\\u2028\u2029]")


def quoted(text: str) -> str:
    """A short text as a YAML scalar in double quotes."""
    return '"' + _UNQUOTABLE.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in '"\\':
        return f"\\{char}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char) or f"\\u{ord(char):04x}"


_LONG_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\U([0-9a-f]{8})")


def read_scalar(written: str) -> str:
    """The text that `scalar` or `quoted` wrote like this. Raises ValueError for anything that they don't write.

    It may have the escapes of `visible_quoted`, or single quotes, which formatters prefer.
    """
    if written.startswith("'"):
        text = written[1:-1].replace("''", "'")
        spellings = ["'" + text.replace("'", "''") + "'"]
    else:
        # JSON has every escape that is written here, except the long one.
        text = loads(_LONG_ESCAPE.sub(_from_long, written)) if written.startswith('"') else written
        spellings = [scalar(text), quoted(text)]
    if written not in (*spellings, *map(visible_quoted, spellings)):
        raise ValueError(f"{visible(written)} is not in the form that this tool writes")
    return text


def _from_long(match: re.Match[str]) -> str:
    code = int(match[2], 16)
    return match[1] + (chr(code) if code < 0x110000 else match[0])
