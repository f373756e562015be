"""Everybody reads the plain grammar the same way, so YAML need not be asked each time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_samurai.cassette import writer
from pytest_samurai.cassette.body import plain_body
from pytest_samurai.cassette.entry import interaction_text
from pytest_samurai.cassette.folded import plain_folded
from pytest_samurai.cassette.frame import HEAD
from pytest_samurai.cassette.memory import Memory
from pytest_samurai.cassette.notes import NOTES
from pytest_samurai.cassette.plain import PLAIN_HEADERS, is_plain
from pytest_samurai.cassette.reader import interactions_of, parse
from pytest_samurai.cassette.seal import seal
from pytest_samurai.cassette.slices import cut
from pytest_samurai.cassette.values import PLAIN_MAPPINGS, PLAIN_NUMBER, PLAIN_TEXT
from pytest_samurai.cassette.writer import dump, save
from pytest_samurai.wire.http import Chunk, Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from tests.conftest import Size

FILE = Path("a.yaml")
JSON = ("content-type", "application/json")


def _made_of(pattern: bytes) -> st.SearchStrategy[bytes]:
    # The part that is left out does not affect the language, only the time to recognize it.
    return st.from_regex(re.compile(re.sub(rb"([*+?])\+", rb"\1", pattern)), fullmatch=True)


def _optional(name: bytes, value: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.just(b"") | value.map(lambda text: b"\n      " + name + b": " + text)


_text = _made_of(PLAIN_TEXT)
_notes = st.tuples(
    st.just(b"") | st.text('ab:#-" \n', max_size=12).map(lambda text: NOTES.answer.text(text).encode()),
    *(
        _optional(name, _made_of(pattern))
        for name, pattern in (
            (b"recorded_at", PLAIN_TEXT),
            (b"duration", PLAIN_NUMBER),
            (b"http_version", PLAIN_TEXT),
            (b"request_layout", rb"(?:lines|lines spaced|ascii|folded)"),
            (b"layout", rb"(?:lines|lines spaced|crlf|folded)"),
            (b"moved", rb"(?:id|created)@[0-3]"),
            (b"ending", PLAIN_TEXT),
            (b"hidden_usage", PLAIN_MAPPINGS),
        )
    ),
    st.just(b"") | st.just(b"\n      chunks: >-\n        1@0 20@35.2\n        7@0.04"),
).map(b"".join)


# What confuses a reader that looks for the next bracket, and random texts rarely contain.
_bracketed = st.sampled_from([b'"]"', b'"a]b"', b'"]?", "b]"', b'"[", "]"', b"a"])
_headers = _made_of(PLAIN_HEADERS + rb"\n") | st.lists(_bracketed, min_size=1, max_size=3).map(
    lambda all_values: b"    headers:%b\n" % b"".join(b"\n      x-%d: [%b]" % pair for pair in enumerate(all_values))
)


def _lines(margin: int) -> st.SearchStrategy[bytes]:
    """A body in the grammar, with random lines that are empty, blank, indented or look like something else."""
    line = st.sampled_from([b"", b"a", b" ", b"  b", b"- request:", b"key: value", b"# no", b"---", b'"', b"%c"])
    first = st.sampled_from([b"a", b"- b", b"#", b"...", b"{"])
    block = st.tuples(st.sampled_from([b"|\n", b"|-\n", b"|+\n"]), first, st.lists(line, max_size=8)).map(
        lambda it: it[0] + b"\n".join(b" " * margin + one if one else b"" for one in (it[1], *it[2]))
    )
    made = [plain_body(b" " * margin).replace(rb"(?:\n(?=\n))*+", b""), plain_folded(b" " * margin)]
    return block | st.one_of(*map(_made_of, made))


def _in_order(*parts: Any) -> Iterator[bytes]:
    """The parts of an interaction, with the reply's headers in their current or their former position."""
    *before, headers, key, body, are_below, head, notes = parts
    yield from before
    yield from (key, body, b"\n", headers[:-1]) if are_below else (headers, key, body)
    yield from (head, notes)


_interactions = st.tuples(
    st.just(b"- request:\n    method: "),
    _text,
    st.just(b"\n    uri: "),
    _text,
    st.just(b"\n"),
    _headers,
    st.just(b"    body: "),
    _lines(6),
    st.just(b"\n  response:\n    status: {code: 200, message: "),
    _text,
    st.just(b"}\n"),
    _headers,
    st.just(b"    body:\n      string: "),
    _lines(8),
    st.booleans(),
    st.just(b"\n    samurai:"),
    _notes,
).map(lambda parts: b"".join(_in_order(*parts)))


def _sealed(text: bytes) -> bytes:
    return text + f"\n      seal: {' '.join(seal(text.decode().split(chr(10))))}\n".encode()


# --- the law


