"""Headers are kept, however other tools write them and whatever they say about the body's encoding."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from pytest_samurai.cassette.reader import parse
from pytest_samurai.cassette.writer import dump
from pytest_samurai.wire.http import Reply
from tests.cassette.test_cassette import (
    FILE,
    JSON_TYPE,
    Json,
    back,
    interaction,
    of_vcrpy,
)


def test_how_a_body_was_carried_is_not_kept() -> None:
    carried = (("content-encoding", "gzip"), ("content-length", "9"), ("transfer-encoding", "chunked"))
    content = dump([interaction(headers=(*carried, *JSON_TYPE))])
    assert not any(name.encode() in content for name, _ in carried)
    assert parse(content, FILE) == [interaction()]


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", _raw_deflate),
        ("identity", bytes),
        ("", bytes),
        # Written by recorders whose HTTP library had decoded the body before they saw it.
        ("gzip", bytes),
        ("deflate", bytes),
    ],
)
def test_compressed_bodies_of_other_tools_are_undone(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    body = b'{"id": "1", "choices": [{"message": {"content": "Paris, Paris, Paris"}}]}'
    content = of_vcrpy(
        string=compress(body),
        headers={"Content-Encoding": [encoding], "Content-Length": ["1"], "Content-Type": ["application/json"]},
    )
    assert parse(content, FILE)[0].reply == Reply(200, "OK", JSON_TYPE, body)


def test_an_empty_body_is_empty_whatever_its_headers_say() -> None:
    content = of_vcrpy(string=b"", headers={"content-encoding": ["gzip"]})
    assert parse(content, FILE)[0].reply == Reply(200, "OK", (), b"")


def test_a_body_in_an_encoding_that_cannot_be_undone_stays_with_the_header_that_names_it() -> None:
    content = of_vcrpy(string=b"\x8b\x05\x80", headers={"content-encoding": ["compress"], "content-length": ["99"]})
    [found] = parse(content, FILE)
    assert found.reply == Reply(200, "OK", (("content-encoding", "compress"),), b"\x8b\x05\x80")
    assert back(found) == found


@pytest.mark.parametrize("value", ["application/json", ["application/json"], b"application/json"])
def test_header_values_load_as_a_text_in_a_list_or_alone(value: Json) -> None:
    content = of_vcrpy(headers={"Content-Type": value})
    assert parse(content, FILE)[0].reply.headers == JSON_TYPE


def test_a_header_that_came_twice_comes_twice() -> None:
    content = of_vcrpy(headers={"X-Warning": ["one", "two"]})
    assert parse(content, FILE)[0].reply.headers == (("x-warning", "one"), ("x-warning", "two"))
