"""Budgets: what they allow, and what a verdict shows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from importlib import metadata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_samurai import (
    Budget,
    Call,
    CassetteError,
    UnknownPrice,
    UnknownUsage,
    Usage,
    cassette,
)
from pytest_samurai.bill.budget import table, total, total_cost
from pytest_samurai.bill.publiclist import PublicList
from pytest_samurai.server import request as server
from pytest_samurai.server.errors import ApiError
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from tests.project import Project


def call(
    number: int, usage: Any = None, *, model: str | None = "gpt-4o-mini", status: int = 200, tier: str | None = None
) -> Call:
    reply: dict[str, Any] = {} if model is None else {"model": model}
    if tier is not None:
        reply["service_tier"] = tier
    if usage is not None:
        reply["usage"] = usage
    asked = Request("POST", "https://h/v1/chat/completions", (), b"{}")
    return Call(Interaction(asked, Reply(status, "", (), json.dumps(reply).encode())), number=number, replayed=True)


def tokens(prompt: int, completion: int, whole: int | None = None) -> dict[str, int]:
    whole = prompt + completion if whole is None else whole
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": whole}


# How long one example takes is not a property of the code.
law = settings(deadline=None)
CALLS = [call(1, tokens(1000, 200)), call(2, tokens(30, 4))]

counts = st.integers(0, 10_000)
usages = st.lists(st.tuples(counts, counts), max_size=5).map(
    lambda pairs: [call(number, tokens(prompt + 1, answer)) for number, (prompt, answer) in enumerate(pairs, 1)]
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
    known = [call.usage for call in calls if call.usage is not None]
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
    assert Budget(max_total_tokens=1100).verdict([*CALLS, call(12, tokens(0, 0), model=None, status=500)]) == (
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


def test_what_only_the_total_has_counts_as_answered_as_it_is_billed() -> None:
    thinking = [call(1, tokens(12, 1, 399))]
    assert Budget(max_completion_tokens=386).verdict(thinking) is not None
    assert Budget(max_completion_tokens=387).verdict(thinking) is None


@pytest.mark.parametrize("whole", [0, 3])
def test_a_total_that_is_less_than_its_parts_is_not_believed(whole: int) -> None:
    calls = [call(1, tokens(10, 5, whole))]
    verdict = Budget(max_total_tokens=14).verdict(calls)
    assert verdict is not None
    assert verdict.startswith("max_total_tokens is 14, used 15 (+1)")
    assert Budget(max_total_tokens=15).verdict(calls) is None


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


def test_a_usage_that_is_told_in_part_is_not_said_to_be_in_other_units() -> None:
    broken = {"prompt_tokens": 10, "completion_tokens": None}
    with pytest.raises(UnknownUsage) as caught:
        total([call(1, broken), call(2), call(3, {"type": "duration", "seconds": 9}), call(4, {"total_tokens": -1})])
    assert str(caught.value) == (
        "the usage of call 2 (gpt-4o-mini) is unknown: the reply has no usage;"
        " the usage of call 1 (gpt-4o-mini), call 4 (gpt-4o-mini) is unknown: the reply has only a part of it;"
        " the usage of call 3 (gpt-4o-mini) is unknown: the reply has one, but not in tokens"
    )


def test_a_usage_of_zeros_is_unknown_and_not_nothing() -> None:
    with pytest.raises(UnknownUsage) as caught:
        total([CALLS[0], call(2, tokens(0, 0)), call(3, {"prompt_tokens": 10, "completion_tokens": None})])
    assert str(caught.value) == (
        "the usage of call 3 (gpt-4o-mini) is unknown: the reply has only a part of it;"
        " the usage of call 2 (gpt-4o-mini) is unknown: the reply says 0 tokens, as servers do that do not count"
    )
    assert total([call(1, tokens(0, 0), status=500)]) == Usage(requests=1)


def test_the_columns_of_a_table_stand_below_each_other() -> None:
    long = "provider10-claude-sonnet-4-20250514(clinesp)"
    lines = table([*CALLS, call(3, tokens(1, 2), model=long)])
    assert len({len(line) for line in lines}) == 1
    assert long in lines[3]


def test_the_limits_of_a_budget_are_those_that_were_set() -> None:
    assert Budget(max_requests=0, max_total_tokens=7).limits() == {"max_requests": 0, "max_total_tokens": 7}


# --- money


def priced(number: int, prompt: int, *, cached: int = 0, model: str = "gpt-4o") -> Call:
    usage = {**tokens(prompt, 0), "prompt_tokens_details": {"cached_tokens": cached}}
    row = Price(source="a", input_mtok=Decimal(2), output_mtok=Decimal(8), cache_read_mtok=Decimal(1))
    reply = json.dumps({"model": model, "usage": usage}).encode()
    asked = Request("POST", "https://h/v1/chat/completions", (), b"{}")
    return Call(Interaction(asked, Reply(200, "", (), reply), price=row), number=number, replayed=True)


def test_a_budget_of_money_is_held_against_what_the_list_says_and_shows_what_each_call_costs() -> None:
    calls = [priced(1, 1000, cached=900), priced(2, 10)]
    assert total_cost(calls) == Decimal("0.00112")
    assert total_cost(calls, as_listed=True) == Decimal("0.00202")
    assert Budget(max_cost=Decimal("0.00202")).verdict(calls) is None
    assert Budget(max_cost=Decimal("0.002")).verdict(calls) == (
        "max_cost is $0.00200, used $0.00202 (+$0.0000200)\n"
        "  call  model      prompt  completion      total         cost\n"
        "     1  gpt-4o      1,000           0      1,000     $0.00200\n"
        "     2  gpt-4o         10           0         10   $0.0000200"
    )


def test_a_budget_of_money_does_not_hold_on_a_model_without_a_price() -> None:
    calls = [priced(1, 10), call(2, tokens(5, 5), model="tiny"), call(3, tokens(5, 5), model="tiny")]
    assert Budget(max_cost=Decimal(1), max_total_tokens=100).verdict(calls) == (
        "max_cost cannot be judged: the price of call 2 (tiny), call 3 (tiny) is unknown\n"
        "  To set it, in US dollars per million tokens, add to pyproject.toml:\n"
        "  [tool.pytest-samurai.prices]\n"
        '  "tiny" = { input_mtok = "?", output_mtok = "?" }\n'
        "  call  model      prompt  completion      total         cost\n"
        "     1  gpt-4o         10           0         10   $0.0000200\n"
        "     2  tiny            5           5         10            ?\n"
        "     3  tiny            5           5         10            ?"
    )


def test_a_price_that_is_unknown_for_a_service_tier_names_the_tier() -> None:
    calls = [call(1, tokens(5, 5), tier="scale"), call(2, tokens(5, 5)), call(3, tokens(5, 5), tier="default")]
    with pytest.raises(UnknownPrice) as caught:
        total_cost([*calls, call(4, tokens(5, 5), tier="scale"), call(5, tokens(5, 5), tier="a\x1b[31m")])
    assert str(caught.value).splitlines()[:3] == [
        "the price of call 1 (gpt-4o-mini), call 4 (gpt-4o-mini) in the service tier scale is unknown",
        "  the price of call 2 (gpt-4o-mini), call 3 (gpt-4o-mini) is unknown",
        "  the price of call 5 (gpt-4o-mini) in the service tier a\\x1b[31m is unknown",
    ]


def test_a_call_whose_parts_are_more_than_the_whole_has_no_cost_and_no_price_would_mend_it() -> None:
    odd = priced(1, 10, cached=20)
    nonsense = "the usage of call 1 (gpt-4o) makes no sense: its parts exceed the whole"
    with pytest.raises(UnknownPrice) as caught:
        total_cost([odd])
    assert str(caught.value) == nonsense
    with pytest.raises(UnknownPrice) as caught:
        total_cost([odd, call(2, tokens(1, 1), model=None)])
    assert str(caught.value) == f"{nonsense}\n  the price of call 2 (model unknown) is unknown"


def test_an_error_that_says_what_it_used_costs_that() -> None:
    said = Interaction(
        Request("POST", "https://h/v1/chat/completions", (), b"{}"),
        Reply(400, "", (), json.dumps({"model": "m", "usage": tokens(1000, 0)}).encode()),
        price=Price(source="a", input_mtok=Decimal(2), output_mtok=Decimal(8)),
    )
    assert total_cost([Call(said, number=1, replayed=True)]) == Decimal("0.002")


def test_an_error_costs_nothing_whatever_its_model() -> None:
    assert total_cost([call(1, status=500), call(2, status=302, model=None)]) == Decimal(0)


def test_a_sum_of_money_names_the_calls_that_did_not_say_what_they_used() -> None:
    with pytest.raises(UnknownUsage, match="the usage of call 2"):
        total_cost([priced(1, 1), call(2)])


# --- every kind of budget, for any outcome of the calls

# One call uses 11 and 2 tokens of gpt-4o-mini, at $0.15 and $0.60 a million.
KINDS = {
    "max_requests": ("2", "1"),
    "max_prompt_tokens": ("22", "21"),
    "max_completion_tokens": ("4", "3"),
    "max_total_tokens": ("26", "25"),
    "max_cost": ("'0.0000057'", "'0.00000569'"),
}

WAYS = {
    "plain": "ask(samurai_client); ask(samurai_client)",
    "streamed": """
    for _ in range(2):
        with samurai_client.stream("POST", "/chat/completions", json=body(stream=True)) as reply:
            reply.read()
