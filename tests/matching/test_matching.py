"""Which recording answers a request: what counts, what does not, and what differs."""

from __future__ import annotations

import copy
import json
import tempfile
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.matcher import (
    MISSING,
    Difference,
    Endpoints,
    Matcher,
    canonical,
    differences,
    format_path,
    parse_body,
    parse_path,
    parse_substitution,
    substitute,
)
from pytest_samurai.wire.http import Request

Json = Any

CHAT = Endpoints(("*/chat/completions",))
URL = "https://www.samuraiapi.in/v1/chat/completions"


def matcher(*match_on: str, ignore: tuple[str, ...] = (), normalize: tuple[object, ...] = ()) -> Matcher:
    return Matcher(
        match_on or ("method", "endpoint", "chat"),
        CHAT,
        tuple(map(parse_path, ignore)),
        tuple(map(parse_substitution, normalize)),
    )


def request(body: Json = None, *, url: str = URL, method: str = "POST", **headers: str) -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, url, tuple(headers.items()), content)


def match(one: Json, other: Json, by: Matcher | None = None) -> bool:
    by = by or matcher()
    left, right = (item if isinstance(item, Request) else request(item) for item in (one, other))
    return by.key(left) == by.key(right)


# --- JSON values, and the many ways to write one

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.text("ab.é", max_size=2)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.sampled_from([0, 1, 1.5, "", "1", "true"]) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@st.composite
def spelled(draw: st.DrawFn, value: Json) -> str:
    """One of the texts for a JSON value."""
    blank = draw(st.sampled_from(["", " ", "\n  "]))
    if isinstance(value, dict):
        items = draw(st.permutations(list(value.items())))
        return "{" + ",".join(f"{blank}{draw(spelled(k))}:{blank}{draw(spelled(v))}" for k, v in items) + blank + "}"
    if isinstance(value, list):
        return "[" + ",".join(f"{blank}{draw(spelled(item))}{blank}" for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=draw(st.booleans()) or not value.isprintable())
    if isinstance(value, int) and not isinstance(value, bool):
        return draw(st.sampled_from([str(value), f"{value}.0", f"{value}e0", f"{value}.00E+0", f"{value * 10}e-1"]))
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return draw(st.sampled_from([repr(value), f"{exact:f}", f"{exact:e}", f"{exact:E}".replace("E+", "E")]))
    return json.dumps(value)


@st.composite
def respelled(draw: st.DrawFn) -> tuple[str, str]:
    value = draw(VALUES)
    return draw(spelled(value)), draw(spelled(value))


def places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all values in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def changed(value: Json, path: tuple[str | int, ...]) -> Json:
    """The value with another one at a path."""
    if not path:
        return {"another": value}
    value = copy.copy(value)
    value[path[0]] = changed(value[path[0]], path[1:])
    return value


@given(respelled())
@example(("1e-07", "0.0000001"))
@example(("-0", "0.0"))
@example(("1e23", "100000000000000000000000"))
@example((r'"\u00e9\ud83d\ude00"', '"é😀"'))
def test_key_order_white_space_and_the_spelling_of_numbers_do_not_count(texts: tuple[str, str]) -> None:
    one, other = (request(text.encode()) for text in texts)

    assert match(one, other)


@given(VALUES, st.data())
def test_any_changed_value_is_another_request(value: Json, data: st.DataObject) -> None:
    other = changed(value, data.draw(st.sampled_from(places(value))))

    assert not match(value, other)


@given(VALUES, VALUES)
@example(True, 1)
@example([False], [0])
@example(None, {})
@example({}, [])
@example({"a": None}, {})
@example([1, 2], [2, 1])
@example("1", 1)
@example(10**16, 10**16 + 1)
@example("é", "e\u0301")
def test_two_requests_match_exactly_if_nothing_differs(one: Json, other: Json) -> None:
    left, right = (parse_body(json.dumps(value).encode()) for value in (one, other))

    assert match(one, other) == (not list(differences(left, right))) == (canonical(left) == canonical(right))
    assert match(one, one)


