"""A multipart form, as its fields."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_samurai.wire import asked
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.multipart import form_of, without_files

SOUND = b"RIFF\xff\x00\r\n--not-a-boundary\r\n" * 3


def sent(**options: Any) -> bytes:
    return httpx.Request("POST", "http://h", **options).read()


def written(*parts: bytes, boundary: bytes = b"b", line: bytes = b"\r\n") -> bytes:
    return line.join([*(b"--%b%b%b" % (boundary, line, part) for part in parts), b"--%b--%b" % (boundary, line)])


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_its_fields_are_told_by_name_and_a_file_by_its_length_and_digest() -> None:
    body = sent(data={"model": "whisper-1", "empty": ""}, files={"file": ("a.wav", SOUND, "audio/wav")})
    assert form_of(body) == {
        "model": "whisper-1",
        "empty": "",
        "file": {"bytes": len(SOUND), "sha256": digest(SOUND)},
    }


def test_neither_the_name_nor_the_type_of_a_file_counts() -> None:
    forms = [
        form_of(sent(files={"file": file}))
        for file in [("a.wav", SOUND, "audio/wav"), ("/tmp/x1", SOUND, "audio/x-wav"), ("", SOUND, None)]
    ]
    assert forms[0] == forms[1]
    assert forms[1] == forms[2]


def test_a_field_that_comes_more_than_once_is_a_list_in_its_order() -> None:
    body = sent(data={"n[]": ["b", "a"]}, files=[("f", ("1", b"x")), ("f", ("2", b""))])
    form = form_of(body)
    assert form is not None
    assert form["n[]"] == ["b", "a"]
    assert [file["bytes"] for file in form["f"]] == [1, 0]


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    ("head", "field"),
    [
        (b'Content-Disposition: form-data; name="a"', {"a": "x"}),
        (b"content-disposition:form-data;name=a", {"a": "x"}),
        (b'CONTENT-DISPOSITION: form-data; NAME="a;b\\"c"', {'a;b"c': "x"}),
        (b"Content-Type: text/plain", {"part 1": "x"}),
        (
            b"Content-Disposition: form-data; name*=UTF-8''%E2%82%AC; filename*=UTF-8''%E2%82%AC.txt",
            {"\u20ac": {"bytes": 1, "sha256": digest(b"x")}},
        ),
    ],
)
def test_its_heads_are_read_however_they_are_written(line: bytes, head: bytes, field: dict[str, Any]) -> None:
    assert form_of(written(head + line + line + b"x", line=line)) == field


@pytest.mark.parametrize(
    ("content", "value"), [(b'{"a": [1]}', {"a": [1]}), (b"{not", "{not"), (b"[" * 100_000, "[" * 100_000)]
)
def test_a_part_of_json_is_its_value_if_it_is_one(content: bytes, value: Any) -> None:
    head = b'Content-Disposition: form-data; name="a"\r\nContent-Type: application/json\r\n\r\n'
    assert form_of(written(head + content)) == {"a": value}


def test_a_part_that_is_no_text_is_a_file_without_a_name() -> None:
    body = written(b'Content-Disposition: form-data; name="a"\r\n\r\n\xff\xfe')
    assert form_of(body) == {"a": {"bytes": 2, "sha256": digest(b"\xff\xfe")}}
    assert b"\xff" not in without_files(body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"--", b"--\r\n", b"---\nyaml: 1\n", b"--b\r\n\r\nx", b"--b\r\n\r\nx\r\n--b\r\n\r\ny"),
        *(b"--b--\r\n", b"--b\r\nno blank line\r\n--b--\r\n", b"--b\r\nA: b\r\n\r\nx\r\n--bb--\r\n", b"x\r\n--b--\r\n"),
        b"--" + b"b" * 71 + b"\r\n\r\nx\r\n--" + b"b" * 71 + b"--\r\n",
    ],
)
def test_what_is_no_form_is_none_and_stays_as_it_is(body: bytes) -> None:
    assert form_of(body) is None
    assert without_files(body) == body


def test_a_file_is_written_as_its_length_and_digest_and_all_else_as_it_is() -> None:
    files = {"file": ("a.wav", SOUND, "audio/wav"), "text": ("a.txt", b"Hello", "text/plain")}
    body = sent(data={"model": "m"}, files=files)
    short = without_files(body)
    assert short == body.replace(SOUND, b"[file: %d bytes, SHA-256 %b]" % (len(SOUND), digest(SOUND).encode())).replace(
        b"Hello", b"[file: 5 bytes, SHA-256 %b]" % digest(b"Hello").encode()
    )
    assert form_of(short) == form_of(body)
    assert without_files(short) == short


CONTENTS = st.binary(max_size=40) | st.sampled_from([b"\r\n", b"\r\n--", b"--b--", b"\r\n--bc", b"\r\n\r\n", b"x\r"])


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "\u00e9 "]), st.booleans(), CONTENTS), min_size=1, max_size=5))
def test_forms_are_equal_if_and_only_if_their_fields_are(fields: list[tuple[str, bool, bytes]]) -> None:
    parts = [(name, ("f", content) if is_file else (None, content)) for name, is_file, content in fields]
    once, again = sent(files=parts), sent(files=parts)
    assert once != again
    form = form_of(once)
    assert form is not None
    assert form == form_of(again) == form_of(without_files(again))
    changed = sent(files=[*parts[:-1], (parts[-1][0], (parts[-1][1][0], fields[-1][2] + b"x"))])
    assert form != form_of(changed)


def test_a_request_of_a_form_says_its_model_and_is_summed_up_by_its_fields() -> None:
    request = Request(
        "POST", "https://h/v1/audio/transcriptions", (), sent(data={"model": "w"}, files={"e": (None, b"")})
    )
    assert asked.model_asked(request) == "w"
    assert asked.summary(request) == '{"model": "w", "e": ""}'
