"""What of our own writing YAML cannot misread: interactions of nothing but ASCII, in forms that all readers agree on.

Libyaml takes longer to read a recording than all the rest of saving it. What is written in this grammar, nearly all of
what is recorded, it need not be asked about each time: that it reads it as `slices` does has been tried on texts made
of the grammar itself.
"""

from __future__ import annotations

import re

_WORD = rb"(?!(?i:true|false|yes|no|on|off|y|n|null)\b)[A-Za-z]"
# A colon or a semicolon within ends neither a key nor a text, as what follows is no blank.
_TEXT = rb'(?:"[ !#-\[\]-~]*"|%b(?:[A-Za-z0-9_./+=&%%@~-]|:[A-Za-z0-9_./-]|; ?[A-Za-z0-9]| [A-Za-z0-9])*+)' % _WORD
# A key is looked for on its line, and in no more than 1,024 characters.
_KEY = rb"%b[A-Za-z0-9_-]{0,99}" % _WORD
_NUMBER = rb"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?"
_VALUE = rb"(?:%b|%b|null)" % (_TEXT, _NUMBER)


def _of(item: bytes) -> bytes:
    """Several, with commas between them."""
    return rb"%b(?:, %b)*" % (item, item)


_MAPPING = rb"\{(?:%b)?\}" % _of(rb"%b: %b" % (_KEY, _VALUE))
_MAPPINGS = rb"\{(?:%b)?\}" % _of(rb"%b: (?:%b|%b)" % (_KEY, _VALUE, _MAPPING))
_HEADERS = rb"    headers:(?: \{\}|(?:\n      %b: \[%b\])+)\n" % (_KEY, _of(_TEXT))
_LAYOUT = rb"[a-z]+(?: [a-z]+)*"


def _body(margin: bytes) -> bytes:
    """In a block that begins with a line that is not blank, by which its indentation is known; or in quotes."""
    lines = rb"\n%b[!-~][ -~]*+(?:\n++%b[ -~]++)*+" % (margin, margin)
    # Lines that are left empty at the end are a part of it only if that is said.
    return rb'(?:"[ !#-\[\]-~]*"|\|-?%b|\|\+%b(?:\n(?=\n))*+)' % (lines, lines)


_INTERACTION = re.compile(
    rb"- request:\n"
    rb"    method: %b\n"
    rb"    uri: %b\n"
    rb"%b"
    rb"    body: (?P<sent>%b)\n"
    rb"  response:\n"
    rb"    status: \{code: [1-9][0-9]{2}, message: %b\}\n"
    rb"%b"
    rb"    body:\n"
    rb"      string: (?P<received>%b)\n"
    rb"    samurai:"
    rb"(?:\n      recorded_at: %b)?"
    rb"(?:\n      duration: %b)?"
    rb"(?:\n      http_version: %b)?"
    rb"(?:\n      request_layout: (?P<request_layout>%b))?"
    rb"(?:\n      layout: (?P<layout>%b))?"
    rb"(?:\n      ending: %b)?"
    rb"(?:\n      hidden_usage: %b)?"
    rb"(?:\n      price: (?:unknown|%b))?"
    rb"(?:\n      edited: true)?"
    rb"(?:\n      chunks: >-(?:\n        [0-9@.]+(?: [0-9@.]+)*+)++)?"
    rb"\n      seal: [0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}\n"
    % (
        *(_TEXT, _TEXT, _HEADERS, _body(b"      "), _TEXT, _HEADERS, _body(b"        ")),
        *(_TEXT, _NUMBER, _TEXT, _LAYOUT, _LAYOUT, _TEXT, _MAPPINGS, _MAPPING),
    )
)


# None of those that a body was broken into is empty; what becomes of one that is, two readers may see in two ways.
_EMPTY_LINE = re.compile(rb"\n *\n")


def is_plain(content: bytes, start: int, end: int) -> bool:
    """Whether an interaction is written in this grammar, of which a cassette tells where it starts and ends."""
    found = _INTERACTION.fullmatch(content, start, end)
    if found is None:
        return False
    bodies = (("sent", "request_layout"), ("received", "layout"))
    return not any(
        found[layout] and _EMPTY_LINE.search(content, found.start(body), found.end(body) + 1) for body, layout in bodies
    )