def test_a_number_too_long_for_a_float_is_not_rounded() -> None:
    assert not match(b"[10000000000000000.5]", b"[10000000000000000]")
    assert not match(b"[1000000000000000001]", b"[1000000000000000002]")


def test_a_number_beyond_all_floats_is_not_written_out() -> None:
    assert match(b"[1e999999999]", b"[1e999999999]")
    assert not match(b"[1e999999999]", b"[-1e999999999]")


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff", b'{"a":', b"[" * 100_000, b'{"a": NaN}'])
def test_a_body_that_is_no_json_matches_by_its_bytes(body: bytes) -> None:
    assert parse_body(body) == body
    assert match(body, body)
    assert not match(body, body + b" ")


# --- endpoints


@pytest.mark.parametrize(
    ("patterns", "url", "endpoint"),
    [
        ("*/chat/completions", URL, "/chat/completions"),
        ("*/chat/completions", f"{URL}?api-version=1", "/chat/completions"),
        ("*/chat/completions", f"{URL}#part", "/chat/completions"),
        ("*/chat/completions", "http://127.0.0.1:8000/chat/completions", "/chat/completions"),
        ("*/chat/completions", "https://a.in/v1/completions", None),
        ("*/chat/completions", f"{URL}/more", None),
        ("*/chat/completions", "https://a.in/?next=/chat/completions", None),
        ("*/v?/chat/*", URL, "/v1/chat/completions"),
        ("https://a.in/*", "https://a.in/x", "https://a.in/x"),
        ("https://a.in/*", "https://b.in/x", None),
        ("*/responses */chat/completions", URL, "/chat/completions"),
        ("*/responses */chat/completions", "https://a.in/responses", "/responses"),
    ],
)
def test_the_endpoint_is_the_tail_of_the_url_that_the_pattern_names(
    patterns: str, url: str, endpoint: str | None
) -> None:
    assert Endpoints(tuple(patterns.split())).match(url) == endpoint


def test_a_recording_made_through_one_base_url_answers_through_another() -> None:
    assert match(request(url=URL), request(url="http://localhost:9/api/chat/completions"))


def test_another_endpoint_or_another_method_is_another_request() -> None:
    assert not match(request(url=URL), request(url="https://www.samuraiapi.in/v1/responses"))
    assert not match(request(url="https://a.in/x"), request(url="https://a.in/y"))
    assert not match(request(method="POST"), request(method="GET"))
    assert match(request(method="POST"), request(method="post"))


# --- vcrpy's names


@pytest.mark.parametrize(
    ("name", "one", "same", "other"),
    [
        ("uri", "https://a.in/x?a=1", "https://a.in/x?a=1", "https://a.in/x?a=2"),
        ("scheme", "https://a.in/x", "https://b.in/y", "http://a.in/x"),
        ("host", "https://a.in/x", "http://A.in:80/y", "https://b.in/x"),
        ("port", "https://a.in/x", "https://b.in:443/y", "https://a.in:444/x"),
        ("port", "http://a.in/x", "http://b.in:80/y", "https://a.in/x"),
        ("path", "https://a.in/x?a=1", "http://b.in/x", "https://a.in/y"),
        ("query", "https://a.in/x?a=1&b=", "https://b.in/y?b=&a=1", "https://a.in/x?a=1"),
    ],
)
def test_a_part_of_the_url_is_compared_if_it_is_named(name: str, one: str, same: str, other: str) -> None:
    by = matcher(name)

    assert match(request(url=one), request({"other": "body"}, url=same), by)
    assert not match(request(url=one), request(url=other), by)


def test_headers_are_compared_if_they_are_named() -> None:
    one = request(accept="a", x="b")

    assert match(one, request(x="b", accept="a"), matcher("headers"))
    assert not match(one, request(accept="a", x="c"), matcher("headers"))
    assert match(one, request(accept="a", x="c"), matcher())


def test_body_is_compared_by_value_and_raw_body_by_bytes() -> None:
    one, other = request(b'{"a":1}'), request(b'{"a": 1.0}')

    assert match(one, other, matcher("body"))
    assert not match(one, request(b'{"a":2}'), matcher("body"))
    assert not match(one, other, matcher("raw_body"))
    assert match(one, one, matcher("raw_body"))


def test_what_is_not_named_is_not_compared() -> None:
    assert match(request({"a": 1}), request({"a": 2}), matcher("method", "endpoint"))


def test_parts_do_not_run_into_each_other() -> None:
    by = matcher("path", "raw_body")

    assert not match(request(b"b", url="https://h/a"), request(b"", url="https://h/ab"), by)


# --- ignore

PATHS = st.lists(st.text(min_size=0, max_size=5) | st.integers(0, 99), min_size=1, max_size=4).map(tuple)


@given(PATHS)
@example(("messages", 0, "content"))
@example((0, "a.b", "[0]", ".a", '["x"]', 'qu"ote', "", "back\\slash", "blank s", "\n", "é", "*"))
@example(("\ud800", "\u200b"))
def test_a_path_comes_back_from_its_text(path: tuple[str | int, ...]) -> None:
    assert parse_path(format_path(path)) == path


def test_a_path_is_written_as_people_write_it() -> None:
    assert format_path(("messages", 0, "content")) == "messages[0].content"
    assert format_path((0, "a")) == "[0].a"
    assert format_path(("metadata", "run id", "grün")) == 'metadata["run id"].grün'
    assert format_path(("größe in m",)) == '["größe in m"]'
    assert format_path(()) == "(whole body)"


def test_a_star_is_any_key_or_index() -> None:
    assert parse_path("tools[*].*.name") == ("tools", "*", "*", "name")


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a.", "a..b", "[", "a[", "a[x]", "a[-1]", 'a["b]', r'["\x"]', "a b", "a[0]b", "]", "a.[0]"]
)
def test_text_that_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=r'is not a path .*"messages\[0\]\.content"'):
        parse_path(text)


