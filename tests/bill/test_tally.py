"""The run's own limits: a count for all processes, a budget that one test breaks, ceilings on live calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.bill.budget import Limits
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.bill.tally import Tally
from pytest_samurai.recorder.ceilings import likely_cost
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.price import Price
from tests.bill.test_figures import call
from tests.project import Project
from tests.wire.calls import call as answered

CENT = Decimal("0.01")


@pytest.fixture
def begin() -> Iterator[Callable[[Limits], Tally]]:
    begun: list[Tally] = []

    def make(limits: Limits) -> Tally:
        begun.append(Tally.begin(limits))
        return begun[-1]

    yield make
    for tally in begun:
        tally.end()


Begin = Callable[[Limits], Tally]

# --- the budget of a run


def test_two_processes_of_a_run_share_one_count(begin: Begin) -> None:
    limits = Limits(max_total_tokens=10)
    first = begin(limits)
    second = Tally(Path(first.path), limits)
    assert (first.spend([call((6, 0))]), first.judge()) == (None, None)
    assert second.spend([call((6, 0))]) is None
    assert second.judge() == "samurai_max_total_tokens is 10; with this test the run has used 12 (+2)"
    assert first.last_word() == ["samurai_max_total_tokens is 10; the run has used 12 (+2)"]


@pytest.mark.parametrize(("total", "used"), [(0, 11), (3, 11), (11, 11), (20, 20)])
def test_a_total_below_its_parts_does_not_count_for_the_run(total: int, used: int, begin: Begin) -> None:
    tally = begin(Limits(max_total_tokens=1))
    usage = {"prompt_tokens": 6, "completion_tokens": 5, "total_tokens": total}
    assert tally.spend([answered({"model": "m", "usage": usage})]) is None
    assert tally.last_word() == [f"samurai_max_total_tokens is 1; the run has used {used} (+{used - 1})"]


def test_a_broken_budget_of_a_run_is_the_failure_of_one_test_and_the_last_word_of_the_run(begin: Begin) -> None:
    tally = begin(Limits(max_total_tokens=5))
    tally.spend([call((6, 0))])
    assert tally.judge() == "samurai_max_total_tokens is 5; with this test the run has used 6 (+1)"
    for _ in range(2):
        tally.spend([call((6, 0))])
        assert tally.judge() is None
    assert tally.last_word() == ["samurai_max_total_tokens is 5; the run has used 18 (+13)"]


def test_a_budget_of_a_run_that_holds_has_no_last_word(begin: Begin) -> None:
    tally = begin(Limits(max_total_tokens=5, max_cost=CENT))
    tally.spend([call((5, 0))])
    assert (tally.judge(), tally.last_word()) == (None, [])


def test_the_cost_of_a_run_is_that_of_the_list_whatever_was_cached(begin: Begin) -> None:
    tally = begin(Limits(max_cost=Decimal("0.00001")))
    tally.spend([call((10, 0), cached=10)])
    assert tally.judge() is None
    tally.spend([call((1, 0), cached=1)])
    assert tally.judge() == (
        "samurai_max_cost is $0.0000100; with this test the run has used $0.0000110 (+$0.00000100)"
    )


def test_no_limit_of_a_run_holds_on_what_is_unknown_and_what_is_known_counts(begin: Begin) -> None:
    tally = begin(Limits(max_total_tokens=5, max_cost=CENT))
    unknown = "the usage of call 1 (m) is unknown: the reply has no usage"
    assert tally.spend([call(None), call((6, 0))]) == (
        f"samurai_max_total_tokens cannot be judged: {unknown}\nsamurai_max_cost cannot be judged: {unknown}"
    )
    assert tally.last_word() == ["samurai_max_total_tokens is 5; the run has used 6 (+1)"]
    assert tally.spend([call((1, 1), price=None)]) == (
        "samurai_max_cost cannot be judged: the price of call 1 (m) is unknown\n"
        "  To set it, in US dollars per million tokens, add to pyproject.toml:\n"
        "  [tool.pytest-samurai.prices]\n"
        '  "m" = { input_mtok = "?", output_mtok = "?" }'
    )


@pytest.mark.parametrize(
    ("limits", "judged"),
    [
        (Limits(max_total_tokens=5), ["samurai_max_total_tokens"]),
        (Limits(max_cost=CENT), ["samurai_max_cost"]),
        (Limits(max_live_requests=5, max_live_cost=CENT), []),
    ],
)
def test_what_is_unknown_is_a_matter_of_the_limits_that_are_set(
    begin: Begin, limits: Limits, judged: list[str]
) -> None:
    said = begin(limits).spend([call(None)])
    assert [line.partition(" cannot be judged: ")[0] for line in (said or "").splitlines()] == judged


# --- the ceilings on live calls


def test_of_many_threads_no_more_requests_go_live_than_the_ceiling_lets(begin: Begin) -> None:
    limits = Limits(max_live_requests=7)
    first = begin(limits)
    tallies = [first, Tally(Path(first.path), limits)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: tallies[number % 2].admit(Decimal(0)), range(20)))
    assert answers.count(None) == 7
    assert set(answers) - {None} == {"samurai_max_live_requests is 7, and this run has sent 7"}


def test_a_call_that_would_pass_the_ceiling_of_cost_is_not_admitted(begin: Begin) -> None:
    tally = begin(Limits(max_live_cost=CENT))
    assert tally.admit(Decimal("0.006")) is None
    assert tally.admit(Decimal("0.005")) == (
        "samurai_max_live_cost is $0.0100, this run has spent $0.00 on 1 live calls, $0.00600 is under way,"
        " and this call would cost about $0.00500"
    )
    tally.paid(Decimal("0.006"), Decimal("0.004"))
    assert tally.admit(Decimal("0.005")) is None
    tally.paid(Decimal("0.005"), Decimal("0.005"))
    assert tally.admit(Decimal("0.0011")) == (
        "samurai_max_live_cost is $0.0100, this run has spent $0.00900 on 2 live calls,"
        " and this call would cost about $0.00110"
    )


def test_a_call_that_reaches_the_ceiling_of_cost_and_does_not_pass_it_is_admitted(begin: Begin) -> None:
    assert begin(Limits(max_live_cost=CENT)).admit(CENT) is None


@pytest.mark.parametrize(
    ("limits", "may"),
    [
        (Limits(), True),
        (Limits(max_live_requests=1), True),
        (Limits(max_live_requests=0), False),
        (Limits(max_live_cost=CENT), True),
        (Limits(max_live_cost=CENT - Decimal("0.0001")), False),
    ],
)
def test_another_run_may_send_what_its_ceilings_let_pass_alone(limits: Limits, may: bool, begin: Begin) -> None:
    assert begin(limits).may_admit_later(CENT) is may


def test_a_call_is_likely_to_cost_its_tokens_and_the_request_itself_at_the_prices_of_its_url() -> None:
    body = b'{"model": "llama-3.3-70b-versatile", "messages": [], "max_tokens": 1000000}'
    request = Request("POST", "https://api.groq.com/openai/v1/chat/completions", (), body)
    # Source: groq.com/pricing, $0.79 for a million tokens of output.
    assert likely_cost(request, PriceList()) > Decimal("0.79")
    assert likely_cost(replace(request, url="https://h/v1/chat/completions"), PriceList()) == 0
    own = Price(source="s", input_mtok=Decimal(0), output_mtok=Decimal(2), requests_kcount=Decimal(5))
    assert likely_cost(request, PriceList((("llama-*", own),))) == Decimal("2.005")


def test_a_live_call_of_unknown_cost_stops_the_next(begin: Begin) -> None:
    tally = begin(Limits(max_live_cost=CENT))
    assert tally.admit(Decimal(0)) is None
    tally.paid(Decimal(0), None)
    assert tally.admit(Decimal(0)) == (
        "samurai_max_live_cost is $0.0100, and 1 of 1 live calls of this run have no known cost, $0.00 without them"
    )


def test_nothing_is_left_of_a_tally_that_ended(begin: Begin) -> None:
    tally = begin(Limits(max_live_requests=1))
    tally.admit(Decimal(0))
    path = Path(tally.path)
    assert path.exists()
    tally.end()
    assert not path.exists()


def test_outside_of_a_run_there_are_no_ceilings(cassettes: Path) -> None:
    with use_cassette(cassettes / "a.yaml") as recorder:
        assert recorder.calls == ()


# --- as a user meets them

THREE = """
import pytest

