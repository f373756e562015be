"""The table of notes: with one more row, the note is written, cut, recognized as plain, and loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import pytest

from pytest_samurai.cassette.notes import NOTES, NUMBER, PRICE, TEXT, Kind, Note, Notes, Of
from pytest_samurai.cassette.plain import interaction_pattern
from pytest_samurai.wire.http import Reply
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from tests.cassette.test_damage import PLAIN

BODIES = {"request_layout": "", "layout": "lines", "moved": "", "chunks": None}
SEAL = ["00000000", "11111111", "22222222"]


@dataclass(frozen=True)
class Served(Reply):
    """A reply that knows where it was made, which the new row notes."""

    region: str = "here"
    queue: float | None = None


@pytest.fixture
def longer() -> Notes:
    """The table with two rows more."""
    region, queue = Note("region", Of.REPLY, TEXT, "here"), Note("queue", Of.REPLY, NUMBER)
    return Notes(*NOTES.rows[:3], region, queue, *NOTES.rows[3:])


def served(**more: Any) -> Interaction:
    reply = Served(**{field.name: getattr(PLAIN.reply, field.name) for field in fields(Reply)}, **more)
    return Interaction(PLAIN.request, reply, PLAIN.recorded_at)


def text_of(notes: Notes, item: Interaction) -> bytes:
    return "".join(notes.written(item, BODIES)).encode()


def test_a_new_row_is_written_where_it_stands_and_left_out_where_it_says_the_default(longer: Notes) -> None:
    lines = text_of(longer, served(region="eu: west", queue=1.5)).decode().split("\n")

    assert [line.strip().partition(":")[0] for line in lines if line] == [
        *("recorded_at", "duration", "region", "queue", "layout")
    ]
    assert lines[3:5] == ['      region: "eu: west"', "      queue: 1.5"]
    assert text_of(longer, served()) == text_of(NOTES, PLAIN)


@pytest.mark.parametrize("more", [{}, {"region": "eu: west"}, {"queue": 1.5}, {"region": "eu", "queue": 2}])
def test_a_new_row_is_cut_and_read_again(longer: Notes, more: dict[str, Any]) -> None:
    text = text_of(longer, served(**more))
    match = longer.short.match(text)

    assert match is not None
    assert longer.others.fullmatch(text)
    assert longer.side(Of.REPLY).read(match, {}) == {"duration": PLAIN.reply.duration, **more}
    assert not more or NOTES.others.fullmatch(text) is None


def test_a_new_row_is_in_the_plain_grammar(longer: Notes) -> None:
    text = longer.head + text_of(longer, served(region="eu", queue=2)) + f"{longer.seal.text(SEAL)}\n".encode()

    assert re.fullmatch(longer.plain, text)
    assert re.fullmatch(NOTES.plain, text) is None
    assert "queue" in interaction_pattern(longer).groupindex


def test_a_new_row_is_loaded_and_checked(longer: Notes) -> None:
    assert longer.checked({"region": "eu"})[Of.REPLY]["region"] == "eu"
    assert longer.checked({})[Of.REPLY]["region"] == "here"
    with pytest.raises(ValueError, match="`queue` is 'long', not a number"):
        longer.checked({"queue": "long"})
    with pytest.raises(ValueError, match="`region` does not belong under `samurai`"):
        NOTES.checked({"region": "eu"})


def test_a_note_that_is_left_out_says_what_the_field_says_by_default() -> None:
    defaults = {field.name: field.default for cls in (Interaction, Reply) for field in fields(cls)}
    rows = [note for note in NOTES.rows if note.of in (Of.INTERACTION, Of.REPLY)]

    assert {note.name: note.default for note in rows} == {note.name: defaults[note.name] for note in rows}


def test_every_field_besides_the_parts_of_http_is_a_note() -> None:
    names = {field.name for cls in (Interaction, Reply) for field in fields(cls)}

    # The seal itself says whether there is a seal.
    assert names - NOTES.names == {"request", "reply", "status", "reason", "headers", "body", "unsealed"}


@pytest.mark.parametrize("kind", [TEXT, NUMBER, PRICE])
def test_what_is_written_has_the_shape_by_which_it_is_cut_and_reads_back(kind: Kind) -> None:
    price = Price(source="list", input_mtok=Decimal("0.15"), output_mtok=Decimal("0.6"))
    values: dict[Kind, list[Any]] = {
        TEXT: ["", "a", 'say "hi"', "a: b\n", "é\u2028"],
        NUMBER: [0, 2, 0.25, 1e-07, 1e16],
        PRICE: ["unknown", price],
    }
    for value in values[kind]:
        text = kind.write(value)
        assert re.fullmatch(kind.shape, text.encode())
        assert kind.read(text) == value


def test_the_date_is_first_and_the_chunks_are_last_before_the_seal() -> None:
    assert (NOTES.date.name, NOTES.longest.name, NOTES.seal.name) == ("recorded_at", "chunks", "seal")
    assert NOTES.seal.kind.read(NOTES.seal.kind.write(SEAL)) == SEAL