BODY: Json = {
    "model": "m",
    "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}],
    "n": [1],
}


@pytest.mark.parametrize(
    ("ignore", "matches", "differs"),
    [
        ("model", [{**BODY, "model": "x"}, {k: v for k, v in BODY.items() if k != "model"}], [{**BODY, "n": [2]}]),
        (
            "messages[0].content",
            [{**BODY, "messages": [{"role": "system", "content": "x"}, BODY["messages"][1]]}],
            [
                {**BODY, "messages": [{"role": "x", "content": "a"}, BODY["messages"][1]]},
                {**BODY, "messages": [BODY["messages"][0], {"role": "user", "content": "x"}]},
            ],
        ),
        (
            "messages[*].content",
            [{**BODY, "messages": [{"role": "system"}, {"role": "user", "content": [1]}]}],
            [{**BODY, "messages": BODY["messages"][:1]}],
        ),
        (
            "messages[0]",
            [{**BODY, "messages": ["x", BODY["messages"][1]]}],
            [{**BODY, "messages": BODY["messages"][1:]}, {**BODY, "messages": [BODY["messages"][1], "x"]}],
        ),
        ("messages[*]", [{**BODY, "messages": []}], [{**BODY, "messages": None}]),
        ("n.*", [{**BODY, "n": []}], [{**BODY, "n": {}}]),
        ("*", [{}, {"other": 1}], [[]]),
        ("*.*", [{**BODY, "n": [], "messages": [1, 2, 3]}], [{**BODY, "model": "x"}]),
        ("missing.path[3].deep", [BODY], [{**BODY, "missing": 1}]),
        ("messages.content", [BODY], [{**BODY, "messages": []}]),
        ("model.deep", [BODY], [{**BODY, "model": "x"}]),
    ],
)
def test_what_is_ignored_does_not_count_and_all_else_does(
    ignore: str, matches: list[Json], differs: list[Json]
) -> None:
    by = matcher(ignore=(ignore,))

    assert [match(BODY, other, by) for other in matches] == [True] * len(matches)
    assert [match(BODY, other, by) for other in differs] == [False] * len(differs)


