"""JSON objects, read defensively."""

from __future__ import annotations

from pytest_samurai.wire.objects import parse_object


def test_an_object_may_come_as_text_or_as_bytes() -> None:
    assert parse_object('{"a": 1}') == parse_object(b'{"a": 1}') == {"a": 1}
    assert parse_object("[]") is parse_object("{") is None