@pytest.mark.samurai
@pytest.mark.parametrize("number", [1, 2, 3])
def test_ask(samurai_client, number):
    ask(samurai_client, "What is the capital of France?")
"""


def test_the_test_that_passes_the_budget_of_the_run_fails_and_no_other(project: Project) -> None:
    project.tests(THREE)
    project.run().assert_outcomes(passed=3)
    project.offline()
    result = project.run("--samurai-max-total-tokens=30")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["samurai_max_total_tokens is 30; with this test the run has used 39 (+9)", "FAILED test_it.py::test_ask[[]3]*"]
    )
    project.run("--samurai-max-total-tokens=39").assert_outcomes(passed=3)


def test_the_budget_of_a_run_is_one_for_all_workers(project: Project) -> None:
    project.tests(THREE)
    project.run().assert_outcomes(passed=3)
    project.offline()
    for limit, failed in [(30, 1), (39, 0)]:
        distributed = project.pytester.runpytest_inprocess("-n", "2", f"--samurai-max-total-tokens={limit}")
        distributed.assert_outcomes(passed=3 - failed, failed=failed)


def test_the_cost_of_a_run_is_judged_from_the_ini_file(project: Project) -> None:
    project.tests(THREE)
    project.run().assert_outcomes(passed=3)
    project.offline()
    # gpt-4o-mini: 11 x $0.15 and 2 x $0.60 a million, three times.
    project.pytester.makeini("[pytest]\nsamurai_max_cost = 0.00000854")
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["samurai_max_cost is $0.00000854; with this test the run has used $0.00000855 (+$0.0000000100)"]
    )


def test_what_a_wider_fixture_uses_counts_for_the_run(project: Project) -> None:
    project.tests(
        """
