"""Which requests count as the same: what counts, and what does not."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.matching.bodies import canonical, parse_body
from pytest_samurai.matching.differences import differences
from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.matching.matcher import Matcher
from pytest_samurai.matching.normalize import parse_substitution
from pytest_samurai.matching.paths import parse_path
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


# --- differences
