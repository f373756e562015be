"""A file that is not a cassette is refused by file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.errors import CassetteError
from tests.cassette.test_cassette import (
    FILE,
)

MEND = "fix it, restore the file, or delete it to record again"


GOOD = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://h/v1
    headers: {}
    body: ""
  response:
    status: {code: 200, message: OK}
    headers: {}
    body:
      string: ""
    samurai:
      duration: 1
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "version: 1\ninteractions:\n- a: [\n",
            "some.yaml:4: not readable as YAML: did not find expected node content",
        ),
        ("version: 1\na: b: c\n", "some.yaml:2: not readable as YAML: mapping values are not allowed in this context"),
        ("version: 1\na: \x07\n", "some.yaml:2: not readable as YAML: control characters are not allowed"),
        ("version: 1\n---\nversion: 1\n", "some.yaml:2: not readable as YAML: but found another document"),
        (
            "a: 1\nb: !!python/object/apply:os.system [echo]\n",
            "some.yaml:2: not readable as YAML: could not determine a constructor for the tag"
            " 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("a: 2026-99-99\n", "some.yaml:1: not readable as YAML: ValueError: month must be in 1..12"),
        ("a: !!bool maybe\n", "some.yaml:1: not readable as YAML: KeyError: 'maybe'"),
        ("a: !!int ''\n", "some.yaml:1: not readable as YAML: IndexError: string index out of range"),
        (
            "a: !!timestamp noon\n",
            "some.yaml:1: not readable as YAML: AttributeError: 'NoneType' object has no attribute 'groupdict'",
        ),
        ("", "some.yaml:1: the file is empty; restore it, or delete it to record again"),
        ("- request: {}\n", "some.yaml:1: not a cassette: it has no list `interactions`"),
        ("version: 1\n", "some.yaml:1: not a cassette: it has no list `interactions`"),
        ("version: 1\ninteractions:\n", "some.yaml:1: not a cassette: it has no list `interactions`"),
        ("interactions: []\nversion: 2\n", "some.yaml:2: version is 2; this tool reads version 1"),
        ("interactions: []\nversion:\n", "some.yaml:2: the end, `version: 1`, is missing, as if it had been cut off"),
        (GOOD + "- 7\n", "some.yaml:15: interaction 2 is damaged: it is 7, not a mapping"),
        (GOOD + "- request: {}\n", "some.yaml:15: interaction 2 is damaged: `response` is missing"),
        (GOOD + "- response: {}\n", "some.yaml:15: interaction 2 is damaged: `request` is missing"),
        (
            "version: 1\n<<: {interactions: [7]}\n",
            "some.yaml:1: interaction 1 is damaged: it is 7, not a mapping",
        ),
    ],
)
def test_what_is_no_cassette_is_refused_with_file_line_and_reason(content: str, message: str) -> None:
    with pytest.raises(CassetteError) as caught:
        parse(content.encode(), FILE)
    assert str(caught.value) == (message if content == "" else f"{message}; {MEND}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    method: POST\n", "", "`method` is missing"),
        ("method: POST", "method: 7", "`method` is 7, not text"),
        ("uri: https://h/v1", "uri: [a]", "`uri` is ['a'], not text"),
        ('body: ""', "body: 7", "`body` is 7, not text or !!binary"),
        ("status: {code: 200, message: OK}", "status: OK", "`status` is 'OK', not a mapping"),
        ("code: 200", "code: two", "`code` is 'two', not a whole number"),
        ("code: 200", "code: true", "`code` is True, not a whole number"),
        ("message: OK", "message: 1.5", "`message` is 1.5, not text"),
        ('string: ""', "string: 12", "`string` is 12, not text or !!binary"),
        ('    body:\n      string: ""\n', "", "`body` is missing"),
        ("headers: {}", "headers: [a]", "`headers` is ['a'], not a mapping"),
        ("headers: {}", "headers: {a: 12}", "header 'a': name and value must be text: quote them"),
        ("headers: {}", "headers: {5: [b]}", "header 5: name and value must be text: quote them"),
        ("duration: 1", "duration: long", "`duration` is 'long', not a number"),
        ("duration: 1", "duration: yes", "`duration` is True, not a number"),
        (
            "duration: 1",
            "recorded_at: 2026-01-01",
            "`recorded_at` is datetime.date(2026, 1, 1), not text",
        ),
        ("duration: 1", "ending: 1", "`ending` is 1, not text"),
        ("duration: 1", "hidden_usage: 50", "`hidden_usage` is 50, not a mapping"),
        ("duration: 1", "http_version: 2", "`http_version` is 2, not text"),
        ("duration: 1", "layout: 1", "`layout` is 1, not text"),
        ("duration: 1", "request_layout: 1", "`request_layout` is 1, not text"),
        ("duration: 1", "chunks: 12", "`chunks` is 12, not text"),
        (
            "duration: 1",
            "chunks: 12@0 x",
            "`chunks` holds 'x'; a chunk is written as bytes@milliseconds, as in 120@35.2",
        ),
        (
            'headers: {}\n    body:\n      string: ""',
            "headers: {content-encoding: gzip}\n    body:\n      string: !!binary H4sIAAAA",
            "Error -3 while decompressing data: invalid block type",
        ),
    ],
)
def test_a_damaged_interaction_is_refused_with_file_line_and_reason(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CassetteError) as caught:
        parse(GOOD.replace(old, new, 1).encode(), FILE)
    assert str(caught.value) == f"some.yaml:3: interaction 1 is damaged: {message}; {MEND}"


def test_a_cassette_that_is_not_there_is_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.yaml")


def test_a_cassette_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(CassetteError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a directory, but a cassette must be a file; move it away"