@pytest.fixture(scope="module")
def answer():
    with httpx.Client(base_url=URL, headers={"authorization": "Bearer " + KEY}) as client:
        return ask(client)

@pytest.mark.samurai
def test_it(answer):
    pass
""".replace("URL", repr(project.server.base_url)).replace("KEY", "'sk-samurai-test-0123456789abcdef'")
    )
    project.run().assert_outcomes(passed=1)
    result = project.run("--samurai-max-total-tokens=12")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["samurai_max_total_tokens is 12; with this test the run has used 13 (+1)"])


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [("@pytest.mark.xfail", {"xfailed": 1}), ("", {"failed": 1})],
    ids=["expected to fail", "failing for another reason"],
)
def test_a_budget_that_no_test_could_say_is_broken_fails_the_run(
    project: Project, mark: str, outcome: dict[str, int]
) -> None:
    project.tests(f"""
{mark}
@pytest.mark.samurai
def test_a(samurai_client):
    ask(samurai_client)
    assert not "its own reason"
""")
    project.run().assert_outcomes(**outcome)
    result = project.run("--samurai-max-total-tokens=10", "-q")
    result.assert_outcomes(**outcome)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["samurai: samurai_max_total_tokens is 10; the run has used 13 (+3)"])


def test_a_miss_is_no_reason_to_forget_the_budget_of_the_run(project: Project) -> None:
    project.tests(THREE)
    project.run().assert_outcomes(passed=3)
    project.offline()
    project.tests(THREE.replace('ask(samurai_client, "What', 'ask(samurai_client); ask(samurai_client, "And what', 1))
    result = project.run("--samurai-max-total-tokens=10")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["samurai: samurai_max_total_tokens is 10; the run has used 39 (+29)"])


def test_a_test_that_failed_for_its_own_reason_keeps_it_and_counts(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_a(samurai_client):
    ask(samurai_client)
    assert not "its own reason"

@pytest.mark.samurai
def test_b(samurai_client):
    ask(samurai_client)
""")
    project.run().assert_outcomes(passed=1, failed=1)
    result = project.run("--samurai-max-total-tokens=20")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*assert not*its own reason*", "samurai_max_total_tokens is 20; with this test the run has used 26 (+6)"]
    )


def test_no_limit_of_the_run_lets_a_call_pass_that_does_not_say_what_it_used(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(stream_usage=False)
def test_a(samurai_client):
    samurai_client.post("/chat/completions", json=body(stream=True))
""")
    project.run().assert_outcomes(passed=1)
    result = project.run("--samurai-max-total-tokens=1000")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*samurai_max_total_tokens cannot be judged: the usage of call 1 * is unknown*"])


def test_what_a_failed_test_did_not_say_of_its_usage_is_noted(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai(stream_usage=False)
def test_a(samurai_client):
    samurai_client.post("/chat/completions", json=body(stream=True))
    assert not "its own reason"
""")
    result = project.run("--samurai-max-total-tokens=20")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert not*its own reason*",
            "samurai: test_it.py::test_a: samurai_max_total_tokens cannot be judged: the usage of call 1 (gpt-4o-mini)"
            " is unknown: the reply has no usage",
        ]
    )


