"""The matrix of clients: its rows that need no download, and that its cells can be wrong."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.environments import ROOT
from clients.counted import Counted, counted
from clients.environments import HERE, REQUIREMENTS
from clients.gateway import Exchange, Gateway
from clients.judge import cells, wrong
from clients.page import BEGIN, END, Line, in_page, table
from clients.rows import ROWS, Row
from clients.runner import Phase, Result
from tests.conftest import uncovered
from tests.real_server import RealServer

SLICE = ("openai-3.chat", "openai-3.async_stream", "openai-3.embeddings", "anthropic.async_stream", "requests.post")
"""A row of each kind, for which the dev dependencies are enough. The last one is refused."""

ROW = Row("acme.chat", "acme", ("acme",), "`Acme().chat`", "vendors.acme")
UNSEEN = Row("acme.raw", "acme", ("acme",), "`Acme().raw`", "vendors.acme", refused="cannot be recorded")
RIGHT = {
    "recorded": "yes",
    "replayed": "yes",
    "usage": "equal",
    "miss": "red",
    "budget": "red",
    "live in replay": "nothing",
}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "clients", *arguments]
    return subprocess.run(whole, cwd=ROOT, env=uncovered(), capture_output=True, text=True, check=False)


def test_the_clients_of_this_environment_are_recorded_replayed_counted_and_refused() -> None:
    ran = command("--here", "--only", ",".join(SLICE))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    recorded = [
        line for line in ran.stdout.splitlines() if line.endswith("| yes | yes | equal | red | red | nothing |")
    ]
    assert len(recorded) == len(SLICE[:-1])
    assert "| `requests.post` | red, before it connects | named in the summary, its budget red |" in ran.stdout


def test_rows_are_named_without_being_run() -> None:
    ran = command("--list", "--only", "openai-1.55.chat")
    assert (ran.returncode, ran.stdout) == (0, f"{'openai-1.55.chat':40} `OpenAI().chat.completions.create`\n")


def test_a_key_of_no_row_is_refused_with_those_that_there_are() -> None:
    ran = command("--only", "acme")
    assert ran.returncode == 1
    assert ran.stderr.startswith("no row begins with 'acme'; there are:\nopenai-3.chat ")


def test_each_row_has_a_key_an_environment_and_a_function_of_its_own() -> None:
    assert len({row.key for row in ROWS}) == len(ROWS)
    assert {row.environment for row in ROWS} == {HERE, *REQUIREMENTS}
    for row in ROWS:
        module, _, function = row.call.partition(".")
        assert f"\ndef {function}(text: str)" in (ROOT / "clients" / "calls" / f"{module}.py").read_text("utf-8"), (
            row.key
        )


def test_the_page_has_a_right_line_for_each_row() -> None:
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    lines = page.partition(BEGIN)[2].partition(END)[0].splitlines()
    assert "**no**" not in page
    for row in ROWS:
        assert any(line.startswith(f"| {row.named[0]} ") and f"| {row.called} |" in line for line in lines), row.key


# --- what makes a cell wrong


def of_test(**changes: Any) -> dict[str, Any]:
    return {"outcome": "passed", "text": "", "sends": 1, "outside": [], **changes}


def result(row: Row = ROW) -> Result:
    call = of_test(answer="Paris.", calls=[["chat", "Paris.", False]], usage=[11, 2])
    missed = of_test(outcome="failed", text="E  RequestNotRecorded: ... the capital of Japan?")
    broken = of_test(outcome="failed", text="E  max_total_tokens is 1, used 13 (+12)")
    replay = {"test_call": {**call}, "test_miss": missed, "test_budget": broken}
    exchange = Exchange("/v1/chat/completions", 200, Counted(11, 2))
    return Result(row, Phase({"test_call": call}, ""), Phase(replay, ""), [exchange], live=0)


def refused() -> Result:
    text = "by a client that cannot be recorded"
    recording = {"test_call": of_test(), "test_budget": of_test(outcome="failed")}
    replay = {"test_call": of_test(outcome="failed", text=text)}
    return Result(UNSEEN, Phase(recording, f"samurai: connected ... {text}"), Phase(replay, ""), [], live=0)


def test_a_row_is_right_if_all_of_its_cells_are() -> None:
    assert cells(result()) == RIGHT
    assert cells(refused()) == {
        "in a replay": "red, before it connects",
        "in a recording": "named in the summary, its budget red",
    }
    assert wrong(cells(result())) == wrong(cells(refused())) == []


def in_recording(**changes: Any) -> Callable[[Result], object]:
    return lambda result: result.recording.tests["test_call"].update(changes)


def in_replay(test: str, **changes: Any) -> Callable[[Result], object]:
    return lambda result: result.replay.tests[test].update(changes)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (in_recording(outcome="failed", text="E  Boom"), "recorded: E Boom"),
        (lambda result: result.exchanges.clear(), "recorded: nothing came to the server"),
        (
            lambda result: result.exchanges.append(Exchange("/v1/models", 200, None)),
            "recorded: 2 requests answered (/v1/chat/completions, /v1/models), 1 calls recorded",
        ),
        (in_replay("test_call", outcome="failed", text="E  Gone"), "replayed: E Gone"),
        (in_replay("test_call", answer="Rome."), "replayed: answer was Paris., and is Rome."),
        (in_replay("test_call", usage=[11, 3]), "usage: [11, 3], the server counted [11, 2]"),
        (in_recording(usage=None), "usage: None, the server counted [11, 2]"),
        (in_replay("test_miss", outcome="passed"), "miss: the test passed"),
        (in_replay("test_miss", text="E  Connection error."), "miss: not its text: E Connection error."),
        (in_replay("test_miss", sends=3), "miss: 3 attempts"),
        (in_replay("test_budget", outcome="passed"), "budget: the test passed"),
        (in_replay("test_budget", text="E  nothing"), "budget: not its text: E nothing"),
        (in_recording(outside=["example.com"]), "recorded: tried example.com"),
        (in_replay("test_miss", outside=["example.com"]), "live in replay: tried example.com"),
        (lambda result: setattr(result, "live", 1), "live in replay: 1 connections"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cell_says_what_is_wrong(spoil: Callable[[Result], object], said: str) -> None:
    spoiled = result()
    spoil(spoiled)
    assert said in wrong(cells(spoiled))


def test_an_empty_answer_and_a_usage_that_nobody_can_know_are_wrong() -> None:
    spoiled = result()
    for phase in (spoiled.recording, spoiled.replay):
        phase.tests["test_call"]["answer"] = ""
    assert wrong(cells(spoiled)) == ["replayed: the answer is empty"]
    unknown = result(Row("a.b", "a", ("a",), "`a`", "a.b", unknown_usage=True))
    assert wrong(cells(unknown)) == ["usage: [11, 2], where nobody can know it"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (in_replay("test_call", outcome="passed", text=""), "in a replay: passed: nothing said"),
        (lambda result: setattr(result, "live", 1), "in a replay: 1 connections"),
        (
            lambda result: setattr(result.recording, "printed", "1 passed"),
            "in a recording: its budget failed: 1 passed",
        ),
    ],
    ids=["passed", "live", "not named"],
)
def test_a_client_that_is_not_refused_is_wrong(spoil: Callable[[Result], object], said: str) -> None:
    spoiled = refused()
    spoil(spoiled)
    assert wrong(cells(spoiled)) == [said]


def test_a_test_that_never_ran_is_wrong_with_what_was_printed() -> None:
    crashed = Result(ROW, Phase({}, "E  ImportError: no acme"), Phase({}, "E  ImportError: no acme"), [], live=0)
    assert "recorded: E ImportError: no acme" in wrong(cells(crashed))
    assert "miss: the test not run" in wrong(cells(crashed))


# --- the server, and the page


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        (b'{"usage": {"prompt_tokens": 11, "completion_tokens": 2}}', Counted(11, 2)),
        (
            b'data: {"message": {"usage": {"input_tokens": 3, "cache_read_input_tokens": 8, "output_tokens": 1}}}\n\n'
            b'data: {"usage": {"output_tokens": 2}}\n\n',
            Counted(11, 2),
        ),
        (
            b'data: {"response": {"usage": {"input_tokens": 11, "output_tokens": 2}}}\n\ndata: [DONE]\n\n',
            Counted(11, 2),
        ),
        (
            b'{"usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 1, "thoughtsTokenCount": 1}}',
            Counted(11, 2),
        ),
        (b'{"object": "list"}', None),
        (b"not JSON", None),
    ],
    ids=["chat", "messages", "responses", "gemini", "no usage", "text"],
)
def test_what_a_server_counted_is_read_from_what_it_sent(sent: bytes, usage: Counted | None) -> None:
    assert counted(sent) == usage


def test_a_gateway_that_has_left_answers_nobody_and_counts_who_knocks(real_server: RealServer) -> None:
    with Gateway(real_server.base_url, real_server.api_key) as gateway:
        assert post(gateway.url, "/v1/embeddings") == 200
        assert post(gateway.url, "/nowhere") == 404
        assert [(exchange.path, exchange.status) for exchange in gateway.exchanges] == [
            ("/v1/embeddings", 200),
            ("/nowhere", 404),
        ]
        gateway.leave()
        with pytest.raises((http.client.HTTPException, OSError)):
            post(gateway.url, "/v1/embeddings")
        assert gateway.connections == 1
        assert len(gateway.exchanges) == 2


def post(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", path, b"{}")
        reply = connection.getresponse()
        reply.read()  # until it ends: by then the gateway has noted it
        return reply.status
    finally:
        connection.close()


def test_the_table_says_what_could_not_be_run_and_keeps_the_prose_around_it() -> None:
    lines = [
        Line(ROW, {"acme": "1.2"}, ("chat",), RIGHT),
        Line(UNSEEN, {}, (), {}, "no version of acme | for this Python"),
    ]
    text = table(lines)
    assert "| acme 1.2 | `Acme().chat` | chat | yes | yes | equal | red | red | nothing |\n" in text
    assert "| acme | `Acme().raw` | no version of acme \\| for this Python |\n" in text
    page = f"Before.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    assert in_page(page, text) == f"Before.\n\n{BEGIN}\n\n{text}\n{END}\n\nAfter.\n"
    assert in_page(in_page(page, text), text) == in_page(page, text)
    with pytest.raises(ValueError, match="the page lacks the lines"):
        in_page("Before.", text)