def test_a_text_in_the_grammar_is_read_by_yaml_as_it_is_read_here(size: Size) -> None:
    texts = 0

    @settings(max_examples=size(40, 3_000), deadline=None, suppress_health_check=list(HealthCheck))
    @given(_interactions)
    def law(text: bytes) -> None:
        nonlocal texts
        item = _sealed(text)
        assume(is_plain(item, 0, len(item)))
        content = HEAD.encode() + item + b"version: 1\n"
        assert cut(content, Memory()) is not None
        assert parse(content, FILE) == interactions_of(content, FILE, frozenset())
        texts += 1

    law()
    size.tell(f"{texts:,} texts in the plain grammar: read alike here and by libyaml")


UNFIT = {
    "shorter than the note": ["a"],
    "nothing but ids": ["{", '  "id":"x"', "}"],
    "another member at that place": ["{", '  "a":1,', '  "b":2', "}"],
    "no object": ["[", "  1,", '  "id":"x"', "]"],
}


@pytest.mark.parametrize("lines", UNFIT.values(), ids=UNFIT)
@pytest.mark.parametrize("layout", ["lines", "folded"])
def test_a_body_that_its_note_of_ids_does_not_fit_is_read_by_yaml_as_it_is_read_here(
    lines: list[str], layout: str
) -> None:
    block = ["|-", *lines] if layout == "lines" else ['"\\', *(line.replace('"', '\\"') + "\\" for line in lines)]
    body = "\n        ".join(block) + ('\n        "' if layout == "folded" else "")
    item = _sealed(
        f"""\
- request:
    method: POST
    uri: https://api.test/v1
    headers: {{}}
    body: ""
  response:
    status: {{code: 200, message: OK}}
    body:
      string: {body}
    headers: {{}}
    samurai:
      layout: {layout}
      moved: id@0""".encode()
    )
    content = HEAD.encode() + item + b"version: 1\n"

    assert cut(content, Memory()) is not None
    [read] = parse(content, FILE)
    assert [read] == interactions_of(content, FILE, frozenset())
    assert read.reply.body == "".join(line.strip() for line in lines).encode()


# --- what is in it


def _recorded(body: bytes = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}', **reply: Any) -> Interaction:
    given: dict[str, Any] = {"headers": (JSON, ("x-request-id", "req_1")), "body": b'{"id":"a"}', "duration": 0.25}
    request = Request("POST", "https://www.samuraiapi.in/v1/chat/completions", (JSON,), body)
    return Interaction(request, Reply(200, "OK", **(given | reply)), "2026-11-24T08:00:00.000000Z", price=PRICE)


PRICE = Price(source="genai-prices 0.2.3", input_mtok=Decimal("0.15"), output_mtok=Decimal("0.6"))
EVENTS = b'data: {"choices":[]}\n\ndata: [DONE]\n\n'


def _is_plain(item: Interaction) -> bool:
    text = b"".join(interaction_text(item))
    return is_plain(text, 0, len(text))


@pytest.mark.parametrize(
    "item",
    [
        _recorded(),
        _recorded(body=b""),
        _recorded(
            body=EVENTS,
            headers=(("content-type", "text/event-stream; charset=utf-8"),),
            chunks=(Chunk(21, 0.1), Chunk(len(EVENTS) - 21, 0.25)),
            hidden_usage={"prompt_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 0}},
        ),
        replace(_recorded(), price="unknown", edited=True),
        replace(_recorded(), edited=True, imported=True),
    ],
)
def test_what_is_recorded_of_most_calls_is_in_it(item: Interaction) -> None:
    assert _is_plain(item)


@pytest.mark.parametrize(
    "item",
    [
        _recorded('{"a":"é"}'.encode()),
        _recorded(b" leading blanks"),
        _recorded(b"a\tb"),
        _recorded(body=b"\xff"),
        _recorded(body=b"a\r"),
        _recorded(headers=(("x-note", 'say "hi"'),)),
        _recorded(headers=(("no", "x"),)),
        replace(_recorded(), reply=replace(_recorded().reply, reason="é")),
        _recorded(duration=1e-07),
        replace(_recorded(), recorded_at="a: b\n"),
    ],
)
def test_whatever_is_rarer_is_not(item: Interaction) -> None:
    assert not _is_plain(item)
    assert parse(dump([item]), FILE) == [item]


def test_only_what_is_not_in_it_is_read_as_yaml_before_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    read_as_yaml = interactions_of

    def watched(content: bytes, *others: Any) -> list[Interaction]:
        read.append(content)
        return read_as_yaml(content, *others)

    monkeypatch.setattr(writer, "interactions_of", watched)
    plain_one, other = _recorded(), _recorded("é".encode())
    save(tmp_path / "a.yaml", [plain_one, plain_one])
    assert read == []
    save(tmp_path / "a.yaml", [plain_one, other, plain_one])
    assert read == [dump([other])]


def test_a_text_in_the_grammar_is_told_in_time_that_grows_with_its_length() -> None:
    # No clock: anything with two ways to match would take longer than anybody waits.
    long = "a " * 50_000
    assert _is_plain(_recorded(headers=((f"x-{'a' * 80}", long.strip()),)))
    assert not _is_plain(_recorded(headers=(("x-a", f"{long}\x00"),)))
