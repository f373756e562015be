"""What a page shows of a conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_samurai.report.forms.talk import LONGEST, Said, Talk, shortened
from pytest_samurai.wire import Chunk, Interaction, Request
from tests.report.calls import assistant, call, interaction, user

SYSTEM = {"role": "system", "content": "Be brief."}
WEATHER = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Kyoto"}'}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}


def facts(recorded: Interaction) -> list[str]:
    return [*Talk().told(call(recorded)).facts]


def test_a_call_is_told_by_what_was_sent_and_what_was_answered() -> None:
    told = Talk().told(
        call(interaction(SYSTEM, user("Rain?\nTell me."), answer=assistant(None, tool_calls=[WEATHER])), 3)
    )
    assert (told.number, told.model, told.why_unread) == (3, "gpt-4o-mini", "")
    assert [(said.speaker, said.parts) for said in told.asked] == [
        ("system", [("", "Be brief.")]),
        ("user", [("", "Rain?\nTell me.")]),
    ]
    assert told.answered == [Said("assistant", [("tool call weather", '{"city": "Kyoto"}')])]


def test_the_share_of_a_message_is_estimated_by_its_length_and_said_to_be() -> None:
    told = Talk().told(call(interaction(user("a" * 28), user("a" * 28), user("b" * 68))))
    assert [(said.share, said.percent) for said in told.asked] == [
        ("about 25%, 25 tokens", 25),
        ("about 25%, 25 tokens", 25),
        ("about 50%, 50 tokens", 50),
    ]


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}])
def test_without_a_usage_a_share_has_no_tokens(usage: dict[str, int] | None) -> None:
    [said] = Talk().told(call(interaction(user("Rain?"), usage=usage))).asked
    assert said.share == "about 100%"


def test_tools_are_part_of_the_prompt() -> None:
    told = Talk().told(call(interaction(user("Rain?"), tools=[TOOL], functions=[TOOL])))
    assert [(said.speaker, said.percent) for said in told.asked] == [("tools", 92), ("user", 8)]
    shown = '{"type": "function", "function": {"name": "weather", "parameters": {}}}'
    assert told.asked[0].parts == [("", f"[{shown}, {shown}]")]


def test_what_was_said_before_in_the_test_is_told_and_cut_to_its_beginning() -> None:
    talk, long = Talk(), user("x" * 200)
    first, answered = call(interaction(SYSTEM, long)), assistant("Paris.")
    talk.told(first)
    talk.heard(first)
    told = talk.told(call(interaction(SYSTEM, long, answered, user("And Japan?")), 2))
    assert [(said.speaker, said.before, said.parts[0][1]) for said in told.asked] == [
        ("system", "sent before, in call 1", "Be brief."),
        ("user", "sent before, in call 1", f"{'x' * 90} [... 110 characters more]"),
        ("assistant", "answered before, in call 1", "Paris."),
        ("user", "", "And Japan?"),
    ]
    assert told.facts[-1] == "about 92% of the prompt said before"


def test_of_many_messages_the_middle_is_left_out_and_counted() -> None:
    talk = Talk()
    old = [user(f"old {number}") for number in range(10)]
    talk.heard(call(interaction(*old)))
    told = talk.told(call(interaction(*old, *(user(f"new {number}") for number in range(40))), 2))
    shown = [said.parts[0][1] if said.parts else (said.speaker, said.before, said.percent) for said in told.asked]
    assert shown == [
        "old 0",
        ("7 messages left out", "said before", 14),
        *("old 8", "old 9"),
        *(f"new {number}" for number in range(10)),
        ("10 messages left out", "", 20),
        *(f"new {number}" for number in range(20, 40)),
    ]


def test_one_message_too_many_is_shown_rather_than_counted() -> None:
    told = Talk().told(call(interaction(*(user(f"new {number}") for number in range(31)))))
    assert len([said for said in told.asked if said.parts]) == 31


def test_a_long_text_is_cut_in_its_middle_with_the_count_of_what_was_left_out() -> None:
    assert shortened("a" * 30, 30) == "a" * 30
    assert shortened("a" * 25 + "b" * 25, 30) == f"{'a' * 20}\n[... 20 characters left out ...]\n{'b' * 10}"
    [said] = Talk().told(call(interaction(user("x" * (LONGEST + 1))))).asked
    assert "\n[... 1 character left out ...]\n" in said.parts[0][1]
    [said] = Talk().told(call(interaction(user("x" * 100))), longest=30).asked
    assert "\n[... 70 characters left out ...]\n" in said.parts[0][1]


def test_nothing_of_it_is_obeyed_by_a_terminal() -> None:
    hostile = {"role": "us\x1ber", "name": "n\n", "content": "a\nb\x1b[2J\u202e"}
    told = Talk().told(call(interaction(hostile, answer={"role": "r\x1b", "content": "\x1b"}, model="m\x1b\n")))
    assert told.asked[0].speaker == "us\\x1ber n\\n"
    assert told.asked[0].parts == [("", "a\nb\\x1b[2J\\u202e")]
    assert told.answered == [Said("r\\x1b", [("", "\\x1b")])]
    shown = Interaction(interaction().request, replace(interaction().reply, body=b'{"model": "m\\u001b"}'))
    assert Talk().told(call(shown)).model == "m\\x1b"


CACHED = {
    "prompt_tokens": 1000,
    "completion_tokens": 1,
    "total_tokens": 1001,
    "prompt_tokens_details": {"cached_tokens": 900},
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ["100 prompt + 20 completion tokens", "$0.000140", "1.50 s"]),
        ({"usage": None, "duration": None}, ["tokens unknown", "cost unknown"]),
        (
            {"usage": CACHED, "chunks": (Chunk(10, 0.25), Chunk(20, 1.5))},
            [
                "1,000 prompt (900 cached) + 1 completion token",
                "$0.00100",
                "streamed, first chunk after 0.25 s",
                "1.50 s in all",
            ],
        ),
        (
            {"status": 429, "usage": None, "duration": 0.0042},
            ["status 429", "0 prompt + 0 completion tokens", "$0.00", "4.2 ms"],
        ),
    ],
)
def test_the_facts_of_a_call_are_its_status_tokens_cost_and_time(changes: Any, said: list[str]) -> None:
    assert facts(interaction(user("Hi"), **changes)) == said


def test_a_stream_of_another_tool_has_no_time_of_its_first_chunk() -> None:
    assert facts(interaction(user("Hi"), chunks=(Chunk(10, 0.0),), duration=None))[2:] == []


def test_a_request_that_cannot_be_read_says_why() -> None:
    recorded = replace(interaction(), request=Request("POST", "https://api.test/v1/chat/completions", (), b"no JSON"))
    told = Talk().told(call(recorded))
    assert told.why_unread == "the request is not a JSON object: b'no JSON'"
    assert (told.asked, [said.parts for said in told.answered]) == ([], [[("", "Paris.")]])
