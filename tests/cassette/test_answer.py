"""A stream's answer is in its notes, read from its events, so nobody has to join the pieces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import load, parse, recordings
from pytest_samurai.cassette.slices import cut
from pytest_samurai.cassette.writer import dump, update
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire.http import Chunk
from pytest_samurai.wire.interaction import Interaction
from tests.cassette.test_cassette import FILE, STREAM_TYPE, interaction
from tests.cassette.test_damage import by_vcrpy


def streamed(*deltas: object) -> Interaction:
    events = [json.dumps({"id": "1", "choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()
    item = interaction(b'{"stream":true}', body, headers=STREAM_TYPE, chunks=(Chunk(len(body), 0.5),))
    return replace(item, recorded_at="2026-11-24T08:00:00.000000Z")


def said(*texts: str) -> Interaction:
    return streamed(*({"content": text} for text in texts))


HELLO = said("Hel", "lo.\n\nHow ", "are you?")
CONTENT = dump([HELLO])


def test_it_is_at_the_top_of_the_notes_as_text() -> None:
    _, _, notes = CONTENT.decode().partition("    samurai:\n")
    assert notes.startswith(
        '      answer: |-\n        Hello.\n\n        How are you?\n      recorded_at: "2026-11-24T08:00:00.000000Z"\n'
    )


def test_an_answer_in_a_style_that_is_not_ours_is_for_yaml_to_read() -> None:
    assert cut(CONTENT, Memory()) is not None
    assert cut(CONTENT.replace(b"      answer: |-", b"      answer: >-"), Memory()) is None


def test_a_tool_call_is_told_with_its_arguments() -> None:
    called = {"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": '{"city":'}}
    more = {"index": 0, "function": {"arguments": ' "Kyoto"}'}}
    content = dump([streamed({"content": "Let me see."}, {"tool_calls": [called]}, {"tool_calls": [more]})]).decode()
    assert '      answer: |-\n        Let me see.\n        tool call weather({"city": "Kyoto"})\n' in content


def test_what_is_no_stream_or_says_nothing_has_none() -> None:
    whole = json.dumps({"choices": [{"message": {"content": "Hello"}}]}).encode()
    for item in (interaction(reply=whole), streamed(), said("")):
        assert "answer" not in dump([item]).decode()


@pytest.mark.parametrize(
    "text", ["a", " a", "\n\na\n\n", "a\n \n", "é\u2028\x00\x1b[2J", "\ud800", "true", "- a\n# b", '"']
)
def test_every_answer_is_read_again_as_part_of_the_file(text: str) -> None:
    content = dump([said(text), HELLO])
    assert cut(content, Memory()) is not None
    assert recordings(content, FILE, Memory()).are_redacted
    assert parse(content, FILE) == [said(text), HELLO]
    dumped = yaml.safe_dump(yaml.safe_load(content), allow_unicode=True)
    assert parse(f"{MARK}\n{dumped}".encode(), FILE) == [said(text), HELLO]


def test_a_header_of_that_name_is_no_answer() -> None:
    named = replace(HELLO, reply=replace(HELLO.reply, headers=(*STREAM_TYPE, ("answer", "42"))))
    content = dump([named])
    assert cut(content, Memory()) is not None
    with pytest.raises(CassetteError, match="was changed outside of its bodies"):
        parse(content.replace(b'answer: ["42"]', b'answer: ["43"]'), FILE)


OTHER = (
    "some.yaml:3: interaction 1 has an `answer` that differs from its events; restore it, or edit the events, which are"
    " what is replayed, and delete `answer`: it is written again with the file"
)


def refusal(content: bytes) -> str:
    with pytest.raises(CassetteError) as caught:
        parse(content, FILE)
    return str(caught.value)


def _unsealed(content: bytes) -> bytes:
    before, _, _ = content.partition(b"      seal: ")
    return before + b"      seal: none\nversion: 1\n"


def test_an_edit_of_the_answer_alone_is_refused_since_the_events_are_replayed() -> None:
    edited = CONTENT.replace(b"        How are you?", b"        Who are you?")
    assert refusal(edited) == OTHER
    assert refusal(_unsealed(edited)) == OTHER
    assert refusal(edited.replace(b"version: 1", b"# a comment\nversion: 1")) == OTHER
    assert refusal(by_vcrpy([HELLO]).replace(b"How are you?", b"Who are you?")).endswith(OTHER.partition(" ")[2])


def test_an_edit_of_the_events_is_replayed_and_the_answer_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(CONTENT.replace(b'"Hel"', b'"Yel"'))
    [found] = load(path)
    assert found.edited
    assert b"Yel" in found.reply.body
    update(path, lambda before: [*before, interaction()])
    assert b"      answer: |-\n        Yello.\n" in path.read_bytes()


def test_an_edit_of_both_is_taken_over() -> None:
    edited = CONTENT.replace(b"are you?", b"is it?")
    [found] = parse(edited, FILE)
    assert found.edited
    [found] = parse(_unsealed(edited), FILE)
    assert b"is it?" in found.reply.body


def test_without_a_seal_a_deleted_answer_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    before, _, after = _unsealed(CONTENT).partition(b"      answer: |-\n        Hello.\n\n        How are you?\n")
    path.write_bytes((before + after).replace(b'"Hel"', b'"Yel"'))
    update(path, lambda found: [*found, interaction()])
    assert b"      answer: |-\n        Yello.\n" in path.read_bytes()