def test_the_request_that_would_pass_the_ceiling_is_not_sent_and_what_was_recorded_is_kept(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_many(samurai_client):
    for number in range(4):
        ask(samurai_client, f"question {number}")
""")
    result = project.run("--samurai-max-live-requests=3")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*POST */chat/completions was not sent: samurai_max_live_requests is 3, and this run has sent 3.",
            "E         test      test_it.py::test_many",
            "E         To record the rest later: pytest --samurai-mode=update test_it.py::test_many",
        ]
    )
    assert project.server.requests == 3
    project.run("--samurai-mode=update").assert_outcomes(passed=1)
    assert project.server.requests == 4


def test_the_ceiling_is_one_for_all_workers(project: Project) -> None:
    project.tests(THREE.replace("[1, 2, 3]", "range(6)"))
    result = project.pytester.runpytest_inprocess("-n", "2", "--samurai-max-live-requests=4")
    result.assert_outcomes(passed=4, failed=2)
    assert project.server.requests == 4


def test_an_application_that_swallows_errors_does_not_hide_a_ceiling(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_greedy(samurai_client):
    for number in range(3):
        try:
            ask(samurai_client)
        except BaseException:
            pass
""")
    result = project.run("--samurai-max-live-requests=1", "--samurai-mode=live")
    result.assert_outcomes(failed=1)
    # Nothing should be recorded here, so advice on how to do it would be wrong.
    result.stdout.no_fnmatch_line("*To record*")
    assert project.server.requests == 1


def test_a_request_that_is_not_sent_is_named_without_the_keys_in_its_url(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client):
    samurai_client.post("/chat/completions?key=abc&x=1", json=body())
""")
    result = project.run("--samurai-max-live-requests=0", "--tb=short")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*POST */chat/completions[?]key=[[]REDACTED]&x=1 was not sent: *"])


def test_what_a_call_is_likely_to_cost_is_known_before_it_is_sent(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_long(samurai_client):
    ask(samurai_client, "What is the capital of France?", max_tokens=1000)

@pytest.mark.samurai
def test_short(samurai_client):
    ask(samurai_client, "What is the capital of France?", max_completion_tokens=10)
""")
    result = project.run("--samurai-max-live-cost=0.0005")
    result.assert_outcomes(passed=1, failed=1)
    # 1,000 tokens of an answer at $0.60 a million, and the prompt.
    result.stdout.fnmatch_lines(
        [
            "*samurai_max_live_cost is $0.000500, this run has spent $0.00 on 0 live calls,"
            " and this call would cost about $0.00060?."
        ]
    )
    assert project.server.requests == 1


def test_each_of_several_choices_is_likely_to_cost_what_one_does(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_four(samurai_client):
    ask(samurai_client, max_tokens=1000, n=4)
""")
    result = project.run("--samurai-max-live-cost=0.001")
    result.assert_outcomes(failed=1)
    # Four times 1,000 tokens at $0.60 a million, and the prompt.
    result.stdout.fnmatch_lines(["*on 0 live calls, and this call would cost about $0.00240."])
    assert project.server.requests == 0


def test_four_characters_of_a_prompt_are_likely_to_be_a_token(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_long(samurai_client):
    ask(samurai_client, "x" * 40_000)
""")
    result = project.run("--samurai-max-live-cost=0.001")
    result.assert_outcomes(failed=1)
    # 10,000 tokens of a prompt at $0.15 a million. Nothing is known about the answer.
    result.stdout.fnmatch_lines(["*on 0 live calls, and this call would cost about $0.00150."])


def test_the_live_cost_of_a_run_stops_it(project: Project) -> None:
    project.tests(THREE)
    # The first costs $0.00000285; before the second, $0.00000165 and more is likely.
    result = project.run("--samurai-max-live-cost=0.000004")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*this run has spent $0.00000285 on 1 live calls, and this call would*"])


def test_a_model_without_a_price_stops_a_run_with_a_ceiling_of_cost_at_its_second_call(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_a(samurai_client):
    ask(samurai_client, model="who-knows")
    ask(samurai_client, model="who-knows")
""")
    result = project.run("--samurai-max-live-cost=1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*samurai_max_live_cost is $1.00, and 1 of 1 live calls of this run have no known cost, $0.00 without them."]
    )


def test_a_request_that_got_no_reply_holds_no_money_back(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_a():
    with httpx.Client(base_url="http://127.0.0.1:9/v1") as client, pytest.raises(httpx.ConnectError):
        ask(client, max_tokens=1000)

@pytest.mark.samurai
def test_b(samurai_client):
    ask(samurai_client, max_tokens=1000)
""")
    project.run("--samurai-max-live-cost=0.001").assert_outcomes(passed=2)


def test_a_mistake_in_a_limit_of_the_run_is_a_usage_error(project: Project) -> None:
    project.tests(THREE)
    result = project.run("--samurai-max-live-cost=lots")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*: --samurai-max-live-cost is 'lots'; it must be an amount of US dollars, 0 or more, as in*"]
    )
