"""The plain grammar: interactions of our own writing that no reader of YAML can take for anything else.

They are ASCII alone, in forms on which all readers agree. What is in this grammar, as nearly all recordings are, need
not be read as YAML before it is kept: tests hold what libyaml reads in such texts to what `slices` reads.
"""

from __future__ import annotations

import re

from pytest_samurai.cassette.body import plain_body
from pytest_samurai.cassette.folded import plain_folded
from pytest_samurai.cassette.notes import NOTES, Notes
from pytest_samurai.cassette.values import PLAIN_KEY, PLAIN_TEXT, several

PLAIN_HEADERS = rb"    headers:(?: \{\}|(?:\n      %b: \[%b\])+)" % (PLAIN_KEY, several(PLAIN_TEXT))


def interaction_pattern(notes: Notes) -> re.Pattern[bytes]:
    """The regular expression of an interaction with notes of a table."""
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
    """Whether the interaction between two places of a cassette is in the grammar."""
    match = _INTERACTION.fullmatch(content, start, end)
    if match is None:
        return False
    # A body is never broken into empty lines; should it have one, readers may differ in what they make of it.
    bodies = (("sent", "request_layout"), ("received", "layout"))
    return not any(
        match[layout] and _EMPTY_LINE.search(content, match.start(body), match.end(body) + 1) for body, layout in bodies
    )
