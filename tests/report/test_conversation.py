"""A call as a conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_samurai.bill import Call
from pytest_samurai.errors import SamuraiError
from pytest_samurai.report import conversation, message_lines
from pytest_samurai.wire import Interaction, Message, Part, Reply, Request

CHAT = "https://api.test/v1/chat/completions"
TOOL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}


def call(request: Any, reply: Any, url: str = CHAT) -> Call:
    bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in (request, reply)]
    answer = Reply(200, "OK", (("content-type", "application/json"),), bodies[1])
    return Call(Interaction(Request("POST", url, (), bodies[0]), answer), number=1, replayed=True)


def test_it_has_what_was_asked_and_what_was_answered() -> None:
    messages = [{"role": "system", "content": "Be brief.\nBe kind."}, {"role": "user", "content": "Rain?"}]
    message = {"role": "assistant", "content": None, "tool_calls": [TOOL]}
    talk = conversation(call({"model": "m", "messages": messages}, {"choices": [{"index": 0, "message": message}]}))
    assert [line for said in [*talk.asked, *talk.answered] for line in message_lines(said)] == [
        "system: Be brief.",
        "  Be kind.",
        "user: Rain?",
        'assistant: tool call weather({"city": "Paris"})',
    ]
    assert talk.why_unread is None


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        (Message("user", (Part("text", "Look:"), Part("image_url", ""))), ["user: Look:", "  (image url)"]),
        (Message("tool", (Part("tool_result", "12\n13"),), "weather"), ["tool weather: tool result: 12", "  13"]),
        (Message("assistant", (Part("tool_call", "{}", None),)), ["assistant: tool call ?({})"]),
        (Message("", (Part("text", "Once"),)), ["text: Once"]),
        (Message("assistant", ()), ["assistant: (nothing)"]),
        (Message("us\x1ber", (Part("a\nb", ""), Part("text", "\x1b[2J"))), ["us\\x1ber: (a", "  b)", "  \\x1b[2J"]),
    ],
)
def test_a_message_is_shown_part_by_part_without_what_a_terminal_obeys(message: Message, lines: list[str]) -> None:
    assert list(message_lines(message)) == lines


def test_it_says_why_a_request_cannot_be_read() -> None:
    reply = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hm"}}]}
    talk = conversation(call(b"no JSON", reply))
    assert (talk.asked, [said.text for said in talk.answered]) == ((), ["Hm"])
    with pytest.raises(SamuraiError) as unread:
        call(b"no JSON", reply).messages  # noqa: B018 - reading it is what raises
    assert talk.why_unread == str(unread.value)


def test_the_tools_of_a_call_are_those_of_its_lists() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("a", "b")]
    assert call({"model": "m", "messages": [], "tools": tools}, {}).tools == tools
    assert call({"model": "m", "messages": [], "tools": {"name": "a"}}, {}).tools == [{"name": "a"}]
    assert call({"model": "m", "messages": []}, {}).tools == []
