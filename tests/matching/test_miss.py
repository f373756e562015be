"""The text of a miss: the nearest recording, the differences, and only the advice that applies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.matching.description import describe
from pytest_samurai.matching.differences import Difference
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.matching.miss import Denial, Miss, volatile_kinds
from pytest_samurai.matching.normalize import parse_substitution
from pytest_samurai.matching.paths import parse_path
from pytest_samurai.text import Cause
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction

Json = Any

URL = "https://www.samuraiapi.in/v1/chat/completions"
SYSTEM = {"role": "system", "content": "You are a terse geographer."}
BODY = {"model": "gpt-4o", "messages": [SYSTEM, {"role": "user", "content": "What is the capital of France?"}]}
RERUN = "pytest --samurai-mode=update tests/test_a.py::test_b"


def asking(text: Json, **more: Json) -> Json:
    return {**BODY, "messages": [SYSTEM, {"role": "user", "content": text}], **more}


def request(body: Json, url: str = URL, method: str = "POST") -> Request:
    return Request(method, url, (), body if isinstance(body, bytes) else json.dumps(body).encode())


def recording(body: Json, tokens: int | None = None, url: str = URL) -> Interaction:
    usage = None if tokens is None else {"prompt_tokens": tokens, "completion_tokens": 1}
    asked = body if isinstance(body, Request) else request(body, url)
    return Interaction(asked, Reply(200, "OK", (), json.dumps({"usage": usage}).encode()))


def miss(asked: Json, *recorded: Json, **more: Any) -> str:
    return told(asked, *recorded, **more)[0]


def diagnosed(asked: Json, *recorded: Json, **more: Any) -> Cause:
    return told(asked, *recorded, **more)[1]


def told(
    asked: Json,
    *recorded: Json,
    played: tuple[int, ...] = (),
    match_on: tuple[str, ...] = ("method", "endpoint", "chat"),
    normalize: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    rerun: str | None = RERUN,
    denials: tuple[Denial, ...] = (),
) -> tuple[str, Cause]:
    matcher = Matcher(
        match_on,
        Endpoints(("*/chat/completions",)),
        tuple(map(parse_path, ignore)),
        tuple(map(parse_substitution, normalize)),
    )
    return Miss(
        asked if isinstance(asked, Request) else request(asked),
        [item if isinstance(item, Interaction) else recording(item) for item in recorded],
        frozenset(played),
        matcher,
        "tests/test_a.py::test_b",
        "cassettes/a.yaml",
        "none",
        rerun,
        denials,
    ).told()


def evidence(*args: Any, **more: Any) -> list[str]:
    """The lines between the mode and the command."""
    return miss(*args, **more).split("\n")[4:-1]


# --- the whole


def test_a_changed_prompt_is_shown_with_its_place_its_words_and_its_price() -> None:
    france = recording({**BODY, "temperature": 0.7}, 412)

    assert miss(asking("What is the capital of Grönland, 日本 und überhaupt?", temperature=0.2), france) == (
        "POST /chat/completions has no recording, and the mode does not let it go live.\n"
        "  test      tests/test_a.py::test_b\n"
        "  cassette  cassettes/a.yaml (1 recorded, 0 played)\n"
        "  mode      none\n"
        "  The nearest recording is interaction 1. What differs:\n"
        "    messages[1].content:\n"
        "      - What is the capital of [France]?\n"
        "      + What is the capital of [Grönland, 日本 und überhaupt]?\n"
        "    temperature: 0.7 -> 0.2\n"
        "  prompt tokens: 412 -> about 471, +14%\n"
        "  To record what is missing: pytest --samurai-mode=update tests/test_a.py::test_b"
    )


def test_an_empty_cassette_has_nothing_to_compare_with() -> None:
    assert miss(BODY) == (
        "POST /chat/completions has no recording, and the mode does not let it go live.\n"
        "  test      tests/test_a.py::test_b\n"
        "  cassette  cassettes/a.yaml (no recordings)\n"
        "  mode      none\n"
        "  To record this test: pytest --samurai-mode=update tests/test_a.py::test_b"
    )


def test_without_a_command_there_is_no_advice_to_run_it() -> None:
    assert miss(BODY, rerun=None).endswith("mode      none")


def test_a_request_to_no_endpoint_is_named_by_its_url() -> None:
    assert miss(request(BODY, "https://h/other", "GET")).startswith("GET https://h/other has no recording")


# --- already played


def test_one_call_too_many_is_called_that() -> None:
    assert evidence(BODY, asking("x"), BODY, played=(1,)) == [
        "  The same request is recorded once (interaction 2), and that recording has already been played: the test"
        " makes one more call than was recorded."
    ]


def test_one_call_too_many_of_several_equal_ones_names_them_all() -> None:
    assert evidence(BODY, BODY, asking("x"), BODY, played=(0, 2)) == [
        "  The same request is recorded 2 times (interactions 1, 3), and all have already been played: the"
        " test makes one more call than was recorded."
    ]


def test_equal_is_what_the_matcher_calls_equal() -> None:
    [line] = evidence(asking("x", user="a"), asking("x", user="b"), played=(0,), ignore=("user",))

    assert "already been played" in line


def test_a_nearest_recording_that_was_played_is_said_to_be() -> None:
    assert evidence(asking("x"), BODY, played=(0,))[0] == (
        "  The nearest recording is interaction 1, already played. What differs:"
    )


# --- the nearest


@pytest.mark.parametrize(
    ("asked", "recorded", "nearest"),
    [
        (asking("one two three"), [asking("seven"), asking("one two four"), asking("one five six")], 2),
        # One word and a parameter are less than a completely different prompt.
        (asking("one two three", n=1), [asking("seven eight nine", n=1), asking("one two four", n=2)], 2),
        (asking("one two three"), [asking(f"number {n} of many") for n in range(40)] + [asking("one two four")], 41),
        (asking("a"), [b"no json", asking("b")], 2),
        (b"no json at all", [asking("b"), b"no json here"], 2),
        # A long text has many words, including some of any prompt's: their share is what counts.
        (asking("one two three"), [asking("one two three " + "and more " * 99), asking("one two four")], 2),
        (b"", [b"?", b"a"], 1),
    ],
)
def test_the_nearest_recording_is_the_one_that_shares_most_words(
    asked: Json, recorded: list[Json], nearest: int
) -> None:
    assert f"interaction {nearest}. What differs" in miss(asked, *recorded)


def test_of_two_equally_near_ones_the_unplayed_one_is_shown_and_else_the_first() -> None:
    assert "interaction 2. What" in miss(asking("a"), asking("b"), asking("c"), asking("d"), played=(0,))
    assert "interaction 1. What" in miss(asking("a"), asking("b"), asking("c"), asking("d"), played=(2,))


def test_each_recording_is_read_but_twice_however_many_there_are() -> None:
    read: list[Request] = []

    class Counting(Matcher):
        def value(self, request: Request) -> Json:
            read.append(request)
            return super().value(request)

    matcher = Counting(("method", "endpoint", "chat"), Endpoints(("*/chat/completions",)))
    recorded = [recording(asking(f"{number}")) for number in range(100)]
    Miss(request(asking("x")), recorded, frozenset(), matcher, "test", "cassette", "none", None).text()

    assert len(read) <= 2 * len(recorded) + 2


# --- what differs


def test_parameters_are_shown_on_a_line_each() -> None:
    old = asking("x", model="gpt-4o", n=1, stop=None, seed=3, tools=[])
    new = asking("x", model="gpt-4o-mini", n=2, stop=["é"], user="u", tools={})

    assert evidence(new, old)[1:] == [
        '    model: "gpt-4o" -> "gpt-4o-mini"',
        "    n: 1 -> 2",
        '    stop: null -> ["é"]',
        "    seed: 3 -> (absent)",
        "    tools: [] -> {}",
        '    user: (absent) -> "u"',
    ]


def test_a_message_put_in_between_is_one_line() -> None:
    new = {**BODY, "messages": [SYSTEM, {"role": "user", "content": "Grüß Gott!"}, *BODY["messages"][1:]]}

    assert evidence(new, BODY)[1:] == ['    messages[1]: (absent) -> {"role": "user", "content": "Grüß Gott!"}']
    assert evidence(BODY, new)[1:] == ['    messages[1]: {"role": "user", "content": "Grüß Gott!"} -> (absent)']


def test_a_long_value_is_cut_short() -> None:
    [line] = evidence(asking("x", tools=["é" * 500]), asking("x"))[1:]

    assert line == f'    tools: (absent) -> ["{"é" * 118}...'


def test_a_value_of_120_characters_is_shown_whole() -> None:
    assert describe(Difference("a", 1, ["x" * 116])) == [f'    a: 1 -> ["{"x" * 116}"]']
    assert describe(Difference("a", 1, ["x" * 117])) == [f'    a: 1 -> ["{"x" * 117}"...']


def test_of_many_differences_the_first_eight_are_shown_and_the_rest_counted() -> None:
    names = "abcdefghij"
    lines = evidence(asking("x", **dict.fromkeys(names, 1)), asking("x", **dict.fromkeys(names, 2)))

    assert lines[1:] == [*(f"    {name}: 2 -> 1" for name in "abcdefgh"), "    ... and 2 more"]
    assert len(evidence(asking("x", **dict.fromkeys("abcdefgh", 1)), asking("x", **dict.fromkeys("abcdefgh", 2)))) == 9


def test_what_differs_beside_the_body_is_shown_too() -> None:
    other = recording(request(BODY, "https://h/v1/x", "GET"))

    assert evidence(BODY, other)[1:] == ["    method: GET -> POST", "    endpoint: https://h/v1/x -> /chat/completions"]
    assert evidence(request(BODY, f"{URL}?a=2"), recording(BODY, url=f"{URL}?a=1"), match_on=("query", "body"))[1:] == [
        "    query: [('a', '1')] -> [('a', '2')]"
    ]


def test_a_body_that_does_not_count_is_not_compared() -> None:
    asked = request(asking("x"), "http://other/chat/completions")

    assert evidence(asked, BODY, match_on=("host",))[1:] == ["    host: www.samuraiapi.in -> other"]


@pytest.mark.parametrize("name", ["chat", "body", "raw_body"])
def test_a_body_that_counts_is_compared_by_whatever_name_it_counts(name: str) -> None:
    assert evidence({"a": 1}, {"a": 2}, match_on=(name,))[1:] == ["    a: 2 -> 1"]


def test_bytes_that_differ_where_no_value_does_are_named() -> None:
    assert evidence(b'{"a": 1}', b'{"a":1}', match_on=("raw_body",))[1:] == [
        "    the bytes of the body, which hold the same values"
    ]
    assert evidence(b'{"a": 2}', b'{"a":1}', match_on=("raw_body",))[1:] == ["    a: 1 -> 2"]


def test_bodies_that_are_no_json_are_compared_as_texts() -> None:
    assert evidence(b"hello you there \xff", b"hello me there")[1:] == [
        "    (whole body):",
        "      - hello [me] there",
        "      + hello [you] there[ \ufffd]",
    ]


def test_what_is_normalized_is_shown_as_it_was_compared() -> None:
    asked, recorded = (asking(f"at 2024-01-0{day} in {city}") for day, city in [(1, "Rome"), (2, "Oslo")])

    assert evidence(asked, recorded, normalize=("datetime",))[1:] == [
        "    messages[1].content:",
        "      - at <datetime> in [Oslo]",
        "      + at <datetime> in [Rome]",
    ]


# --- growth


def test_growth_is_estimated_by_characters_of_the_prompt_whatever_their_script() -> None:
    short, long = ({"messages": ["é" * count]} for count in (482, 982))

    assert "  prompt tokens: 1,000 -> about 2,000, +100%" in evidence(long, recording(short, 1000))
    assert "  prompt tokens: 1,000 -> about 500, -50%" in evidence(short, recording(long, 1000))


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        (asking("x" * 500), recording(BODY)),
        (asking("x" * 500), recording(BODY, 0)),
        ({**BODY, "user": "x" * 500}, recording(BODY, 400)),
        (asking("What is the capital of Greece?"), recording(BODY, 400)),
        (
            asking([{"url": "data:image/png;base64," + "x" * 5000}]),
            recording(asking([{"url": "data:image/png,"}]), 400),
        ),
        (asking("x" * 999), recording(asking("x" * 1000), 1000)),
        (BODY, recording({"input": "x"}, 400)),
        (BODY, recording(b"", 400)),
    ],
    ids=["unknown usage", "no tokens", "no prompt", "a little more", "a picture", "a little less", "other", "nothing"],
)
def test_growth_that_is_none_or_cannot_be_known_is_not_shown(asked: Json, recorded: Interaction) -> None:
    assert "prompt tokens" not in miss(asked, recorded)


@pytest.mark.parametrize("path", ["images/edits", "audio/transcriptions", "moderations"])
def test_tokens_that_are_not_those_of_a_text_do_not_grow_with_it(path: str) -> None:
    url = f"https://api.test/v1/{path}"
    short, long = ({"model": "m", "prompt": text, "input": text} for text in ("a cat", "a cat " * 50))
    assert "prompt tokens" not in miss(request(long, url), recording(short, 400, url))


@pytest.mark.parametrize("name", ["tools", "functions", "response_format"])
def test_what_a_model_reads_beside_the_messages_counts_as_prompt(name: str) -> None:
    assert "prompt tokens" in miss({**BODY, name: ["x" * 500]}, recording(BODY, 400))


def test_a_body_that_is_no_object_counts_as_prompt() -> None:
    assert "prompt tokens" in miss(["x" * 500], recording(["x"], 400))
    assert "prompt tokens" in miss(b"x" * 500, recording(b"x", 400))


# --- advice


@pytest.mark.parametrize(
    ("old", "new", "entries"),
    [
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174000", '"uuid"'),
        ("on 2024-01-31", "on 2024-02-01", '"datetime"'),
        ("in /tmp/abc/x", "in /tmp/def/x", '"tmp_path"'),
        ("/tmp/abc/x on 2024-01-31", "/tmp/def/x on 2024-01-30", '"datetime", "tmp_path"'),
        (
            "/tmp/abc/x on 2024-01-31 as 123e4567-e89b-12d3-a456-426614174000",
            "/tmp/def/x on 2024-01-30 as 00000000-e89b-12d3-a456-426614174000",
            '"uuid", "datetime", "tmp_path"',
        ),
        (
            "run-1a2b3c4d at 13:05 on 27 November 2019 (1764288000) at localhost:54321, 0x7f3a2b1c4d5e",
            "run-5e6f7a8b at 13:06 on 28 November 2019 (1764288001) at localhost:54322, 0x7f3a2b1c4d5f",
            '"date", "time", "epoch", "hex", "port", "address"',
        ),
    ],
)
def test_where_only_what_varies_differs_the_entry_for_it_is_named(old: str, new: str, entries: str) -> None:
    text = miss(asking(new), asking(old))

    advice = "  Only values that vary from run to run differ. To let them match, add to `normalize`: "
    assert text.splitlines()[-1] == advice + entries


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        (asking("on 2024-01-31"), asking("am 2024-02-01")),
        (asking("on 2024-01-31", n=1), asking("on 2024-02-01", n=2)),
        (asking("x", model="gpt-4o-2024-05-13"), asking("x", model="gpt-4o-2024-08-06")),
        (asking("x", n=True), asking("x", n=1)),
        (request(asking("on 2024-01-31"), method="PUT"), asking("on 2024-02-01")),
        (request(asking("x"), method="PUT"), asking("x")),
    ],
)
def test_where_anything_else_differs_no_entry_is_named(asked: Json, recorded: Json) -> None:
    assert "normalize" not in miss(asked, recorded)


def test_where_only_the_order_of_the_words_differs_it_says_so() -> None:
    sorts = "  The same words in another order: sort anything that comes from a set or the file system."
    assert evidence(asking("Tags: a, b, c"), asking("Tags: b, c, a"))[-1] == sorts
    assert evidence(asking("x", stop=["a", "b"]), asking("x", stop=["b", "a"]))[-1] == sorts
    assert sorts not in miss(asking("Tags: a, b, c"), asking("Tags: b, c, d"))
    assert sorts not in miss(request(asking("x"), method="PUT"), asking("x"))


def test_no_difference_needs_no_entry_and_what_is_equal_on_both_sides_none_either() -> None:
    uuid = "123e4567-e89b-12d3-a456-426614174000"

    assert volatile_kinds([]) == []
    assert volatile_kinds([Difference("a", f"{uuid} 2024-01-31", f"{uuid} 2024-02-01")]) == ["datetime"]


# --- words


def test_nothing_that_a_terminal_would_obey_is_in_the_text() -> None:
    text = miss(asking("x", user="\x1b[31m\ud800\u202e\x00", tools=["\x9b\r"]), asking("x", user="é 日 😀 \x07"))

    assert "é 日 😀 \\x07" in text
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.encode()


@pytest.mark.parametrize(
    "unseen", "\x00\x1b\x7f\x9b\xad\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff"
)
def test_what_cannot_be_seen_in_a_prompt_is_spelled_out(unseen: str) -> None:
    assert evidence(asking(f"a{unseen}b"), asking(""))[-1] == f"      + [a{ascii(unseen)[1:-1]}b]"
