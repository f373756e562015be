"""A reply: whether it succeeded, and the pieces it came in."""

from __future__ import annotations

import pytest

from pytest_samurai.wire.http import Chunk, Reply, is_event_stream


@pytest.mark.parametrize(
    ("status", "ending", "success"),
    [
        (200, "complete", True),
        (200, "closed", True),
        (399, "complete", True),
        (400, "complete", False),
        (200, "ReadError", False),
    ],
)
def test_an_error_and_a_broken_stream_are_no_success(status: int, ending: str, success: bool) -> None:
    assert Reply(status, "", (), b"", ending=ending).is_success is success


@pytest.mark.parametrize(
    ("event", "success"),
    [
        ('{"error": {"message": "no"}}', False),
        ('{"type": "error", "code": "server_error", "message": "no", "param": null}', False),
        ('{"type": "response.failed", "response": {"error": {"code": "server_error"}}}', False),
        ('{"type": "response.completed", "response": {"error": null}}', True),
        ("[]", True),
    ],
)
def test_a_stream_with_an_error_among_its_events_is_no_success(event: str, success: bool) -> None:
    body = f'data: {{"type": "response.created", "response": {{"error": null}}}}\n\ndata: {event}\n\n'.encode()
    assert Reply(200, "", (), body, (Chunk(len(body), 0.1),)).is_success is success


def test_a_body_comes_in_the_pieces_and_at_the_times_of_its_chunks() -> None:
    reply = Reply(200, "", (), b"abcdef", (Chunk(1, 0.1), Chunk(3, 0.2), Chunk(2, 0.5)))

    assert list(reply.pieces()) == [(b"a", 0.1), (b"bcd", 0.2), (b"ef", 0.5)]


def test_a_plain_body_is_one_piece_at_the_end() -> None:
    assert list(Reply(200, "", (), b"abc", duration=0.5).pieces()) == [(b"abc", 0.5)]
    assert list(Reply(200, "", (), b"abc").pieces()) == [(b"abc", 0.0)]


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("content-type", "text/event-stream", True),
        ("content-type", "Text/Event-Stream; charset=utf-8", True),
        ("content-type", "application/json", False),
        ("accept", "text/event-stream", False),
    ],
)
def test_a_stream_is_known_by_its_content_type(name: str, value: str, answer: bool) -> None:
    assert is_event_stream((("x", "y"), (name, value))) is answer
