"""A test's last calls as a conversation that fits below a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.bill import Call, Meter, PriceList
from pytest_samurai.report.lastcalls import MOST_LINES, last_calls
from pytest_samurai.wire import Interaction, Reply, Request

Json = Any
URL = "https://h/v1/chat/completions"
SYSTEM = {"role": "system", "content": "Be brief."}
TOOL_CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}


def user(text: str) -> Json:
    return {"role": "user", "content": text}


def assistant(text: str | None, **more: Json) -> Json:
    return {"role": "assistant", "content": text, **more}


def call(messages: Json, *answers: Json, number: int = 1, status: int = 200, **more: Any) -> Call:
    choices = [{"index": index, "message": answer} for index, answer in enumerate(answers)]
    reply = {"choices": choices, "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}}
    asked = messages if isinstance(messages, bytes) else json.dumps({"model": "m", "messages": messages}).encode()
    body = {"error": {"message": "busy"}} if status >= 300 else reply
    interaction = Interaction(Request("POST", URL, (), asked), Reply(status, "", (), json.dumps(body).encode()))
    return Call(interaction, number=number, replayed=True, **more)


def test_a_call_shows_what_was_asked_since_the_last_answer_and_what_was_answered() -> None:
    first = call([SYSTEM, user("Rain?")], assistant(None, tool_calls=[TOOL_CALL]))
    result = {"role": "tool", "tool_call_id": "1", "content": "12 degrees\nrain"}
    second = call([SYSTEM, user("Rain?"), assistant(None, tool_calls=[TOOL_CALL]), result], assistant("Yes."), number=2)
    assert last_calls([first, second]) == [
        "call 1 (replayed, m, 10 + 2 tokens)",
        "  system: Be brief.",
        "  user: Rain?",
        '  assistant: tool call weather({"city": "Paris"})',
        "call 2 (replayed, m, 10 + 2 tokens)",
        "  tool: 12 degrees",
        "    rain",
        "  assistant: Yes.",
    ]


def test_an_error_shows_its_status() -> None:
    assert last_calls([call([user("Hi")], status=429)]) == ["call 1 (replayed, m, status 429)", "  user: Hi"]


def test_what_is_no_json_says_so() -> None:
    lines = last_calls([call(b"no JSON", assistant("Hm."))])
    assert lines[0].startswith("call 1 (replayed, model unknown, ")
    assert "request" in lines[1]
    assert lines[2] == "  assistant: Hm."


def test_a_long_message_is_cut_in_its_middle_and_says_how_much_is_missing() -> None:
    [_, *asked, answered] = last_calls([call([user("line\n" * 50 + "end\n\n")], assistant("x" * 1_000 + "end"))])
    assert asked == ["  user: line", *["    line"] * 3, "    [... 44 lines ...]", "    line", "    line", "    end"]
    assert answered == f"  assistant: {'x' * 49} [... 894 characters ...] {'x' * 57}end"


def test_of_many_messages_and_answers_the_nearest_are_shown() -> None:
    lines = last_calls([call([user(f"u{n}") for n in range(5)], *(assistant(f"a{n}") for n in range(5)))])
    assert lines[1:] == [
        *(f"  user: u{n}" for n in range(2, 5)),
        *(f"  assistant: a{n}" for n in range(3)),
        "  (2 answers more)",
    ]


@pytest.mark.parametrize("length", [1, 3, 8, 9])
@pytest.mark.parametrize("count", [1, 2, 5, 40, 100])
def test_as_many_calls_as_fit_are_shown_the_newest_last(length: int, count: int) -> None:
    calls = [call([user("line\n" * length)] * 3, assistant("a\n" * length), number=n + 1) for n in range(count)]
    lines = last_calls(calls)
    assert len(lines) <= MOST_LINES
    heads = [line for line in lines if line.startswith("call ")]
    assert heads == [f"call {n} (replayed, m, 10 + 2 tokens)" for n in range(count - len(heads) + 1, count + 1)]
    left_out = count - len(heads)
    before = f"({left_out} call{'s' * (left_out != 1)} before th{'ese' if len(heads) > 1 else 'is'})"
    assert (lines[0] == before) == (left_out > 0)


def test_a_call_of_more_lines_than_there_is_room_for_is_cut_in_its_middle() -> None:
    lines = last_calls([call([user("line\n" * 8)] * 3, assistant("a"))], most=11)
    assert len(lines) <= 11
    assert "  [... 17 lines ...]" in lines


def test_secrets_go_before_a_text_is_cut_and_nothing_is_obeyed_by_a_terminal() -> None:
    meter = Meter(PriceList(), lambda _, text: text.replace("secret" * 30, "[GONE]"))
    text = "\x1b[2J" + "secret" * 30 + "!"
    assert last_calls([call([user(text)], assistant(text), meter=meter)])[1:] == [
        "  user: \\x1b[2J[GONE]!",
        "  assistant: \\x1b[2J[GONE]!",
    ]
