"""The answer to a conversation, in words."""

from __future__ import annotations

import string

from pytest_samurai.server.encoding import Json
from pytest_samurai.server.request import text_of

FACTS = {
    "capital of france": "Paris.",
    "capital of japan": "Tokyo (東京).",
    "capital of germany": "Berlin.",
    "capital of india": "New Delhi (नई दिल्ली).",
    "say hello": "Hello! How can I help you today?",
    "count to ten": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
    "haiku": "The sword stays at home.\nOne tape remembers the duel,\nreplayed without end. ⚔️",
}
ECHOED_WORDS = 8


def words(messages: list[Json], index: int) -> str:
    """The answer of choice `index`, which depends on the last message alone."""
    last = messages[-1]
    said = text_of(last)
    answer = f"The tool says: {said}" if last["role"] == "tool" else fact(said) or echo(said)
    # Choices that differ show at once when somebody mixes them up.
    return answer if index == 0 else f"{answer} ({index + 1})"


def fact(said: str) -> str | None:
    return next((answer for topic, answer in FACTS.items() if topic in said.lower()), None)


def echo(said: str) -> str:
    # Not `\w+`, which tears words apart at the vowel signs of Hindi and its like.
    bare = (word.strip(string.punctuation) for word in said.split())
    distinct = list(dict.fromkeys(filter(None, bare)))[:ECHOED_WORDS]
    return f"You said: {' '.join(distinct)}." if distinct else "You said nothing in words."
