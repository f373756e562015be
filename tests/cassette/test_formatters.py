"""After formatters, editors and shells have changed our file, its meaning and its seals still hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.cassette.writer import dump, update
from pytest_samurai.commands import cli
from pytest_samurai.errors import CassetteError
from tests.cassette.test_damage import CONTENT, ERROR, FILE, FIVE, PLAIN, STREAM, by_vcrpy, refusal, with_bodies_of


def indented(content: bytes) -> bytes:
    """The way prettier writes it: items are indented under their key, and braces have blanks inside."""
    head, rest = content.split(b"interactions:\n")
    items, tail = rest[: -len(b"version: 1\n")], rest[-len(b"version: 1\n") :]
    items = re.sub(rb"\{(code: .*)\}\n", rb"{ \1 }\n", items)
    return head + b"interactions:\n" + re.sub(rb"^(?=.)", b"  ", items, flags=re.MULTILINE) + tail


def dumped(content: bytes) -> bytes:
    """The way a formatter writes it that loads and dumps, and keeps the comment at the top."""
    return MARK.encode() + b"\n" + yaml.safe_dump(yaml.safe_load(content), sort_keys=False, allow_unicode=True).encode()


FORMATTED: dict[str, Callable[[bytes], bytes]] = {
    "without the last line end": lambda content: content[:-1],
    "with blank lines at the end": lambda content: content + b"\n\n",
    "with blanks at the end": lambda content: content + b"   \n",
    "with a document's beginning": lambda content: b"---\n" + content,
    "with a document's beginning below the comment": lambda content: content.replace(b"\n", b"\n---\n", 1),
    "with a document's end": lambda content: content + b"...\n",
    "with a directive": lambda content: b"%YAML 1.1\n---\n" + content,
    "with a byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "with a license": lambda content: b"# Copyright\n#\n\n" + content,
    "with a blank line above the first": lambda content: content.replace(b"interactions:\n", b"interactions:\n\n"),
    "with a comment above the first": lambda content: content.replace(
        b"interactions:\n", b"interactions:\n# yamllint\n"
    ),
    "with a blank line below the comment": lambda content: content.replace(b"\ninteractions:", b"\n\ninteractions:"),
    "with a comment at the end": lambda content: content + b"# vim: ft=yaml\n",
    "with a comment behind the version": lambda content: content.replace(b"version: 1\n", b"version: 1  # vcrpy's\n"),
    "with a comment between two": lambda content: content.replace(b"\n- request:", b"\n# the second\n- request:", 2),
    "with blank lines between all": lambda content: content.replace(b"\n- request:", b"\n\n- request:"),
    "with comments behind values": lambda content: content.replace(b"method: POST\n", b"method: POST  # yes\n"),
    "with other quotes": lambda content: re.sub(rb'recorded_at: "(.*)"', rb"recorded_at: '\1'", content),
    "indented": indented,
    "loaded and dumped": dumped,
    "on Windows": lambda content: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n") + b"\r\n",
}


@pytest.mark.parametrize("how", FORMATTED)
def test_what_a_formatter_has_made_of_a_file_is_read(how: str) -> None:
    content = FORMATTED[how](CONTENT)
    assert content != CONTENT
    assert parse(content, FILE) == FIVE


@pytest.mark.parametrize("how", FORMATTED)
def test_an_edited_body_is_told_in_a_formatted_file_too(how: str) -> None:
    [found, *others] = parse(FORMATTED[how](CONTENT.replace(b"Paris", b"Rome")), FILE)
    assert found.edited
    assert found.reply.body == PLAIN.reply.body.replace(b"Paris", b"Rome")
    assert with_bodies_of(found, replace(PLAIN, edited=True)) == replace(PLAIN, edited=True)
    assert others == FIVE[1:]


DAMAGED: dict[str, tuple[bytes, bytes, str]] = {
    "a status": (b"code: 429", b"code: 428", "5 was changed outside of its bodies since it was written; restore it"),
    "a time": (b"duration: 0.12", b"duration: 0.13", "1 was changed outside of its bodies since it was written"),
    "a header": (b"[req-1]", b"[req-2]", "2 was changed outside of its bodies since it was written; restore it"),
    "hidden usage": (b"{prompt_tokens: 3,", b"{prompt_tokens: 4,", "2 was changed outside of its bodies"),
    "a layout": (b"request_layout: lines", b"request_layout: crlf", "1 was changed outside of its bodies"),
    "a chunk": (b"30@10", b"30@11", "2 was changed outside of its bodies since it was written; restore it"),
    "the line of a layout": (b"      request_layout: lines\n", b"", "1 was changed outside of its bodies"),
}


@pytest.mark.parametrize("how", ["without the last line end", "indented", "with a license"])
@pytest.mark.parametrize("what", DAMAGED)
def test_damage_to_a_formatted_file_is_not_taken_for_the_work_of_the_formatter(what: str, how: str) -> None:
    old, new, told = DAMAGED[what]
    damaged = CONTENT.replace(old, new, 1)
    assert damaged != CONTENT
    for content in (damaged, FORMATTED[how](damaged)):
        assert re.match(rf"some\.yaml:\d+: interaction {re.escape(told)}", refusal(content))


@pytest.mark.parametrize("how", FORMATTED)
def test_a_formatted_file_that_was_cut_off_or_lost_a_seal_is_refused(how: str) -> None:
    content = FORMATTED[how](CONTENT)
    without_end = re.sub(rb"version: 1[^\n]*\n?", b"", content)
    assert "the file is incomplete: it must end with the line `version: 1`; restore it" in refusal(without_end)
    unsealed = re.sub(rb"\n *seal: [^\n]*", b"", content, count=1)
    assert re.match(
        r"some\.yaml:\d+: interaction 1 has no seal, so lines may be missing; restore it", refusal(unsealed)
    )


def test_a_file_of_nothing_but_our_first_line_is_not_whole() -> None:
    assert refusal(f"{MARK}\n".encode()).startswith("some.yaml:2: the file is incomplete: ")


@pytest.mark.parametrize(
    "how", ["with a document's beginning", "with blank lines at the end", "with a byte order mark"]
)
def test_a_formatted_file_of_nothing_is_one(how: str) -> None:
    assert parse(FORMATTED[how](dump([])), FILE) == []


def test_a_key_that_is_there_twice_is_named_with_its_line() -> None:
    lines = CONTENT.split(b"\n")
    second = [number for number, line in enumerate(lines) if line == b"- request:"][1]
    told = refusal(b"\n".join([*lines[:second], *lines[second + 1 :]]))
    assert re.fullmatch(r"some\.yaml:\d+: (interaction 1 was changed outside .*|`\w+` appears twice; fix it, .*)", told)
    # Whatever the seals say: the second of two equal interactions would silently disappear.
    content = dump([ERROR, ERROR]).split(b"\n")
    second = [number for number, line in enumerate(content) if line == b"- request:"][1]
    told = refusal(b"\n".join([*content[:second], *content[second + 1 :]]))
    assert re.fullmatch(r"some\.yaml:\d+: `\w+` appears twice; fix it, .*", told)


def test_a_value_that_stands_twice_by_an_alias_is_no_key_that_does() -> None:
    content = CONTENT.replace(b"version: 1\n", b"first: &x {a: [1]}\nsecond: *x\nversion: 1\n")
    assert parse(content, FILE) == FIVE


def test_a_formatted_file_is_written_as_ours_when_it_is_recorded_into(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(indented(CONTENT) + b"\n")
    update(path, lambda recorded: [*recorded, STREAM])
    assert path.read_bytes() == dump([*FIVE, STREAM])


def test_a_seal_that_says_none_is_made_anew_when_the_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(re.sub(rb"seal: .*", b"seal: none", CONTENT.replace(b"code: 429", b"code: 503")))
    changed = [*FIVE[:4], replace(ERROR, reply=replace(ERROR.reply, status=503))]
    changed = [replace(each, edited=True) for each in changed]
    assert load(path) == changed
    update(path, lambda recorded: recorded[1:])
    assert path.read_bytes() == dump(changed[1:])


def test_all_notes_may_go_if_the_seal_says_none() -> None:
    without = re.sub(rb"    samurai:\n(?:      .*\n)+", b"    samurai: {seal: none}\n", dump([ERROR]))
    [found] = parse(without, FILE)
    assert (found.recorded_at, found.reply.duration, found.reply.body) == (None, None, ERROR.reply.body)
    with pytest.raises(CassetteError, match="interaction 1 has no seal"):
        parse(without.replace(b"    samurai: {seal: none}\n", b""), FILE)


def test_who_takes_away_a_seal_has_edited_what_it_held_in_a_file_that_vcrpy_has_rewritten_too() -> None:
    content = re.sub(rb"seal: .*", b"seal: none", by_vcrpy([PLAIN, STREAM]))
    found = parse(content, FILE)
    assert found == [replace(PLAIN, edited=True), replace(STREAM, edited=True)]
    assert all(each.unsealed for each in found)


def test_what_another_tool_recorded_is_marked_when_the_file_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    theirs = re.sub(rb"    samurai:\n(?:      .*\n)+", b"", by_vcrpy([PLAIN]))
    path.write_bytes(theirs)
    [found] = load(path)
    assert (found.unsealed, found.imported, found.edited) == (True, False, False)
    update(path, lambda recorded: [*recorded, STREAM])
    assert path.read_bytes().count(b"      imported: true\n") == 1
    again, new = load(path)
    assert (again.unsealed, again.imported, again.edited) == (False, True, False)
    assert new == STREAM


@pytest.mark.parametrize("seal", [b"0000000a", b"00000000 00000000", b"nothing"])
def test_a_seal_that_was_cut_short_is_none(seal: bytes) -> None:
    content = re.sub(rb"seal: .*", b"seal: " + seal, CONTENT, count=1)
    assert "interaction 1 was changed outside of its bodies" in refusal(content)


def test_a_formatted_file_is_ours_to_the_importer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"---\n" + CONTENT)
    assert cli.main(["import", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: already ours, left as it is\n"
