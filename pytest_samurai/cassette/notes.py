"""The notes of an interaction: what stands beside its request and its reply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_samurai.cassette.checked import shortened
from pytest_samurai.cassette.chunks import milliseconds, wrapped
from pytest_samurai.cassette.values import flow
from pytest_samurai.text import scalar
from pytest_samurai.wire import COMPLETE, UNPRICED, Interaction, Price

NOTES = frozenset(
    [
        "recorded_at",
        "duration",
        "http_version",
        "request_layout",
        "layout",
        "ending",
        "hidden_usage",
        "price",
        "chunks",
        "edited",
        "seal",
    ]
)
HTTP_VERSION = "HTTP/1.1"


def notes_of(interaction: Interaction, request_layout: str, reply_layout: str) -> Iterator[tuple[str, str]]:
    """The notes of an interaction that are written, with their texts."""
    reply = interaction.reply
    if interaction.recorded_at is not None:
        yield "recorded_at", scalar(interaction.recorded_at)
    if reply.duration is not None:
        yield "duration", flow(reply.duration)
    if reply.http_version != HTTP_VERSION:
        yield "http_version", scalar(reply.http_version)
    if request_layout:
        yield "request_layout", request_layout
    if reply_layout:
        yield "layout", reply_layout
    if reply.ending != COMPLETE:
        yield "ending", scalar(reply.ending)
    if reply.hidden_usage is not None:
        yield "hidden_usage", flow(reply.hidden_usage)
    if interaction.price is not None:
        yield "price", interaction.price if isinstance(interaction.price, str) else _row(interaction.price)
    if interaction.edited:
        yield "edited", "true"
    if reply.chunks:
        yield "chunks", wrapped([f"{chunk.length}@{milliseconds(chunk.at)}" for chunk in reply.chunks])


@lru_cache(maxsize=64)
def _row(price: Price) -> str:
    return flow(price.as_written())


def price_of(written: object) -> Price | str | None:
    """A price as YAML has read it. Raises ValueError if it is none."""
    if written is None or written == UNPRICED:
        return written
    if not isinstance(written, dict):
        raise ValueError(f"`price` is {shortened(written)}, neither a mapping nor {UNPRICED}")
    try:
        return Price.from_written(written)
    except ValueError as error:
        raise ValueError(f"`price`: {error}") from None


NOTE_LINES = re.compile(
    rb"\n    samurai:"
    rb"(?:\n      recorded_at: (?P<recorded_at>.+))?"
    rb"(?:\n      duration: (?P<duration>[\d.e+-]+))?"
    rb"(?:\n      http_version: (?P<http_version>.+))?"
    rb"(?:\n      request_layout: (?P<request_layout>(?:(?:lines|spaced|ascii|crlf) ?)+))?"
    rb"(?:\n      layout: (?P<layout>(?:(?:lines|spaced|ascii|crlf) ?)+))?"
    rb"(?:\n      ending: (?P<ending>.+))?"
    rb"(?:\n      hidden_usage: (?P<hidden_usage>\{.*\}))?"
    rb"(?:\n      price: (?P<price>\{.*\}|unknown))?"
    rb"(?:\n      edited: (?P<edited>true))?"
)
# The last, and the longest. Whoever has it need not look at it again: this is how it is written, to the letter.
CHUNKS = b"\n      chunks: >-"
ALL_NOTES = re.compile(rb"%b(?:%b(?:[ \n]++\d++@\d++(?:\.\d++)?+)++)?+" % (NOTE_LINES.pattern, CHUNKS))
