"""What recorded calls cost, now and elsewhere: compared with manual calculations. Unknown costs are reported."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.writer import save
from pytest_samurai.commands import cli
from pytest_samurai.commands.cost import cost_lines, costs
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price

COMMITTED = Path(__file__).parents[2] / "cassettes"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
OWN = PriceList((("mine-*", Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(2))),))


def interaction(
    model: str | None = "gpt-4o-mini", usage: tuple[int, int] | None = (100, 20), *, cached: int = 0, status: int = 200
) -> Interaction:
    reply = {
        "model": model,
        "usage": usage
        and {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }
    return Interaction(
        Request("POST", "http://127.0.0.1/v1/chat/completions", (), b"{}"),
        Reply(status, "OK", (), json.dumps(reply).encode()),
        "2024-06-01T00:00:00.000000Z",
    )


def saved(directory: Path, name: str, *interactions: Interaction) -> Path:
    save(directory / name, interactions)
    return directory / name


def test_the_committed_cassettes_on_gpt_4o_mini_cost_what_a_hand_computation_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # US dollars per million tokens, of https://openai.com/api/pricing: gpt-4o-mini 0.15 and 0.60, gpt-4o 2.50 and 10.
    by_hand = {
        #                     on gpt-4o-mini: prompt, completion   as recorded
        "shared/japan.yaml": (11 * 0.15 + 5 * 0.60, 11 * 0.15 + 5 * 0.60),
        "tests/test_examples/test_capital.yaml": (11 * 0.15 + 2 * 0.60, 11 * 0.15 + 2 * 0.60),
        "tests/test_examples/test_stream.yaml": (6 * 0.15 + 9 * 0.60, 6 * 2.50 + 9 * 10),
        "tests/test_examples/test_tool_call.yaml": ((11 + 23) * 0.15 + 17 * 0.60, (11 + 23) * 2.50 + 17 * 10),
    }
    found = {
        one.path.relative_to(COMMITTED).as_posix(): one
        for one in costs([COMMITTED], PriceList(), NOW, "gpt-4o-mini", environ={})
    }
    assert found.keys() == by_hand.keys()
    for name, (other, now) in by_hand.items():
        assert found[name].other == Decimal(f"{other:.2f}") / 1_000_000, name
        assert found[name].now == Decimal(f"{now:.2f}") / 1_000_000, name
    # (62 * 0.15 + 33 * 0.60) / 1,000,000 = 0.0000291
    assert sum(one.other or 0 for one in found.values()) == Decimal("0.0000291")
    monkeypatch.chdir(COMMITTED.parent)
    assert cli.main(["cost", "--model", "gpt-4o-mini"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "cassette                                           calls  tokens          now  gpt-4o-mini",
        "cassettes/shared/japan.yaml                            1      16  $0.00000465  $0.00000465",
        "cassettes/tests/test_examples/test_capital.yaml        1      13  $0.00000285  $0.00000285",
        "cassettes/tests/test_examples/test_stream.yaml         1      15    $0.000105  $0.00000630",
        "cassettes/tests/test_examples/test_tool_call.yaml      2      51    $0.000255   $0.0000153",
    ]
    assert lines[5].startswith("4 cassettes, 5 calls, 95 tokens: $0.000368 at the prices of 20")
    assert lines[5].endswith(", if nothing is cached")
    assert lines[6:] == [
        "On gpt-4o-mini: $0.0000291 for the same number of tokens; another model counts differently",
    ]
    page = (COMMITTED.parent / "docs" / "cost.md").read_text(encoding="utf-8")
    assert "\n".join(["$ pytest-samurai cost --model gpt-4o-mini", *lines[:5], ""]) in page
    assert "\n".join(["", *lines[6:], "```"]) in page


def test_it_is_todays_price_and_not_the_one_that_was_recorded(tmp_path: Path) -> None:
    recorded = Price(source="then", input_mtok=Decimal(1000), output_mtok=Decimal(1000))
    path = saved(tmp_path, "a.yaml", replace(interaction(), price=recorded))
    [one] = costs([path], PriceList(), NOW, environ={})
    assert one.now == Decimal("0.000027")


def test_it_is_as_if_nothing_had_been_cached(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.yaml", interaction(cached=64))
    [one] = costs([path], PriceList(), NOW, "gpt-4o-mini", environ={})
    assert one.now == one.other == Decimal("0.000027")


def test_the_projects_own_prices_count(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.yaml", interaction("mine-1"))
    [one] = costs([path], OWN, NOW, "mine-2", environ={})
    assert one.now == one.other == Decimal("0.00014")


def test_an_error_costs_nothing_whatever_the_model(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.yaml", interaction("nosuch", None, status=429), interaction())
    [one] = costs([path], PriceList(), NOW, "gpt-4o", environ={})
    assert (one.calls, one.now, one.other) == (2, Decimal("0.000027"), Decimal("0.00045"))
    [free] = costs([path], PriceList(), NOW, "nosuch", environ={})
    assert (free.other, free.unpriced) == (None, ("nosuch",))


def test_calls_that_are_no_chat_are_told_apart_unless_they_say_what_they_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ranking = interaction("rerank-v3.5", usage=None)
    ranking = replace(ranking, request=replace(ranking.request, url="http://127.0.0.1/v1/rerank"))
    own = interaction(usage=(100, 20))
    own = replace(own, request=replace(own.request, url="http://127.0.0.1/complete"))
    path = saved(tmp_path, "a.yaml", interaction(), ranking, own)
    [found] = costs([path], PriceList(), NOW, environ={})
    assert (found.calls, found.tokens, found.others) == (2, 240, 1)
    assert cli.main(["cost", str(path)]) == 0
    assert "\n1 cassette, 2 calls (and 1 of no known API), 240 tokens: $0" in capsys.readouterr().out
    saved(tmp_path, "b.yaml", ranking, ranking)
    assert "2 calls (and 3 of no known API)," in cost_lines(costs([tmp_path], PriceList(), NOW, environ={}), NOW)[-1]


def test_other_apis_than_chat_stand_behind_the_calls(tmp_path: Path) -> None:
    embedded = interaction("text-embedding-3-small", usage=(8, 0))
    embedded = replace(embedded, request=replace(embedded.request, url="http://127.0.0.1/v1/embeddings"))
    saved(tmp_path, "a.yaml", interaction(), embedded)
    saved(tmp_path, "b.yaml", interaction())
    _, both, chat, *_ = cost_lines(costs([tmp_path], PriceList(), NOW, environ={}), NOW)
    assert both.split("  ")[1:2] == ["2 (chat, embeddings)"]
    assert chat.split()[1] == "1"


def test_a_model_shows_no_secret_and_nothing_that_a_terminal_obeys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "Aq7x1Y2x1Y2")
    path = saved(tmp_path, "a.yaml", interaction("m\x1b[2J/Aq7x1Y2x1Y2"))
    assert cli.main(["cost", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "The price of m\\x1b[2J/[REDACTED] is unknown." in shown
    assert "\x1b" not in shown


def test_what_is_unknown_is_a_question_mark_and_makes_no_sum_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(Path(), "a.yaml", interaction(), interaction("nosuch-1"))
    saved(Path(), "b.yaml", interaction(None))
    saved(Path(), "c.yaml", interaction(usage=None), interaction("nosuch-2"))
    saved(Path(), "d.yaml", interaction())
    found = costs([Path()], PriceList(), NOW, "nosuch-3", environ={})
    assert cost_lines(found, NOW, "nosuch-3") == [
        "cassette  calls  tokens         now  nosuch-3",
        "a.yaml        2     240           ?         ?",
        "b.yaml        1     120           ?         ?",
        "c.yaml        2       ?           ?         ?",
        "d.yaml        1     120  $0.0000270         ?",
        "4 cassettes, 6 calls, 480 tokens (unknown in 1 cassette): $0.0000270 (unknown in 3 cassettes) at the prices of"
        " 2026-11-24, if nothing is cached",
        "On nosuch-3: cost unknown for the same number of tokens; another model counts differently",
        "The price of nosuch-1, nosuch-3, nosuch-2 is unknown.",
        "To set it, in US dollars per million tokens, add to pyproject.toml:",
        "  [tool.pytest-samurai.prices]",
        '  "nosuch-1" = { input_mtok = "?", output_mtok = "?" }',
        '  "nosuch-3" = { input_mtok = "?", output_mtok = "?" }',
        '  "nosuch-2" = { input_mtok = "?", output_mtok = "?" }',
    ]


def test_the_lines_to_add_are_what_makes_a_price_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, "a.yaml", interaction("nosuch"))
    assert cli.main(["cost", "a.yaml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    added = [line.strip().replace('"?"', "2") for line in lines[lines.index("  [tool.pytest-samurai.prices]") :]]
    (tmp_path / "pyproject.toml").write_text("\n".join(added))
    assert cli.main(["cost", "a.yaml"]) == 0
    assert "120 tokens: $0.000240 at" in capsys.readouterr().out


def test_without_a_cassette_there_is_nothing_to_pay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("0 cassettes, 0 calls, 0 tokens: $0.00 at the prices of ")


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_no_file_is_an_error_in_a_directory_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["cost", str(tmp_path)])
    assert "a.yaml: is a FIFO, but a cassette must be a file; move it away" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone", "gone: no such file or directory"), ("bad.yaml", "bad.yaml:1: not a cassette")],
)
def test_what_is_no_cassette_is_an_error_that_names_it(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("a: 1")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["cost", name])
    assert reason in capsys.readouterr().err


def test_it_works_in_any_directory_below_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nsamurai_cassette_dir = "tapes"\n'
        '[tool.pytest-samurai.prices]\nnosuch = { input_mtok = "2", output_mtok = "2" }\n'
    )
    (tmp_path / "tapes").mkdir()
    saved(tmp_path / "tapes", "a.yaml", interaction("nosuch"))
    monkeypatch.chdir(tmp_path / "tests" / "deep")
    assert cli.main(["cost"]) == 0
    assert "1 cassette, 1 call, 120 tokens: $0.000240 at" in capsys.readouterr().out