""",
    "threaded": """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ask(samurai_client), range(2)))
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_budget_fails_when_it_must_and_passes_when_it_must(project: Project, way: str) -> None:
    tests = []
    for kind, limits in KINDS.items():
        for name, limit in zip(("holds", "breaks"), limits, strict=True):
            tests.append(
                f"@pytest.mark.samurai({kind}={limit})\ndef test_{kind}_{name}(samurai_client):\n    {WAYS[way]}"
            )
    project.tests("\n".join(tests))
    for arguments in ([], ["--samurai-mode=all"], ["--samurai-mode=live"], ["--samurai-mode=none"]):
        if arguments == ["--samurai-mode=none"]:
            project.offline()
        result = project.run(*arguments)
        result.assert_outcomes(passed=len(KINDS), failed=len(KINDS))
        for kind in KINDS:
            result.stdout.fnmatch_lines(
                [f"{kind} is *, used *(+*)", f"FAILED test_it.py::test_{kind}_breaks - BudgetExceeded: *"]
            )
    project.pytester.runpytest_inprocess("-n", "2").assert_outcomes(passed=len(KINDS), failed=len(KINDS))


def test_a_retried_error_costs_a_request_and_no_money(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    right = server.check_model
    failures = [500, 429]

    def check(model: object) -> None:
        if failures:
            raise ApiError(failures.pop(), "not now")
        right(model)

    monkeypatch.setattr(server, "check_model", check)
    project.tests("""
@pytest.mark.samurai(max_cost="0.00000285", max_total_tokens=13, keep_retries=True)
def test_it(samurai_client, samurai):
    while samurai_client.post("/chat/completions", json=body()).is_error: pass
    assert (samurai.usage.requests, f"{samurai.cost:f}", samurai.list_cost) == (3, "0.00000285", samurai.cost)
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    project.run().assert_outcomes(passed=1)


# --- the price of a call


RATES = """
@pytest.mark.samurai(max_cost=1)
def test_it(samurai_client, samurai):
    ask(samurai_client, model="MODEL")
    [call] = samurai.calls
    print("costs", call.list_cost, call.cost, call.price and call.price.source)
"""


def test_the_price_of_the_day_is_stamped_into_the_cassette_and_stays(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(RATES.replace("MODEL", "gpt-4o-mini"))
    project.run().assert_outcomes(passed=1)
    stamped = re.search(r"price: (.*)", project.text("test_it/test_it.yaml"))
    assert stamped is not None
    version = metadata.version("genai-prices")
    assert stamped[1] == (
        f'{{source: genai-prices {version}, input_mtok: "0.15", output_mtok: "0.6", cache_read_mtok: "0.075"}}'
    )
    project.offline()
    monkeypatch.setattr(PublicList, "price", None)  # a replay that looked up the list would fail here
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*costs 0.00000285 0.00000285 genai-prices {version}"])


def test_a_model_without_a_price_gets_one_in_pyproject_and_needs_no_new_recording(project: Project) -> None:
    project.tests(RATES.replace("MODEL", "in-house"))
    refused = project.run()
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(
        [
            "max_cost cannot be judged: the price of call 1 (in-house) is unknown",
            "  To set it, in US dollars per million tokens, add to pyproject.toml:",
            "  [[]tool.pytest-samurai.prices]",
            '  "in-house" = { input_mtok = "?", output_mtok = "?" }',
        ]
    )
    assert "price: unknown" in project.text("test_it/test_it.yaml")
    project.offline()
    (project.pytester.path / "pyproject.toml").write_text(
        '[tool.pytest-samurai.prices]\n"in-*" = { input_mtok = 1, output_mtok = 2.5 }\n', encoding="utf-8"
    )
    result = project.run("-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*costs 0.000016 0.000016 pyproject.toml"])


def test_an_own_price_goes_before_the_one_that_was_recorded(project: Project) -> None:
    project.tests(RATES.replace("MODEL", "gpt-4o-mini"))
    project.run().assert_outcomes(passed=1)
    project.offline()
    (project.pytester.path / "pyproject.toml").write_text(
        '[tool.pytest-samurai.prices]\n"gpt-4o-mini" = { input_mtok = 0, output_mtok = 1 }\n', encoding="utf-8"
    )
    result = project.run("-s")
    result.stdout.fnmatch_lines(["*costs 0.000002 0.000002 pyproject.toml"])


def test_a_cassette_without_a_price_is_priced_at_the_time_of_its_recording(project: Project) -> None:
    project.tests(RATES.replace("MODEL", "deepseek-chat"))
    project.run().assert_outcomes(passed=1)
    project.offline()
    path = project.pytester.path / "cassettes/test_it/test_it.yaml"
    [recording] = cassette.load(path)
    # 11 x $0.27 and 2 x $1.10 a million by day, half of that by night. Source: api-docs.deepseek.com, pricing of V3.
    for at, cost in [("2025-06-01T12:00:00Z", "0.00000517"), ("2025-06-01T17:00:00", "0.000002585"), (None, None)]:
        cassette.save(path, [replace(recording, price=None, recorded_at=at)])
        result = project.run("-s")
        if cost is None:
            result.assert_outcomes(failed=1)
        else:
            result.stdout.fnmatch_lines([f"*costs {cost} {cost} genai-prices *"])


def test_a_mistake_in_the_own_prices_is_a_usage_error_with_file_and_line(project: Project) -> None:
    project.tests(RATES)
    (project.pytester.path / "pyproject.toml").write_text(
        '[tool.pytest-samurai.prices]\n\n"m" = { input_mtok = 1 }\n', encoding="utf-8"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*pyproject.toml:3: the price of 'm' in *: `output_mtok` is missing"])


@pytest.mark.parametrize("written", ["3", "[1]", "{}", "{source: x, input_mtok: cheap, output_mtok: '1'}"])
def test_a_price_in_a_cassette_that_is_none_is_refused(project: Project, written: str) -> None:
    project.tests(RATES.replace("MODEL", "in-house"))
    project.run()
    path = project.pytester.path / "cassettes/test_it/test_it.yaml"
    text = path.read_text(encoding="utf-8").replace("price: unknown", f"price: {written}")
    path.write_text(re.sub("seal: .*", "seal: none", text), encoding="utf-8")
    with pytest.raises(CassetteError, match=r"test_it.yaml:3: interaction 1 is damaged: `price`"):
        cassette.load(path)
