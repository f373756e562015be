"""Budgets: what they let pass, and what a verdict shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import Budget, Call, UnknownUsage, Usage
from pytest_samurai.budget import table, total
from pytest_samurai.chat import Interaction, Reply, Request


def call(number: int, usage: Any = None, *, model: str | None = "gpt-4o-mini", status: int = 200) -> Call:
    reply: dict[str, Any] = {} if model is None else {"model": model}
    if usage is not None:
        reply["usage"] = usage
    asked = Request("POST", "https://h/v1/chat/completions", (), b"{}")
    return Call(Interaction(asked, Reply(status, "", (), json.dumps(reply).encode())), number=number, replayed=True)


def tokens(prompt: int, completion: int, whole: int | None = None) -> dict[str, int]:
    whole = prompt + completion if whole is None else whole
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": whole}


# How long a machine takes for one example is no property of the code.
law = settings(deadline=None)
CALLS = [call(1, tokens(1000, 200)), call(2, tokens(30, 4))]

counts = st.integers(0, 10_000)
usages = st.lists(st.tuples(counts, counts), max_size=5).map(
    lambda pairs: [call(number, tokens(*pair)) for number, pair in enumerate(pairs, 1)]
)
LIMITS = {
    "max_requests": "requests",
    "max_prompt_tokens": "prompt_tokens",
    "max_completion_tokens": "completion_tokens",
    "max_total_tokens": "total_tokens",
}


@law
@given(usages, st.sampled_from(sorted(LIMITS)))
def test_a_limit_lets_pass_all_that_was_used_and_not_one_less(calls: list[Call], name: str) -> None:
    used = getattr(total(calls), LIMITS[name])
    assert Budget(**{name: used}).verdict(calls) is None
    assert Budget(**{name: used + 1}).verdict(calls) is None
    broken = Budget(**{name: used - 1}).verdict(calls)
    assert broken is not None
    assert broken.startswith(f"{name} is {used - 1:,}, used {used:,} (+1)\n")


@law
@given(usages)
def test_a_sum_is_the_sum_of_each_of_its_numbers(calls: list[Call]) -> None:
    used = total(calls)
    known = [one.usage for one in calls if one.usage is not None]
    assert used.requests == len(calls)
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert getattr(used, name) == sum(getattr(usage, name) for usage in known)


@law
@given(usages)
def test_a_budget_without_limits_is_never_broken(calls: list[Call]) -> None:
    assert Budget().verdict([*calls, call(99)]) is None


def test_no_calls_use_nothing() -> None:
    assert total([]) == Usage()
    assert Budget(max_requests=0, max_total_tokens=0).verdict([]) is None


def test_large_numbers_of_a_verdict_are_grouped_in_thousands() -> None:
    verdict = Budget(max_prompt_tokens=1000).verdict([call(1, tokens(2_500_000, 0))])
    assert verdict is not None
    assert verdict.startswith("max_prompt_tokens is 1,000, used 2,500,000 (+2,499,000)\n")


def test_a_limit_of_zero_is_a_limit() -> None:
    assert Budget(max_requests=0).verdict(CALLS[:1]) is not None


def test_a_verdict_has_both_numbers_and_a_line_for_each_call() -> None:
    assert Budget(max_total_tokens=1100).verdict([*CALLS, call(12, tokens(0, 0), model=None)]) == (
        "max_total_tokens is 1,100, used 1,234 (+134)\n"
        "  call  model           prompt  completion      total\n"
        "     1  gpt-4o-mini      1,000         200      1,200\n"
        "     2  gpt-4o-mini         30           4         34\n"
        "    12  ?                    0           0          0"
    )


def test_a_verdict_names_every_limit_that_was_broken_and_no_other() -> None:
    budget = Budget(max_requests=1, max_prompt_tokens=1030, max_completion_tokens=10, max_total_tokens=1000)
    verdict = budget.verdict(CALLS)
    assert verdict is not None
    assert verdict.splitlines()[:3] == [
        "max_requests is 1, used 2 (+1)",
        "max_completion_tokens is 10, used 204 (+194)",
        "max_total_tokens is 1,000, used 1,234 (+234)",
    ]
    assert "max_prompt_tokens" not in verdict


def test_a_total_is_what_the_server_said_and_not_what_its_parts_make() -> None:
    calls = [call(1, tokens(10, 5, 40))]
    assert Budget(max_total_tokens=39).verdict(calls) is not None
    assert Budget(max_total_tokens=40).verdict(calls) is None


def test_a_limit_on_tokens_does_not_hold_if_a_call_did_not_say_what_it_used() -> None:
    calls = [CALLS[0], call(2, model=None), call(3, model="o1")]
    verdict = Budget(max_prompt_tokens=9999, max_total_tokens=9999).verdict(calls)
    assert verdict == (
        "max_prompt_tokens, max_total_tokens cannot be judged:"
        " the usage of call 2 (model unknown), call 3 (o1) is unknown: the reply has no usage\n"
        "  call  model           prompt  completion      total\n"
        "     1  gpt-4o-mini      1,000         200      1,200\n"
        "     2  ?                    ?           ?          ?\n"
        "     3  o1                   ?           ?          ?"
    )


def test_a_limit_on_requests_counts_calls_of_unknown_usage() -> None:
    assert Budget(max_requests=2).verdict([call(1), call(2)]) is None
    verdict = Budget(max_requests=1).verdict([call(1), call(2)])
    assert verdict is not None
    assert verdict.startswith("max_requests is 1, used 2 (+1)\n")


def test_a_broken_limit_is_named_beside_those_that_cannot_be_judged() -> None:
    verdict = Budget(max_requests=0, max_total_tokens=5).verdict([call(1)])
    assert verdict is not None
    assert verdict.splitlines()[0] == "max_requests is 0, used 1 (+1)"
    assert verdict.splitlines()[1].startswith("max_total_tokens cannot be judged: ")


def test_an_error_reply_is_a_request_without_tokens() -> None:
    calls = [call(1, status=500), CALLS[1]]
    assert total(calls) == Usage(requests=2, prompt_tokens=30, completion_tokens=4, total_tokens=34)


def test_a_sum_with_an_unknown_part_names_the_calls_that_did_not_say() -> None:
    with pytest.raises(UnknownUsage) as caught:
        total([CALLS[0], call(2)])
    assert str(caught.value) == "the usage of call 2 (gpt-4o-mini) is unknown: the reply has no usage"


def test_the_columns_of_a_table_stand_below_each_other() -> None:
    long = "provider10-claude-sonnet-4-20250514(clinesp)"
    lines = table([*CALLS, call(3, tokens(1, 2), model=long)])
    assert len({len(line) for line in lines}) == 1
    assert long in lines[3]


def test_the_limits_of_a_budget_are_those_that_were_set() -> None:
    assert Budget(max_requests=0, max_total_tokens=7).limits() == {"max_requests": 0, "max_total_tokens": 7}
