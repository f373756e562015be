"""A request's key inside something that hides it from view or breaks it in two."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.reading import undone
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.dialects import UNKNOWN
from pytest_samurai.wire.events import cut_events
from pytest_samurai.wire.http import Reply

KEY = "Zq7xVt2+pZ9w/Kd4RsYb8NcHgWm3"
HALVES = KEY[:14], KEY[14:]
FIVES = [KEY[at : at + 5] for at in range(0, len(KEY), 5)]

SPELLINGS: dict[str, Callable[[], str]] = {
    "octal": lambda: "".join(f"\\{ord(letter):03o}" for letter in KEY),
    "octal signs": lambda: KEY.replace("+", "\\053").replace("/", "\\057"),
    "JavaScript": lambda: "".join(f"\\u{{{ord(letter):x}}}" for letter in KEY),
    "JavaScript signs": lambda: KEY.replace("+", "\\u{2b}").replace("/", "\\u{00002f}"),
    "HTML": lambda: KEY.replace("+", "&plus;").replace("/", "&sol;"),
    "a soft hyphen": lambda: "\u00ad".join(HALVES),
    "soft hyphens": lambda: "\u00ad".join(FIVES),
    "spaces without a width": lambda: "\u200b".join(FIVES),
    "joiners": lambda: "\u200d".join(FIVES),
    "word joiners": lambda: "\u2060".join(FIVES),
    "marks": lambda: "\ufeff".join(FIVES),
    "a link": lambda: "\x1b]8;;http://a\x07".join(HALVES),
    "a shell": lambda: "\\\n".join(HALVES),
    "Python": lambda: f"'{HALVES[0]}' '{HALVES[1]}'",
    "JavaScript's plus": lambda: f'"{HALVES[0]}" + "{HALVES[1]}"',
    "two lines of code": lambda: f'"{HALVES[0]}"\n    "{HALVES[1]}"',
    "a quotation": lambda: "\n> ".join(HALVES),
    "a quotation of a quotation": lambda: "\n>> ".join(HALVES),
    "quoted-printable": lambda: "=\r\n".join(HALVES),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_own_key_is_cut_out_and_what_is_around_it_stays(spelling: str, ascii_only: bool) -> None:
    said = {"content": f"keep {SPELLINGS[spelling]()} it", "n": 1}
    body = json.dumps(said, ensure_ascii=ascii_only).encode()

    content = json.loads(Redactor([KEY]).reply(Reply(200, "OK", (), body)).body)["content"]

    assert REDACTED in content
    assert not any(five in content for five in FIVES)
    assert content.startswith("keep ")
    assert content.endswith(" it")


@pytest.mark.parametrize(
    "text",
    [
        "C:\\204\\101",
        "a 'b' + 'c'",
        "\U0001f469\u200d\U0001f4bb",
        "co\u00adoperate",
        "\\u{110000}\\u{ffffff}",
        "> a\n> b",
    ],
)
def test_what_is_spelled_so_and_holds_no_key_stays_as_it_is(text: str) -> None:
    assert Redactor([KEY]).text(text) == text


def test_what_stands_for_no_character_reads_as_nothing() -> None:
    assert undone(b"a\\u{110000}b") == b"ab"


def chunk(text: str) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]})


def test_a_stream_of_events_may_begin_with_a_byte_order_mark() -> None:
    body = ("\ufeff" + "".join(f"data: {chunk(five)}\n\n" for five in FIVES)).encode()

    kept = Redactor([KEY]).reply(Reply(200, "OK", (), body), CHAT).body.decode()

    assert [body[begin:end].decode() for [(begin, end)] in cut_events(body)] == list(map(chunk, FIVES))
    assert kept.startswith("\ufeffdata: ")
    assert not any(five in kept for five in FIVES)


def test_a_sequence_of_json_texts_is_a_stream() -> None:
    body = "".join("\x1e" + json.dumps({"text": five}) + "\n" for five in FIVES).encode()

    kept = Redactor([KEY]).reply(Reply(200, "OK", (), body), UNKNOWN).body.decode()

    assert len(list(cut_events(body))) == len(FIVES)
    assert not any(five in kept for five in FIVES)


def test_many_blanks_take_no_time_in_proportion_to_their_square() -> None:
    text = f"{KEY[:20]}\\u002b{' ' * 200_000}'{' ' * 200_000}"

    assert Redactor([KEY]).text(text) == text
