"""JSON in double quotes over several lines: a line of text is a line in the file, and all readers get the bytes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from pytest_samurai.cassette import folded
from pytest_samurai.cassette.body import read_body
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.plain import is_plain
from pytest_samurai.cassette.reader import load, parse, recordings
from pytest_samurai.cassette.slices import cut
from pytest_samurai.cassette.writer import dump, update
from pytest_samurai.errors import CassetteError
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.interaction import Interaction
from tests.cassette.test_cassette import FILE, by_vcrpy, interaction
from tests.cassette.test_layout import JSON_TEXTS

FORTY = [f'Rule {number}: say "please", and never C:\\temp.' for number in range(1, 41)]


def asked(*contents: str, separators: tuple[str, str] = (",", ":"), **how: Any) -> bytes:
    messages = [{"role": "user", "content": content} for content in contents]
    return json.dumps({"model": "m", "messages": messages}, separators=separators, **how).encode()


def lines_of(item: Interaction) -> list[str]:
    return dump([item]).decode().split("\n")


def body_of(item: Interaction) -> str:
    _, _, rest = dump([item]).decode().partition("    body: ")
    return rest[: rest.index("\n  response:")]


def test_a_text_of_several_lines_is_written_as_lines() -> None:
    assert (
        body_of(interaction(asked('You are a guide.\n\n  - Be "kind".\n\tBye.', "Hi")))
        == r'''"\
      {\
        \"model\":\"m\",\
        \"messages\":[\
          {\"role\":\"user\",\"content\":\"\
            You are a guide.\\n\
            \\n\
            \  - Be \\\"kind\\\".\\n\
            \\tBye.\"},\
          {\"role\":\"user\",\"content\":\"Hi\"}\
        ]\
      }"'''
    )


def test_what_a_server_has_indented_keeps_its_indentation() -> None:
    assert (
        body_of(interaction(asked("One.\nTwo.", separators=(",", ": "), indent=1)))
        == r'''"\
      {\n\
      \ \"model\": \"m\",\n\
      \ \"messages\": [\n\
      \  {\n\
      \   \"role\": \"user\",\n\
      \   \"content\": \"\
           One.\\n\
           Two.\"\n\
      \  }\n\
      \ ]\n\
      }"'''
    )


def test_one_changed_word_of_forty_lines_is_one_changed_line() -> None:
    old, new = (
        lines_of(interaction(asked(text))) for text in ("\n".join(FORTY), "\n".join(FORTY).replace("7:", "VII:", 1))
    )
    changed = [line for line in difflib.ndiff(old, new) if line[0] in "+-" and "seal:" not in line]
    assert [line[1:].strip() for line in changed] == [
        r"Rule 7: say \\\"please\\\", and never C:\\\\temp.\\n\ "[:-1],
        r"Rule VII: say \\\"please\\\", and never C:\\\\temp.\\n\ "[:-1],
    ]
    assert sum("Rule " in line for line in old) == 40


@pytest.mark.parametrize(
    "body",
    [
        asked("One.\nTwo."),
        asked("One.\r\nTwo.\n\nThree.\n", separators=(", ", ": ")),
        asked("日本\nCafé\u2028", ensure_ascii=True),
        asked("日本\nCafé\x85\u2028\ufeff", ensure_ascii=False),
        asked("\n a\n  b\\n", indent=2),
        asked("a\nb").replace(b",", b" ,\t"),
        asked("a\nb", indent=4).replace(b"\n", b"\r\n"),
        asked("a\nb") + b"\n\n",
        asked("A" * 5_000),
        json.dumps({"data": [{"embedding": [0.5 / n for n in range(1, 400)]}]}).encode(),
    ],
)
def test_the_bytes_come_back_and_vcrpy_gets_them_too(body: bytes) -> None:
    item = interaction(body, body)
    content = dump([item])
    assert b"      layout: folded" in content
    assert cut(content, Memory()) is not None
    assert parse(content, FILE) == [item]
    request, response = by_vcrpy(content)
    for seen in (request.body, response["body"]["string"]):
        assert json.loads(seen) == json.loads(body)
    if b"layout: folded\n" in content:
        assert request.body == body
    reformatted = yaml.safe_dump(yaml.safe_load(content), width=40, allow_unicode=True)
    assert parse(f"{MARK}\n{reformatted}".encode(), FILE) == [item]


@given(JSON_TEXTS.filter(lambda text: text[0] in "{["))
def test_any_json_can_be_folded(text: str) -> None:
    written = folded.STYLE + b"\n" + folded.folded(text, 6)
    assert yaml.load(written, yaml.CSafeLoader) == yaml.load(written, yaml.SafeLoader) == text
    assert read_body(written, 0, 2, len(written), b"\n      ", "folded") == text.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        asked("One line."),
        asked("One line with its end.\n"),
        asked(r"No line break: \n"),
        asked("word " * 1_000),
        asked("語" * 1_000, ensure_ascii=False),
        b"One.\\nTwo.",
        b'{"a":"b\\nc"',
        b"[" * 100_000 + b'"a\\nb"' + b"]" * 100_000,
    ],
)
def test_what_has_no_lines_is_not_folded(body: bytes) -> None:
    assert "folded" not in dump([interaction(body)]).decode()


def test_what_nobody_reads_is_wrapped() -> None:
    picture = {"url": "data:image/png;base64," + "iVBORw0K/+" * 5_000}
    body = json.dumps({"input": [picture, [0.123456789 * n for n in range(2_000)]]}).encode()
    lines = lines_of(interaction(body))
    assert max(map(len, lines)) < 260
    assert [line.strip() for line in lines].count("iVBORw0K/+" * 10 + "\\") == 498


def test_folded_bodies_of_ascii_are_in_the_plain_grammar() -> None:
    for body in (asked("\n".join(FORTY)), asked('a\n "b"', indent=2), asked("A" * 5_000)):
        content = dump([interaction(body, body)])
        assert is_plain(content, content.index(b"- request"), content.index(b"version: 1"))


@pytest.mark.parametrize("joint", ["\n", " "], ids=["folded", "in lines"])
def test_a_long_body_is_told_by_its_beginning(joint: str) -> None:
    first, second = asked(joint.join(FORTY * 4)), asked(joint.join(["Other.", *FORTY * 4]))
    kept = recordings(dump([interaction(first), interaction(second)]), FILE, Memory())
    request = Request("POST", kept.url(0), (), first)
    assert [kept.asks(index, request) for index in (0, 1)] == [True, False]


def test_a_long_body_that_is_no_json_is_compared_whole() -> None:
    body = b"No JSON. " * 1_000
    kept = recordings(dump([interaction(body)]), FILE, Memory())
    assert kept.asks(0, Request("POST", kept.url(0), (), body))


def test_a_folded_body_is_compared_as_the_json_that_it_is() -> None:
    body = asked("One.\nTwo.")
    assert recordings(dump([interaction(body)]), FILE, Memory()).as_json(0).body == body


# --- edits by hand


def _edited(old: str, new: str) -> Interaction:
    content = dump([interaction(asked("\n".join(FORTY)))]).decode()
    assert old in content
    [found] = parse(content.replace(old, new).encode(), FILE)
    return found


def _contents(item: Interaction) -> Iterator[str]:
    for message in json.loads(item.request.body)["messages"]:
        yield message["content"]


def test_a_line_that_a_person_changes_takes_out_or_puts_in_is_what_is_replayed() -> None:
    for old, new, lines in (
        ("Rule 7:", "Rule VII:", [*FORTY[:6], FORTY[6].replace("7:", "VII:"), *FORTY[7:]]),
        (
            '            Rule 2: say \\\\\\"please\\\\\\", and never C:\\\\\\\\temp.\\\\n\\\n',
            "",
            [FORTY[0], *FORTY[2:]],
        ),
        ("            Rule 2:", "            Rule 1.5\\\\n\\\n            Rule 2:", [FORTY[0], "Rule 1.5", *FORTY[1:]]),
    ):
        found = _edited(old, new)
        assert found.edited
        assert list(_contents(found)) == ["\n".join(lines)]


def test_an_edit_that_leaves_no_json_is_an_error() -> None:
    with pytest.raises(CassetteError, match="has a request body that was JSON and is now damaged"):
        _edited('\\"messages\\":[', '\\"messages\\":')


def test_an_edited_body_is_folded_anew_when_the_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    content = dump([interaction(asked("\n".join(FORTY)))])
    path.write_bytes(content.replace(b"Rule 7:", b"Rule VII:"))
    update(path, lambda before: [*before, interaction()])
    assert b"            Rule VII: say " in path.read_bytes()
    assert b"edited: true" in path.read_bytes()
    assert [item.edited for item in load(path)] == [True, False]


def test_an_edited_body_that_is_no_json_any_more_is_still_compared_with_its_seal() -> None:
    content = dump([interaction(asked("One.\nTwo."))])
    document = yaml.safe_load(content)
    document["interactions"][0]["request"]["body"] = "One.\nTwo."
    with pytest.raises(CassetteError, match="has a request body that was JSON and is now damaged"):
        parse(f"{MARK}\n{yaml.safe_dump(document)}".encode(), FILE)
