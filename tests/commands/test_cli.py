from __future__ import annotations

import argparse
import re
from importlib.metadata import version

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.commands.cli.command import Command
from pytest_samurai.commands.cli.table import COMMANDS
from pytest_samurai.errors import SettingsError


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([])
    assert "COMMAND" in capsys.readouterr().err


def _takes_a_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int)


def _finds_it_too_large(chosen: argparse.Namespace) -> int:
    if chosen.size > 9:
        raise SettingsError("it is too large\nby far")
    return int(chosen.size > 1)


@pytest.fixture
def with_a_new_command(monkeypatch: pytest.MonkeyPatch) -> None:
    weigh = Command("weigh", "say whether it is too large", _takes_a_size, _finds_it_too_large, status_1="it is")
    monkeypatch.setattr("pytest_samurai.commands.cli.COMMANDS", (*COMMANDS, weigh))


@pytest.mark.usefixtures("with_a_new_command")
def test_a_row_of_the_table_is_all_that_a_new_command_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert [cli.main(["weigh", f"--size={size}"]) for size in (1, 2)] == [0, 1]
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    assert re.search(r"\n    why +explain .*\n    weigh +say whether it is too large\n", capsys.readouterr().out)


@pytest.mark.usefixtures("with_a_new_command")
def test_the_help_of_a_command_says_when_its_status_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["weigh", "--help"])
    assert capsys.readouterr().out.endswith("\n\nStatus 1: it is.\n")


@pytest.mark.usefixtures("with_a_new_command")
def test_an_error_of_a_command_is_status_2_and_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["weigh", "--size=10"])
    error = capsys.readouterr().err
    assert error.endswith("error: it is too large\nby far\n")
    # The usage is that of the misused command.
    assert error.startswith("usage: pytest-samurai weigh [-h] [--size SIZE]\n")


def test_the_version_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"pytest-samurai {version('pytest-samurai')}\n"
