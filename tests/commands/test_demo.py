from __future__ import annotations

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import message


def test_the_demo_records_stops_the_server_and_replays(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SAMURAI_MODE", "live")
    assert cli.main(["demo"]) == 0
    out = capfd.readouterr().out
    first, cassette, second = out.split("\n---")[1:]
    assert "samurai: 3 tests, calls: 0 replayed, 4 recorded, 84 tokens" in first
    assert message("What is the capital of France?") in cassette
    assert "samurai: 3 tests, calls: 4 replayed, 84 tokens" in second
    assert first.count("max_total_tokens is 40, used 55 (+15)") == 1
    assert second.count("max_total_tokens is 40, used 55 (+15)") == 1
    assert second.rstrip().endswith("its budget is 40 tokens, and it spends more, live and in replay.")


def test_the_demo_is_in_colour_on_a_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    cli.main(["demo"])
    assert "\x1b[31m" in capfd.readouterr().out


def test_the_demo_says_so_when_it_goes_wrong(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChatServer, "requests", 5)
    assert cli.main(["demo"]) == 1
    assert "Something went wrong; please report it" in capfd.readouterr().out