def test_a_key_is_ignored_where_the_path_says_and_not_beside_it() -> None:
    by = matcher(ignore=("a.x", "b[1].x"))
    body = {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}], "c": {"x": 1}}

    assert match(body, {"a": {}, "b": [{"x": 1}, {}], "c": {"x": 1}}, by)
    assert not match(body, {**body, "c": {"x": 2}}, by)
    assert not match(body, {**body, "b": [{"x": 2}, {"x": 1}]}, by)


def test_several_paths_are_all_ignored() -> None:
    assert match({"a": 1, "b": 2, "c": 3}, {"a": 9, "b": 9, "c": 3}, matcher(ignore=("a", "b")))


def test_a_body_that_is_no_json_has_nothing_to_ignore_or_normalize() -> None:
    assert match(b"a 2024-01-01", b"a 2024-01-01", matcher(ignore=("*",), normalize=("datetime",)))
    assert not match(b"a 2024-01-01", b"a 2024-01-02", matcher(ignore=("*",), normalize=("datetime",)))


# --- normalize


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("uuid", "id 123e4567-e89b-12d3-a456-426614174000.", "id 00000000-0000-0000-0000-00000000ABCD."),
        ("datetime", "on 2024-01-31,", "on 1999-12-01,"),
        ("datetime", "at 2024-01-31T10:20", "at 1999-12-01 10:20:30.123456"),
        ("datetime", "at 2024-01-31T10:20:30Z!", "at 1999-12-01 10:20:30,5 +02:00!"),
        ("tmp_path", f"see {tempfile.gettempdir()}/abc/x.txt.", f"see {tempfile.gettempdir()}/def/x.txt."),
        ("tmp_path", "/tmp/pytest-of-a/pytest-1/test_a0/x", "/tmp/pytest-of-b/pytest-23/popen-gw1/test_a1/x"),
        ("tmp_path", "'/tmp/abc/x'", "'/private/var/folders/xy/z_0/T/pytest-of-me/pytest-0/test_a0/x'"),
        ("tmp_path", "/var/folders/xy/z_0/T/abc", "/var/tmp/abc"),
        ("tmp_path", "C:\\Users\\Jo Do\\AppData\\Local\\Temp\\abc", "/tmp/def"),
    ],
)
def test_what_varies_from_run_to_run_can_be_told_not_to_count(name: str, one: str, other: str) -> None:
    assert match({"a": [one]}, {"a": [other]}, matcher(normalize=(name,)))
    assert not match({"a": [one]}, {"a": [other]})


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("uuid", "x123e4567-e89b-12d3-a456-426614174000", "x123e4567-e89b-12d3-a456-426614174001"),
        ("datetime", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
        ("datetime", "2024-01-311", "2024-01-312"),
        ("datetime", "12024-01-31", "22024-01-31"),
        ("tmp_path", "/tmp/abc/one.txt", "/tmp/abc/two.txt"),
        ("tmp_path", "/tmp/pytest-of-a/pytest-1/test_a0/one", "/tmp/pytest-of-a/pytest-1/test_a0/two"),
        ("tmp_path", "/home/tmp/abc", "/home/tmp/def"),
        ("tmp_path", "see /tmp/ and a", "see /tmp/ and b"),
    ],
)
def test_what_only_looks_like_it_still_counts(name: str, one: str, other: str) -> None:
    assert not match([one], [other], matcher(normalize=(name,)))


