"""The plain grammar: interactions in our writing that no YAML reader can take for anything else.

They are pure ASCII, in forms that all readers agree on. Nearly all recordings fit this grammar, and needn't be read as
YAML before they are written. Tests compare what libyaml reads in such texts with what `slices` reads.
"""

from __future__ import annotations

import re

from pytest_samurai.cassette.body import plain_body
from pytest_samurai.cassette.folded import plain_folded
from pytest_samurai.cassette.notes import NOTES, Notes
from pytest_samurai.cassette.values import PLAIN_KEY, PLAIN_TEXT, several

PLAIN_HEADERS = rb"    headers:(?: \{\}|(?:\n      %b: \[%b\])+)" % (PLAIN_KEY, several(PLAIN_TEXT))


def interaction_pattern(notes: Notes) -> re.Pattern[bytes]:
    """The regular expression of an interaction with the notes of a table."""
    return re.compile(
        rb"- request:\n"
        rb"    method: %b\n"
        rb"    uri: %b\n"
        rb"%b\n"
        rb"    body: (?P<sent>%b)\n"
        rb"  response:\n"
        rb"    status: \{code: [1-9][0-9]{2}, message: %b\}\n"
        rb"(?P<above>%b\n)?+"
        rb"    body:\n"
        rb"      string: (?P<received>%b)"
        rb"(?(above)|\n%b)"
        rb"%b"
        % (
            *(PLAIN_TEXT, PLAIN_TEXT, PLAIN_HEADERS, _plain_body(b"      ")),
            *(PLAIN_TEXT, PLAIN_HEADERS, _plain_body(b"        "), PLAIN_HEADERS, notes.plain),
        )
    )


def _plain_body(margin: bytes) -> bytes:
    return rb"(?:%b|%b)" % (plain_body(margin), plain_folded(margin))


_INTERACTION = interaction_pattern(NOTES)
_EMPTY_LINE = re.compile(rb"\n *\n")


def is_plain(content: bytes, start: int, end: int) -> bool:
    """Whether the interaction between two offsets of a cassette fits the grammar."""
    match = _INTERACTION.fullmatch(content, start, end)
    if match is None:
        return False
    # We never break a body into empty lines. If one has them anyway, readers may disagree about it.
    bodies = (("sent", "request_layout"), ("received", "layout"))
    return not any(
        match[layout] and _EMPTY_LINE.search(content, match.start(body), match.end(body) + 1) for body, layout in bodies
    )
