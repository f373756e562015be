"""The cause of a miss: what changed, in a few words that are the same in all tests."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.matching.cause import cause_of
from pytest_samurai.matching.differences import differences
from pytest_samurai.text import Cause
from pytest_samurai.wire import dialect_of
from tests.matching.test_miss import BODY, asking, diagnosed, recording, request

Json = Any
CHAT = dialect_of("https://h/v1/chat/completions")
GEMINI = dialect_of("https://h/v1beta/models/m:generateContent")


def cause(old: Json, new: Json) -> Cause:
    return cause_of(list(differences(old, new)), CHAT, old, new)


def body(system: str = "You are a guide. Be kind.", user: str = "Hi there?", **more: Json) -> Json:
    return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": user}], **more}


def tool(name: object, description: str = "x") -> Json:
    return {"type": "function", "function": {"name": name, "description": description}}


EXAMPLE = {"role": "user", "content": "An example."}
LONG = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (body(), body("You are a guide. Answer in one word. Be kind."), "messages[0], one sentence added"),
        (body(), body(user="Hi there, Ann?"), "messages[1], one word added"),
        (body(temperature=0.7), body(temperature=0.2), "temperature 0.7 -> 0.2"),
        (body(), body(temperature=0.2), "temperature (absent) -> 0.2"),
        (body(model="gpt-4o"), body(model="gpt-4o-mini"), "model gpt-4o -> gpt-4o-mini"),
        (body(tools=[tool("a")]), body(tools=[tool("a"), tool("b")]), "tool b added"),
        (body(tools=[tool("a"), tool("b")]), body(tools=[tool("a")]), "tool b removed"),
        (body(tools=[tool("a", "one word")]), body(tools=[tool("a", "two words")]), "tool a changed"),
        (body(tools=[tool(1)]), body(tools=[tool(2)]), "tools[0].function.name 1 -> 2"),
        (body(), body(tools=[tool("a")]), "tools added"),
        (body(tools=[tool("a")]), body(), "tools removed"),
        (body(), {"messages": [*body()["messages"], EXAMPLE]}, "messages[2] added"),
        ({"messages": [*body()["messages"], EXAMPLE]}, body(), "messages[2] removed"),
        (
            body(response_format=LONG),
            body(response_format={"type": "text"}),
            "type json_schema -> text; response_format.json_schema removed",
        ),
        (
            body("One thing. Two things."),
            body("One thing. Two things. Three.", user="Hi there, Ann?", temperature=1),
            "messages[0], one sentence added; messages[1], one word added; temperature (absent) -> 1",
        ),
        (
            body(a=1, b=1, c=1, d=1),
            body(a=2, b=2, c=2, d=2),
            "a 1 -> 2; b 1 -> 2; c 1 -> 2; and 1 more",
        ),
    ],
)
def test_a_change_of_a_request_is_told_by_its_part(old: Json, new: Json, what: str) -> None:
    assert what in cause(old, new).what


def test_several_changes_of_a_message_are_told_together() -> None:
    def parts(*texts: str) -> Json:
        return {"messages": [{"role": "user", "content": [{"type": "text", "text": text} for text in texts]}]}

    old = parts("One is here.", "Two is here.", "Three are here.")
    assert cause(old, parts("One was here.", "Two is here. Yes.", "Three are here.")).what == (
        "messages[0], one word changed and one sentence added"
    )
    assert cause(old, parts("One was here.", "Two is here. Yes.", "Three here.")).what == "messages[0], 3 changes"
    assert (
        cause(old, parts("One was here.", "Two was here.", "Three are here.")).what == "messages[0], one word changed"
    )


def test_the_difference_is_shown_without_what_stays() -> None:
    told = cause(body(), body("You are a guide. Be brief. Be true. Be kind."))
    assert told.difference == ("+ Be brief.", "+ Be true.")
    assert cause(body("A b. C d."), body("A b.")).difference == ("- C d.",)
    assert cause(body("Rome is a town."), body("Rome is a city.")).difference == (
        "- Rome is a [town].",
        "+ Rome is a [city].",
    )
    assert cause(body(n=1), body(n=2)).difference == ()


def test_a_long_difference_is_cut() -> None:
    told = cause(body(), body("You are a guide. " + "Be kind. " * 6 + "x" * 1_000 + "."))
    assert told.difference == (*["+ Be kind."] * 4, "... and 2 lines more")
    assert cause(body(), body("You are a guide. " + "Be kind. " * 6)).difference[-1] == "... and 1 line more"
    [line] = cause(body(), body(f"You are a guide. {'x' * 1_000}. Be kind.")).difference
    assert "[... 843 characters ...]" in line


def test_tests_of_which_the_same_was_changed_have_one_cause() -> None:
    first = cause(body("You help Ann."), body("You help Ann. Be brief."))
    second = cause(body("You help Bob.", n=3), body("You help Bob. Be brief.", n=3))
    assert (first.name, first.what) == (second.name, second.what)
    assert first.name != cause(body("You help Ann."), body("You help Ann. Be long.")).name


def test_a_body_that_is_no_object_is_one_part() -> None:
    assert cause(b"a text here", b"a text there").what == "the body, one word changed"
    assert cause([1], [2]).what == "[0] 1 -> 2"


def test_messages_that_are_no_list_are_told_by_their_path() -> None:
    assert cause({"messages": {"a": "b"}}, {"messages": {"a": "c"}}).what == "messages.a b -> c"


def test_tools_that_a_dialect_does_not_name_are_told_as_a_whole() -> None:
    old, new = {"contents": [], "tools": [{"a": "b c d"}]}, {"contents": [], "tools": [{"a": "b c e"}]}
    assert cause_of(list(differences(old, new)), GEMINI, old, new).what == "tools, one word changed"


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (lambda: diagnosed(BODY), "no recordings"),
        (lambda: diagnosed(BODY, BODY, played=(0,)), "one more call than was recorded"),
        (lambda: diagnosed(asking("x y z"), asking("x y w")), "messages[1], one word changed"),
        (lambda: diagnosed(b'{"a": 1}', b'{"a":1}', match_on=("raw_body",)), "the bytes of the body, which hold"),
        (
            lambda: diagnosed(BODY, recording(request(BODY, "https://h/chat/completions")), match_on=("host",)),
            "host h -> www.samuraiapi.in",
        ),
        (
            lambda: diagnosed(asking("2026-01-02T03:04:05Z is it"), asking("2026-01-02T03:04:06Z is it")),
            'only values that vary from run to run, add to `normalize`: "datetime"',
        ),
        (lambda: diagnosed(BODY, BODY, denials=((0, "f"), (1, "f"))), "equal, but f of `match_on` says no"),
    ],
)
def test_a_miss_knows_its_cause(told: Any, what: str) -> None:
    assert what in told().what
