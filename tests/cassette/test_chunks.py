"""The chunks of a stream: as they arrived, or, if nobody noted them, one for each event."""

from __future__ import annotations

import pytest

from pytest_samurai.cassette.reader import parse
from pytest_samurai.cassette.writer import dump
from pytest_samurai.wire.http import Chunk
from tests.cassette.test_cassette import EVENTS, FILE, STREAM_TYPE, back, interaction, of_vcrpy


def test_many_chunks_are_noted_on_lines_of_bounded_width() -> None:
    chunks = tuple(Chunk(1000, at / 10) for at in range(200))
    content = dump([interaction(reply=b"x" * 200_000, headers=STREAM_TYPE, chunks=chunks)]).decode()
    noted = [line for line in content.splitlines() if "1000@" in line]
    assert len(noted) > 1
    assert max(map(len, noted)) <= 120
    assert " ".join(noted).split()[:3] == ["1000@0", "1000@100", "1000@200"]


def test_a_stream_that_broke_before_its_first_byte_keeps_having_no_chunks() -> None:
    broken = interaction(reply=b"", headers=STREAM_TYPE, chunks=(), ending="ReadTimeout")
    assert back(broken) == broken


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_of_another_tool_has_a_chunk_for_each_event(end: bytes) -> None:
    events = EVENTS.replace(b"\n", end)
    content = of_vcrpy(string=events, headers={"Content-Type": ["text/event-stream"]})
    reply = parse(content, FILE)[0].reply
    assert reply.body == events
    assert [piece for piece, _ in reply.pieces()] == [part + 2 * end for part in events.split(2 * end)[:-1]]


def test_the_end_of_a_stream_without_its_blank_line_is_a_chunk_too() -> None:
    content = of_vcrpy(string=b"data: 1\n\ndata: 2", headers={"Content-Type": ["text/event-stream"]})
    assert [piece for piece, _ in parse(content, FILE)[0].reply.pieces()] == [b"data: 1\n\n", b"data: 2"]


def streamed() -> bytes:
    chunks = (Chunk(10, 0.1), Chunk(len(EVENTS) - 10, 0.2))
    return dump([interaction(reply=EVENTS, headers=STREAM_TYPE, chunks=chunks)])


def test_an_edited_stream_is_cut_anew_at_its_events() -> None:
    edited = streamed().replace(b'{"index": 0}', b'{"index": 0, "delta": {}}')
    [found] = parse(edited, FILE)
    pieces = [piece for piece, _ in found.reply.pieces()]
    assert pieces[0] == b'data: {"choices": [{"index": 0, "delta": {}}]}\n\n'
    assert len(pieces) == 3
    assert back(found) == found


def test_an_edit_that_keeps_the_length_of_a_stream_keeps_its_chunks() -> None:
    edited = streamed().replace(b'{"index": 0}', b'{"index": 7}')
    [found] = parse(edited, FILE)
    assert found.reply.chunks == parse(streamed(), FILE)[0].reply.chunks
    assert found.reply.chunks is not None
    as_tuple = tuple(found.reply.chunks)
    assert (repr(found.reply.chunks), hash(found.reply.chunks)) == (repr(as_tuple), hash(as_tuple))
    assert found.reply.chunks != as_tuple[1:]
