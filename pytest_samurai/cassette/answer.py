"""The answer of a stream as text, for those who read the file: its events hold it in pieces."""

from __future__ import annotations

from pytest_samurai.wire import Interaction, answer_of

ANSWER = "answer"
"""The name of the note."""


def streamed_answer(interaction: Interaction) -> str | None:
    """What was answered, all events together: texts and tool calls; None for what is no stream, or says nothing."""
    if interaction.reply.chunks is None:
        return None
    answer = answer_of(interaction)
    messages = answer.dialect.answers(answer.known)
    text = "\n\n".join("\n".join(part.said for part in message.parts) for message in messages)
    # Half of a pair of surrogates is no text.
    return text.encode("utf-8", "replace").decode() or None
