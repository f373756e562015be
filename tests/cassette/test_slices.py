"""Our own files are read without YAML: the same interactions as with it, and only from an unchanged file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.cassette import reader
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.reader import parse, recordings
from pytest_samurai.cassette.seal import seal
from pytest_samurai.cassette.slices import cut
from pytest_samurai.cassette.writer import dump
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire.http import Chunk
from pytest_samurai.wire.interaction import Interaction
from tests.cassette.test_cassette import interactions, law_of_interactions
from tests.cassette.test_damage import CONTENT, FILE, FIVE, PLAIN


def by_yaml(content: bytes) -> list[Interaction]:
    # The other way, which no option chooses: it is for foreign files.
    return reader._parsed(content, FILE)


@law_of_interactions
@given(st.lists(interactions(), min_size=1, max_size=3))
def test_what_is_cut_is_what_yaml_reads(recorded: list[Interaction]) -> None:
    content = dump(recorded)

    assert cut(content, Memory()) is not None
    assert parse(content, FILE) == by_yaml(content)


@law_of_interactions
@given(st.lists(interactions(), min_size=1, max_size=2), st.data())
def test_a_changed_line_is_not_cut_but_read_as_yaml(recorded: list[Interaction], data: st.DataObject) -> None:
    lines = dump(recorded).split(b"\n")
    place = data.draw(st.integers(0, len(lines) - 2))
    lines[place] = data.draw(st.sampled_from([b"", b"  ", b"- request:", lines[place] + b"x", lines[place - 1]]))
    content = b"\n".join(lines)

    if content != dump(recorded):
        assert cut(content, Memory()) is None


def test_what_lies_between_two_interactions_that_are_alike_cannot_get_lost() -> None:
    quoted = replace(PLAIN, request=replace(PLAIN.request, body=b""))
    lines = dump([quoted, quoted]).split(b"\n")
    lines.remove(b"  response:")

    assert cut(b"\n".join(lines), Memory()) is None


def test_what_has_no_seal_is_for_yaml_to_read() -> None:
    content = dump([PLAIN])

    assert cut(content, Memory()) is not None
    assert cut(content.replace(b"      seal: ", b"      # seal: "), Memory()) is None


@pytest.mark.parametrize("values", [["req]7f3a"], ["]"], ["]?", "max-age=0; x]"], ["/];''"], ["[a]", "b, c"], ['"]"']])
def test_a_bracket_in_a_header_ends_nothing(values: list[str]) -> None:
    headers = (*(("x-a", value) for value in values), ("x-b", "b"))
    item = replace(PLAIN, reply=replace(PLAIN.reply, headers=headers))
    content = dump([item])

    assert cut(content, Memory()) is not None
    assert [one.reply.headers for one in parse(content, FILE)] == [headers]


def test_of_a_header_that_a_file_has_twice_the_last_line_counts() -> None:
    lines = dump([PLAIN]).decode().split("\n")[:-2]
    lines[6:7] = ["      x-a: [one]", "      x-b: [b]", "      x-a: [two, three]"]
    lines[-1] = f"      seal: {' '.join(seal(lines[2:-1]))}"
    content = "\n".join([*lines, "version: 1", ""]).encode()

    assert cut(content, Memory()) is not None
    [read] = parse(content, FILE)
    # As PyYAML does.
    assert read.request.headers == (("x-a", "two"), ("x-a", "three"), ("x-b", "b"))


def test_chunks_are_made_once_when_all_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(length: int, at: float) -> Chunk:
        made.append(length)
        return Chunk(length, at)

    stream = replace(PLAIN.reply, body=b"x" * 300, chunks=(Chunk(1, 0.5),) * 300)
    [read] = parse(dump([replace(PLAIN, reply=stream)]), FILE)
    assert read.reply.chunks is not None
    assert (read.reply.chunks[299], read.reply.chunks[:2]) == (Chunk(1, 0.5), (Chunk(1, 0.5),) * 2)
    monkeypatch.setattr("pytest_samurai.wire.http.Chunk", counted)
    assert [at for _, at in read.reply.pieces()] == [0.5] * 300
    assert len(made) == 300


def test_each_is_read_when_it_is_asked_for_and_kept() -> None:
    found = recordings(CONTENT, FILE, Memory())

    assert found.reply(3) is found[3].reply
    assert found.request(3) == found[3].request
    assert found[1:3] == FIVE[1:3]
    assert (found[-1], found[-5]) == (FIVE[4], FIVE[0])
    with pytest.raises(IndexError):
        found[-6]
    assert [found.status(place) for place in range(5)] == [item.reply.status for item in FIVE]
    assert list(found.times()) == [item.recorded_at for item in FIVE]
    assert found.are_redacted


def test_one_without_a_date_is_of_another_tool_and_may_hold_more_than_would_be_written_here() -> None:
    content = dump([PLAIN, replace(PLAIN, recorded_at=None)])

    assert cut(content, Memory()) is not None
    assert not recordings(content, FILE, Memory()).are_redacted


@pytest.mark.parametrize(
    ("line", "written", "damage"),
    [
        (2, '    uri: "\\q"', r"Invalid \\escape"),
        (4, "      content-type: [[a]]", "header 'content-type': name and value must be text: quote them"),
        (4, "      content-type [application/json]", "Expecting ':' delimiter"),
    ],
)
def test_what_a_seal_vouches_for_and_this_version_does_not_know_is_named_by_its_line(
    line: int, written: str, damage: str
) -> None:
    lines = dump([PLAIN, PLAIN]).decode().split("\n")[:-2]
    second = len(lines) - lines[::-1].index("- request:") - 1
    lines[second + line] = written
    lines[-1] = f"      seal: {' '.join(seal(lines[second:-1]))}"
    content = "\n".join([*lines, "version: 1", ""]).encode()

    found = recordings(content, FILE, Memory())
    assert found[0] == PLAIN
    damaged = rf"some\.yaml:{second + 1}: interaction 2 is damaged: {damage}"
    for read in (found.request, found.as_json, lambda place: found.asks(place, PLAIN.request)):
        with pytest.raises(CassetteError, match=damaged):
            read(1)


def test_a_body_that_was_not_broken_into_lines_is_compared_as_it_was_sent() -> None:
    sent = replace(PLAIN, request=replace(PLAIN.request, body=b"no JSON at all"))
    kept = recordings(dump([sent]), FILE, Memory())
    assert kept.as_json(0) == kept.request(0)
    assert kept.as_json(0).body == b"no JSON at all"
