"""A stream's answer as text, for people who read the file: the events only hold it in pieces."""

from __future__ import annotations

from pytest_samurai.wire import Interaction, answer_of

ANSWER = "answer"
"""The name of this note."""


def streamed_answer(interaction: Interaction) -> str | None:
    """The answer from all events: texts and tool calls; None if the reply isn't a stream or says nothing."""
    if interaction.reply.chunks is None:
        return None
    answer = answer_of(interaction)
    messages = answer.dialect.answers(answer.known)
    text = "\n\n".join("\n".join(part.said for part in message.parts) for message in messages)
    # Half of a surrogate pair is not text.
    return text.encode("utf-8", "replace").decode() or None
