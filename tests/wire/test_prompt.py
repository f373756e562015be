"""The prompt in a request: its length, and the names of its parts."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.wire.chat import CHAT
from pytest_samurai.wire.completions import COMPLETIONS
from pytest_samurai.wire.dialects import dialect_of
from pytest_samurai.wire.prompt import part_at, prompt_length, text_length

Json = Any

WEATHER = {"type": "function", "function": {"name": "get_weather"}}
REQUEST = {
    "model": "m",
    "temperature": 0.5,
    "messages": [{"role": "system", "content": "é"}, {"role": "user", "content": "a"}],
    "tools": [WEATHER],
    "functions": [{"name": "old"}],
}


def test_parameters_are_no_part_of_the_length_of_a_prompt() -> None:
    asked = {"messages": [{"role": "user", "content": "é"}]}

    assert prompt_length(CHAT, asked) == len('{"messages": [{"role": "user", "content": "é"}]}')
    assert prompt_length(CHAT, {**asked, "temperature": 0.5, "model": "m", "n": 3}) == prompt_length(CHAT, asked)
    assert prompt_length(CHAT, {"model": "m"}) == 0


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("chat/completions", "messages tools functions response_format"),
        ("completions", "prompt suffix"),
        ("responses", "instructions input tools text prompt"),
        ("messages", "system messages tools"),
        ("embeddings", "input"),
        (
            "models/g:generateContent",
            "systemInstruction system_instruction contents tools cachedContent content requests",
        ),
        ("api/chat", "system messages prompt suffix template tools format input"),
        ("v2/chat", "messages tools documents response_format preamble chat_history message tool_results texts inputs"),
        ("model/m/converse", "system messages toolConfig"),
        ("images/generations", "prompt"),
        ("audio/speech", "input instructions prompt"),
        ("moderations", "input"),
    ],
)
def test_what_an_api_reads_as_its_prompt_and_nothing_else_has_a_length(path: str, names: str) -> None:
    dialect = dialect_of(f"https://h/{path}")
    others = ("model", "max_tokens", "n", "stream", "temperature", "tool_choice", "user", "metadata", "stop", "top_p")
    asked = dict.fromkeys([*names.split(), *others], "a")

    assert dialect.prompt(asked) == dict.fromkeys(names.split(), "a")
    assert dialect.prompt({}) == {}


def test_a_body_that_is_no_object_is_prompt_as_a_whole() -> None:
    assert prompt_length(CHAT, ["é"]) == len('["é"]')
    assert prompt_length(CHAT, "é\xff".encode()) == 2
    assert prompt_length(CHAT, b"\xff") == 1
    assert prompt_length(CHAT, b"") == 0


def test_a_picture_has_no_length() -> None:
    picture = {"image_url": {"url": "data:image/png;base64," + "A" * 9_000}}

    assert text_length([picture, "see data:,x and more"]) == len('[{"image_url": {"url": ""}}, "see  and more"]')


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (("messages", 1, "content"), (("messages", 1), "messages[1] (user)", True)),
        (("messages", 0), (("messages", 0), "messages[0] (system)", True)),
        (("tools", 0, "function", "name"), (("tools", 0), "tools[0] (get_weather)", True)),
        (("tools",), (("tools",), "tools", True)),
        (("functions", 0, "name"), (("functions",), "functions", True)),
        (("temperature",), (("temperature",), "temperature", False)),
        ((), ((), "the body", True)),
    ],
)
def test_a_part_of_a_request_has_a_name_and_may_be_prompt(path: Json, part: Json) -> None:
    assert part_at(CHAT, path, REQUEST, REQUEST) == part


def test_the_first_request_that_has_a_part_names_it() -> None:
    longer = {"messages": [*REQUEST["messages"], {"role": "assistant", "content": "b"}]}  # type: ignore[misc]  # a list

    assert part_at(CHAT, ("messages", 2), REQUEST, longer) == (("messages", 2), "messages[2] (assistant)", True)
    assert part_at(CHAT, ("tools", 0), longer, REQUEST).name == "tools[0] (get_weather)"


def test_an_item_of_another_shape_is_named_by_its_place_alone() -> None:
    assert part_at(CHAT, ("messages", 0), {"messages": ["a"]}, {"messages": ["b"]}).name == "messages[0]"
    assert part_at(CHAT, ("tools", 0), {"tools": [{"function": 2}]}, {}).name == "tools[0]"
    assert part_at(CHAT, ("messages", 0), {}, {"messages": "a"}) == (("messages", 0), "messages[0]", False)


def test_a_body_that_is_no_object_is_one_part() -> None:
    assert part_at(CHAT, ("messages", 0), REQUEST, b"text") == ((), "the body", True)


def test_the_prompt_of_the_older_completions_is_one_part() -> None:
    asked = {"model": "m", "prompt": ["a", "b"], "max_tokens": 5}

    assert prompt_length(COMPLETIONS, asked) == len('{"prompt": ["a", "b"]}')
    assert part_at(COMPLETIONS, ("prompt", 1), asked, asked) == (("prompt",), "prompt", True)
    assert part_at(COMPLETIONS, ("max_tokens",), asked, asked) == (("max_tokens",), "max_tokens", False)
