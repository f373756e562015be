"""An interaction as text in a cassette: written for people, in vcrpy's layout, with its seal.

We write the lines ourselves. PyYAML's dumpers don't use literal blocks for some texts where YAML allows them, and this
layout is the product.
"""

from __future__ import annotations

from pytest_samurai.cassette.answer import streamed_answer
from pytest_samurai.cassette.body import PART, Text, body_text
from pytest_samurai.cassette.heads import reply_head, reply_headers, request_head
from pytest_samurai.cassette.lastids import ids_last
from pytest_samurai.cassette.notes import NOTES
from pytest_samurai.cassette.seal import checksums
from pytest_samurai.wire import Interaction


def interaction_text(interaction: Interaction) -> Text:
    """An interaction as text in a cassette, with its seal."""
    request, reply = interaction.request, interaction.reply
    sent, request_layout = body_text(request.body, 6)
    body, moved = ids_last(reply.body)
    received, layout = body_text(body, 8)
    before, between = request_head(request), reply_head(reply)
    of_bodies = {
        "request_layout": request_layout,
        "layout": layout,
        "moved": moved,
        "chunks": reply.chunks,
    }
    after = reply_headers(reply) + NOTES.head
    answer = NOTES.answer.text(streamed_answer(interaction)).encode()
    notes = "".join(NOTES.written(interaction, of_bodies)).encode()
    seal = checksums([before, sent.style, between, received.style, after, notes], sent.lines, [*received.lines, answer])
    end = f"{NOTES.seal.text(seal)}\n".encode()
    text = [before, *sent.text, between, *received.text, after, answer, notes, end]
    return text if len(request.body) + len(reply.body) > PART else [b"".join(text)]
