"""Ids and dates of a reply are below its text in the file, and in their original position in a replay."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
from hypothesis import given

from pytest_samurai.cassette.lastids import ids_at, ids_last
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import parse, recordings
from pytest_samurai.cassette.sliced import Sliced
from pytest_samurai.cassette.writer import dump
from tests.cassette.test_cassette import FILE, bodies, by_vcrpy, interaction
from tests.cassette.test_layout import BODIES

REPLY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1715288022,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi, you"}}],
    "usage": {"prompt_tokens": 1},
}
LAST = ["object", "model", "choices", "usage", "id", "created"]


@pytest.mark.parametrize(
    "how",
    [{"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}],
    ids=["tight", "spaced", "indented", "tabs"],
)
def test_ids_and_dates_go_to_the_end_and_back(how: dict[str, Any]) -> None:
    body = json.dumps(REPLY, **how).encode()
    moved, note = ids_last(body)
    assert note == "id@0 created@2"
    assert list(json.loads(moved)) == LAST
    assert ids_at(moved, note) == body


@given(BODIES)
def test_any_body_comes_back(body: bytes) -> None:
    assert ids_at(*ids_last(body)) == body


@given(bodies)
def test_any_body_of_a_call_comes_back(body: bytes) -> None:
    assert ids_at(*ids_last(body)) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"id":"a"}',
        b'{"model":"m","choices":[],"id":"a"}',
        b'{"choices":[],"id":"a"}',
        b'{"id":"a, b","choices":[]}',
        b'{"id":"a",  "created":1, "choices":[]}',
        b'{"id":"a","choices":[],"id":"b"}',
        b'{"id":"a","choices":[}',
        b'{"id":"a","b":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'[{"id":"a","choices":[]}]',
        b'{\t"id":"a","object":"b","choices":[]}',
        b'{"id":"a",\t"object":"b",\t"choices":[]}',
        b'{"id":"a","choices":[] }',
        b'{"id":"a","choices":[],"n":1\t}',
    ],
)
def test_what_could_not_be_put_back_or_has_nothing_below_it_stays(body: bytes) -> None:
    assert ids_last(body) == (body, "")


@pytest.mark.parametrize("content", ["Hi, you", 'Hi,\n\n  "you"\n\\'], ids=["a line", "lines"])
@pytest.mark.parametrize("layout", ["tight", "spaced", "two blanks", "indented", "a blank first", "tabs"])
def test_they_are_in_their_places_again_when_the_file_is_read(layout: str, content: str) -> None:
    reply = REPLY | {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}
    how: dict[str, Any] = {"indented": {"indent": 2}, "tabs": {"indent": "\t"}, "tight": {"separators": (",", ":")}}
    text = json.dumps(reply, **how.get(layout, {}))
    text = {"a blank first": text.replace("{", "{ ", 1), "two blanks": text.replace(", ", ",  ")}.get(layout, text)
    written = dump([interaction(reply=text.encode())])

    assert b"  moved: id@0 created@2\n" in written
    assert (b"layout: folded" in written) is (content != "Hi, you")
    [read] = recordings(written, FILE, Memory())
    assert isinstance(recordings(written, FILE, Memory()), Sliced)
    assert read.reply.body.decode() == text


def test_in_the_file_they_stand_below_the_text_and_vcrpy_has_the_same_value() -> None:
    body = json.dumps(REPLY).encode()
    content = dump([interaction(reply=body)])
    assert content.index(b"Hi, you") < content.index(b"chatcmpl-1") < content.index(b"  moved: id@0 created@2\n")
    [found] = parse(content, FILE)
    assert found.reply.body == body
    _, response = by_vcrpy(content)
    assert json.loads(response["body"]["string"]) == REPLY


def test_the_same_answer_recorded_again_differs_below_its_text_alone() -> None:
    old, new = (
        dump(
            [
                interaction(
                    reply=json.dumps({**REPLY, "id": f"chatcmpl-{number}", "created": number}).encode(),
                    headers=(("date", f"Mon, {number}"), ("x-request-id", f"req_{number}")),
                    duration=number / 10,
                )
            ]
        )
        .decode()
        .split("\n")
        for number in (1, 2)
    )
    text = max(number for number, line in enumerate(old) if "Hi, you" in line or '"usage"' in line)
    assert old[: text + 1] == new[: text + 1]
    changed = [line[1:].strip().partition(":")[0] for line in difflib.ndiff(old, new) if line.startswith("-")]
    assert changed == ['"id"', '"created"', "date", "x-request-id", "duration", "seal"]


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        (b'"object": "chat.completion",', b"", ["id", "model", "created", "choices", "usage"]),
        (b'"id": "chatcmpl-1"', b'"key": "chatcmpl-1"', ["object", "model", "choices", "usage", "key", "created"]),
        (b',\n          "id": "chatcmpl-1"', b"", ["object", "model", "choices", "usage", "created"]),
        (b'"model": "m",', b'"models": [1, 2],', ["id", "object", "created", "models", "choices", "usage"]),
        (
            b'"object": "chat.completion",',
            b'"objects": [1, 2],',
            ["objects", "model", "choices", "usage", "id", "created"],
        ),
    ],
)
def test_a_reply_in_which_somebody_changed_members_keeps_the_others(old: bytes, new: bytes, keys: list[str]) -> None:
    content = dump([interaction(reply=json.dumps(REPLY).encode())])
    assert old in content
    [found] = parse(content.replace(old, new), FILE)
    assert found.edited
    value = json.loads(found.reply.body)
    assert list(value) == keys
    assert value["choices"] == REPLY["choices"]


def test_a_note_of_places_that_are_not_there_moves_nothing() -> None:
    assert ids_at(b"no JSON", "id@0") == b"no JSON"
    assert ids_at(b'{"id":"a"}', "id@0 created@7") == b'{"id":"a"}'
