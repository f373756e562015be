"""What differs between two values, by its path."""

from __future__ import annotations

import json

from hypothesis import assume, given

from pytest_samurai.matching.bodies import canonical, parse_body
from pytest_samurai.matching.differences import MISSING, Difference, differences
from tests.matching.test_matcher import VALUES, Json


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
