"""Text that is safe to show."""

from __future__ import annotations

import re

# - What Unicode calls a control, a format character or a line separator, and halves of surrogate pairs.
# - What Unicode lets a reader ignore (Default_Ignorable_Code_Point in DerivedCoreProperties.txt: fillers, variation
#   selectors).
# - What isn't a character (private use, noncharacters).
#
# The two joiners are not included: without them some scripts, and many emoji, fall apart.
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0e\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
) + "".join(f"{chr(plane + 0xFFFE)}-{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xF0000, 0x10000))
# After one of these, the selector U+FE0F turns a sign into an emoji; also between a digit and a keycap frame.
_SIGNS = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_OBEYED = re.compile(f"[{_UNSEEN}]|(?<![{_SIGNS}])(?!(?<=[0-9#*])\ufe0f\u20e3)\ufe0f")
# GitHub takes `::` at the beginning of a line for a command, even after blanks, and `##[` anywhere in it; Azure takes
# `##vso[`, and TeamCity `##teamcity[`.
_COMMAND = re.compile(r"^([^\S\n]*)::|(?<=#)#(?=\[|vso\[|teamcity\[)", re.MULTILINE | re.IGNORECASE)


def visible(text: str, keep: str = "") -> str:
    """The text, with everything escaped that a terminal would obey or couldn't print, except the characters in `keep`.

    Line breaks are escaped too, and so is everything that a CI log would obey. All content from outside goes through
    here before it is shown: prompts, answers, models, test ids, file names.
    """
    text = _OBEYED.sub(lambda match: match[0] if match[0] in keep else ascii(match[0])[1:-1], text)
    return _COMMAND.sub(lambda match: "\\x23" if match[1] is None else f"{match[1]}\\x3a:", text)


def visible_json(text: str) -> str:
    """Equivalent JSON, with escapes for what nobody could see in it, or a log would obey. Line breaks stay."""
    text = _OBEYED.sub(lambda match: match[0] if match[0] == "\n" else _json_escape(ord(match[0])), text)
    # No line of JSON begins with `::`, and only its texts contain a `#`.
    return _COMMAND.sub("\\\\u0023", text)


def visible_quoted(text: str) -> str:
    """A text in double quotes that YAML and TOML read alike, with escapes for what nobody could see in it."""
    return _OBEYED.sub(lambda match: _quoted_escape(ord(match[0])), text)


def _quoted_escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    # JSON escapes have four digits, so anything beyond becomes a surrogate pair.
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
