"""The plain grammar: interactions of our own writing that no reader of YAML can take for anything else.

They are ASCII alone, in forms on which all readers agree. What is in this grammar, as nearly all recordings are, need
not be read as YAML before it is kept: tests hold what libyaml reads in such texts to what `slices` reads.
"""

from __future__ import annotations

import re

from pytest_samurai.cassette.notes import NOTES, Notes
from pytest_samurai.cassette.values import PLAIN_KEY, PLAIN_TEXT, several

PLAIN_HEADERS = rb"    headers:(?: \{\}|(?:\n      %b: \[%b\])+)\n" % (PLAIN_KEY, several(PLAIN_TEXT))


def plain_body(margin: bytes) -> bytes:
    """The regular expression of a body with these blanks before its lines.

    It is quoted, or a block whose first line is not blank, which tells the indentation.
    """
    lines = rb"\n%b[!-~][ -~]*+(?:\n++%b[ -~]++)*+" % (margin, margin)
    # Empty lines at the end belong to a block only if it says so, by `+`.
    return rb'(?:"[ !#-\[\]-~]*"|\|-?%b|\|\+%b(?:\n(?=\n))*+)' % (lines, lines)


def interaction_pattern(notes: Notes) -> re.Pattern[bytes]:
    """The regular expression of an interaction with notes of a table."""
    return re.compile(
        rb"- request:\n"
        rb"    method: %b\n"
        rb"    uri: %b\n"
        rb"%b"
        rb"    body: (?P<sent>%b)\n"
        rb"  response:\n"
        rb"    status: \{code: [1-9][0-9]{2}, message: %b\}\n"
        rb"%b"
        rb"    body:\n"
        rb"      string: (?P<received>%b)"
        rb"%b"
        % (
            *(PLAIN_TEXT, PLAIN_TEXT, PLAIN_HEADERS, plain_body(b"      ")),
            *(PLAIN_TEXT, PLAIN_HEADERS, plain_body(b"        "), notes.plain),
        )
    )


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
