"""Text that is safe to show."""

from __future__ import annotations

import re

# All that Unicode calls a control, a format character or a separator of lines, and halves of surrogate pairs; but for
# the two joiners, without which some scripts, and many emoji, fall apart.
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_OBEYED = re.compile(f"[{_UNSEEN}]")
# GitHub takes `::` at the beginning of a line for a command, blanks or not, and `##[` anywhere in it; Azure takes
# `##vso[`, and TeamCity `##teamcity[`.
_COMMAND = re.compile(r"^([^\S\n]*)::|(?<=#)#(?=\[|vso\[|teamcity\[)", re.MULTILINE | re.IGNORECASE)


def visible(text: str, keep: str = "") -> str:
    """The text, with all that a terminal would obey or could not print escaped, except the characters in `keep`.

    What the log of a CI job would obey is escaped too, and so is a line break. Whatever comes from outside goes through
    here before it is shown: prompts, answers, models, ids of tests, names of files.
    """
    text = _OBEYED.sub(lambda match: match[0] if match[0] in keep else ascii(match[0])[1:-1], text)
    return _COMMAND.sub(lambda match: "\\x23" if match[1] is None else f"{match[1]}\\x3a:", text)


def visible_json(text: str) -> str:
    """JSON that says the same, with escapes for what nobody could see in it. Its line breaks stay."""
    return _OBEYED.sub(lambda match: match[0] if match[0] == "\n" else _json_escape(ord(match[0])), text)


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    # JSON has four digits, so what lies beyond is a pair of surrogates.
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
