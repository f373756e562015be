"""Tokens that nobody counted: estimated only on request, and always marked as estimated."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai import SettingsError, Usage
from pytest_samurai.bill import estimate
from pytest_samurai.bill.estimate import require_tokenizer
from pytest_samurai.wire.chat import CHAT
from tests.project import Project


def estimated_usage(model: str | None, request: dict[str, Any], response: dict[str, Any]) -> Usage:
    messages, tools = CHAT.messages(request), CHAT.tools(request)
    return estimate.estimated_usage(model, messages, tools, CHAT.answers(response))


def asked(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content} for content in contents], **more}


def answered(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}


FRANCE = "What is the capital of France?"


def test_a_prompt_is_its_messages_with_what_stands_around_them() -> None:
    """Seven tokens of text, one of the role, three around the message, three for the answer; two of the answer."""
    assert estimated_usage("gpt-4o", asked(FRANCE), answered(content="Paris.")) == Usage(1, 14, 2, 16, estimated=True)


def test_a_part_that_is_text_counts_as_the_text_and_a_picture_does_not() -> None:
    parts = [{"type": "text", "text": FRANCE}, {"type": "image_url", "image_url": {"url": "data:,x"}}, "odd"]
    assert estimated_usage("gpt-4o", asked(parts), {}) == estimated_usage("gpt-4o", asked(FRANCE), {})


def test_tools_and_their_calls_are_counted() -> None:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {}}}
    plain, with_tools = (estimated_usage("gpt-4o", asked(FRANCE, **more), {}) for more in ({}, {"tools": [tool]}))
    assert with_tools.prompt_tokens > plain.prompt_tokens + 5
    calls = [{"function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}, {"function": None}, "odd"]
    assert estimated_usage("gpt-4o", {}, answered(content=None, tool_calls=calls)).completion_tokens == 8


def test_functions_are_counted_as_tools_are() -> None:
    functions, tools = ({name: [{"name": "f"}]} for name in ("functions", "tools"))
    counted = estimated_usage("gpt-4o", asked(FRANCE, **functions), {})
    assert (
        counted == estimated_usage("gpt-4o", asked(FRANCE, **tools), {}) != estimated_usage("gpt-4o", asked(FRANCE), {})
    )


@pytest.mark.parametrize("name", ["name", "refusal"])
def test_the_texts_beside_the_content_are_counted(name: str) -> None:
    message = {"role": "user", "content": FRANCE}
    plain, more = (estimated_usage("gpt-4o", {"messages": [one]}, {}) for one in (message, {**message, name: "word"}))
    assert more.prompt_tokens == plain.prompt_tokens + 1


def test_several_choices_are_all_counted() -> None:
    reply = {"choices": [*answered(content="Paris.")["choices"] * 3, {"message": None}, None]}
    assert estimated_usage("gpt-4o", {}, reply).completion_tokens == 6


def test_a_model_that_the_tokenizer_does_not_know_is_counted_as_the_newest() -> None:
    assert estimated_usage(None, asked(FRANCE), {}) == estimated_usage("gpt-4o", asked(FRANCE), {})


def test_each_model_is_counted_with_its_own_tokenizer() -> None:
    greeting = answered(content="こんにちは世界")
    counts = [estimated_usage(model, {}, greeting).completion_tokens for model in ("gpt-4o", "gpt-4", "unknown")]
    assert counts == [2, 4, 2]


def test_what_looks_like_a_token_of_the_tokenizers_own_is_text() -> None:
    assert estimated_usage("gpt-4o", asked("<|endoftext|>"), {}).prompt_tokens > 8


@pytest.mark.parametrize("request_", [{}, {"messages": None}, {"messages": ["odd", 3]}])
def test_what_is_no_chat_has_nothing_to_count(request_: dict[str, Any]) -> None:
    assert estimated_usage("gpt-4o", request_, {"choices": "odd"}) == Usage(1, 3, 0, 3, estimated=True)


def test_without_the_tokenizer_the_option_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_tokenizer()
    monkeypatch.setattr("pytest_samurai.bill.estimate.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install 'pytest-samurai\[estimate\]'"):
        require_tokenizer()


TESTS = """
@pytest.fixture(scope="session")
def samurai_config():
    return {"estimate_usage": ESTIMATE, "stream_usage": False}

@pytest.mark.samurai(max_total_tokens=15, max_cost=1)
def test_it(samurai_client, samurai):
    question = {"role": "user", "content": "What is the capital of France?"}
    samurai_client.post("/chat/completions", json={"model": "gpt-4o", "messages": [question], "stream": True})
"""


def test_an_estimate_is_judged_by_a_budget_and_called_one(project: Project) -> None:
    project.tests(TESTS.replace("ESTIMATE", "True"))
    for _ in ("recorded", "replayed"):
        result = project.run()
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "max_total_tokens is 15, used 16 (+1)",
                "  call  model      prompt  completion      total         cost",
                "     1  gpt-4o        ~14          ~2        ~16   $0.0000550",
                "  ~ is an estimate: the server did not say what the call used",
            ]
        )
        project.server.stop()


def test_nothing_is_estimated_that_was_not_asked_for(project: Project) -> None:
    project.tests(TESTS.replace("ESTIMATE", "False"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*max_cost cannot be judged: the usage of call 1 (gpt-4o) is unknown*"])


def test_an_estimate_that_is_no_flag_is_a_mistake(project: Project) -> None:
    project.tests(TESTS.replace("ESTIMATE", "'yes'"))
    project.run().stdout.fnmatch_lines(["*estimate_usage is 'yes'; it must be True or False"])