def test_a_pattern_of_ones_own_is_replaced_in_every_text_and_nowhere_else() -> None:
    by = matcher(normalize=((r"run-\d+", "run-N"), [r"\bN\b", "M"]))

    assert match({"a": [{"b": "run-1 run-2"}]}, {"a": [{"b": "run-3 run-N"}]}, by)
    assert not match({"run-1": 1}, {"run-2": 1}, by)
    assert not match({"a": 1}, {"a": 2}, by)


def test_substitutions_are_made_in_their_order() -> None:
    entries = [parse_substitution(("a", "b")), parse_substitution(("b", "c"))]

    assert substitute({"k": ["a", 1, None]}, entries) == {"k": ["c", 1, None]}


@pytest.mark.parametrize("entry", ["guid", ("a",), ("a", 1), 3, None, ("a", "b", "c")])
def test_an_entry_that_is_neither_a_name_nor_a_pair_is_refused_with_the_names(entry: object) -> None:
    with pytest.raises(SettingsError, match="neither one of uuid, datetime, tmp_path nor a pair"):
        parse_substitution(entry)


def test_a_pattern_that_is_no_regular_expression_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\(' is not a regular expression: missing \)"):
        parse_substitution(("(", ""))


# --- differences


def found(recorded: Json, asked: Json) -> list[tuple[str, Json, Json]]:
    return [(one.path, one.recorded, one.asked) for one in differences(recorded, asked)]


def test_what_differs_is_named_by_its_path_with_both_values() -> None:
    recorded = {"model": "m", "messages": [{"content": "a"}, {"content": "b"}], "seed": 1}
    asked = {"model": "m", "messages": [{"content": "a"}, {"content": "c"}], "top_p": 1}

    assert list(differences(recorded, asked)) == [
        Difference("messages[1].content", "b", "c"),
        Difference("seed", 1, MISSING),
        Difference("top_p", MISSING, 1),
    ]
    assert repr(MISSING) == "(absent)"


def test_an_item_put_in_or_left_out_is_one_difference() -> None:
    assert found(["a", "b", "c"], ["a", "new", "b", "c"]) == [("[1]", MISSING, "new")]
    assert found(["a", "b", "c"], ["b", "c"]) == [("[0]", "a", MISSING)]
    assert found(["a"], ["a", "b", "c"]) == [("[1]", MISSING, "b"), ("[2]", MISSING, "c")]
    assert found(["a", "a"], ["a", "a", "a"]) == [("[2]", MISSING, "a")]
    assert found([1, "x", 2], [1, "y", 3, 2]) == [("[1]", "x", "y"), ("[2]", MISSING, 3)]


def test_values_of_two_kinds_differ_as_a_whole() -> None:
    assert found({"a": {"b": 1}}, {"a": [1]}) == [("a", {"b": 1}, [1])]
    assert found({"a": True}, {"a": 1}) == [("a", True, 1)]
    assert found(b"x", {}) == [("(whole body)", b"x", {})]


def test_lists_in_lists_are_compared_in_no_time() -> None:
    one, other = 1, 2
    deep: list[Json] = [[one], [other]]
    for _ in range(60):
        deep = [[item] for item in deep]

    # Comparing each list three times would take 3 to the power of 60 steps.
    [difference] = differences(deep[0], deep[1])
    assert (difference.recorded, difference.asked) == (1, 2)


@given(VALUES, VALUES)
def test_nothing_that_is_equal_is_called_a_difference(one: Json, other: Json) -> None:
    one, other = (parse_body(json.dumps(value).encode()) for value in (one, other))
    assume(one != other)

    assert all(canonical(old) != canonical(new) for _, old, new in found(one, other) if MISSING not in (old, new))


def test_a_replacement_that_its_pattern_cannot_fill_is_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match=r"'\\\\9' is no replacement for 'a': invalid group reference 9"):
        parse_substitution(("a", "\\9"))
