"""An interaction as it stands in a cassette: written for people, in vcrpy's layout, with its seal.

Line by line, by hand: every dumper of PyYAML refuses literal blocks for some texts that YAML allows in them, and this
layout is the product.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_samurai.cassette.body import PART, Text, body_text
from pytest_samurai.cassette.headers import header_lines, meant
from pytest_samurai.cassette.notes import notes_of
from pytest_samurai.cassette.seal import checksums
from pytest_samurai.text import scalar
from pytest_samurai.wire import Headers, Interaction


def interaction_text(interaction: Interaction) -> Text:
    """An interaction as it stands in a cassette, with its seal."""
    request, reply = interaction.request, interaction.reply
    sent, request_layout = body_text(request.body, 6)
    received, reply_layout = body_text(reply.body, 8)
    head = _head_text(request.method, request.url, request.headers)
    middle = [
        "",
        "  response:",
        f"    status: {{code: {reply.status}, message: {scalar(reply.reason)}}}",
        *header_lines(meant(reply.headers)),
        "    body:",
        "      string: ",
    ]
    notes = ["", "    samurai:"]
    notes += [f"      {name}: {value}" for name, value in notes_of(interaction, request_layout, reply_layout)]
    between, after = ("\n".join(lines).encode() for lines in (middle, notes))
    sealed = checksums([head, sent.style, between, received.style, after], sent.lines, received.lines)
    end = f"\n      seal: {' '.join(sealed)}\n".encode()
    text = [head, *sent.text, between, *received.text, after, end]
    return text if len(request.body) + len(reply.body) > PART else [b"".join(text)]


# Most requests of a cassette differ in nothing but their bodies, and many headers are the same in all replies.
@lru_cache(maxsize=64)
def _head_text(method: str, url: str, headers: Headers) -> bytes:
    lines = [
        "- request:",
        f"    method: {scalar(method)}",
        f"    uri: {scalar(url)}",
        *header_lines(headers),
        "    body: ",
    ]
    return "\n".join(lines).encode()
