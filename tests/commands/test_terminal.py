"""A terminal gets tables, colour and wrapped text; everything else gets plain lines."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_samurai.commands import main
from pytest_samurai.commands.terminal import Column, Line, laid_out, table
from tests.chats import chat, saved

MAIN = "import sys; from pytest_samurai.commands import main; sys.exit(main())"
COLUMNS = (Column("test", is_short=False), Column("calls", is_number=True))
ROWS = [[Line("tests/test_geo.py::test_a", style="red"), Line("1,000")], [Line("日本"), Line("2")]]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "20")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_terminal_a_line_is_as_long_as_it_is() -> None:
    assert list(laid_out([Line("word " * 50, 2, "red"), Line("[bold]x[/]")])) == [f"  {'word ' * 50}", "[bold]x[/]"]
    assert list(table(COLUMNS, ROWS)) == [
        "test                       calls",
        "tests/test_geo.py::test_a  1,000",
        "日本                           2",
    ]


@pytest.mark.usefixtures("terminal")
def test_in_a_terminal_text_is_wrapped_below_its_beginning_and_has_its_style() -> None:
    assert list(laid_out([Line("one two three four five", 2, "red"), Line("[b]", 0)])) == [
        "  \x1b[31mone two three four\x1b[0m",
        "  \x1b[31mfive\x1b[0m",
        "[b]",
    ]


@pytest.mark.usefixtures("terminal")
def test_in_a_terminal_a_table_is_as_wide_as_that_and_numbers_stay_whole() -> None:
    lines = [
        line.replace("\x1b[31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "") for line in table(COLUMNS, ROWS)
    ]
    assert [line.rstrip() for line in lines] == [
        "test           calls",
        "tests/test_ge  1,000",
        "o.py::test_a",
        "日本               2",
    ]


@pytest.mark.usefixtures("terminal")
def test_a_table_for_which_the_terminal_is_too_narrow_loses_no_name_and_no_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    lines = [
        line.replace("\x1b[31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "") for line in table(COLUMNS, ROWS)
    ]
    assert [line.rstrip() for line in lines] == [
        "test        calls",
        "tests/test  1,000",
        "_geo.py::t",
        "est_a",
        "日本            2",
    ]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colour_gets_plain_lines(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert list(laid_out([Line("word " * 50, 2, "red")])) == [f"  {'word ' * 50}"]
    assert list(table(COLUMNS, ROWS))[1] == "tests/test_geo.py::test_a  1,000"


@pytest.mark.parametrize("arguments", [["show", "test_a"], ["ls"]])
def test_a_real_terminal_has_colour_and_a_pipe_has_none(tmp_path: Path, arguments: list[str]) -> None:
    saved(tmp_path / "cassettes/t/test_a.yaml", chat("What is it?"))
    command = [sys.executable, "-c", MAIN, *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    environment.pop("NO_COLOR", None)
    piped = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True).stdout
    assert b"\x1b" not in piped
    controller, inside = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=inside, stdin=subprocess.DEVNULL) as process:
        os.close(inside)
        shown = b""
        try:
            while more := os.read(controller, 4096):
                shown += more
        except OSError:
            # Linux reports the end of a terminal this way.
            pass
    os.close(controller)
    assert process.returncode == 0
    assert b"\x1b[1m" in shown


def test_a_closed_pipe_is_no_traceback_and_has_the_status_of_one(tmp_path: Path) -> None:
    saved(tmp_path / "cassettes/t/test_a.yaml", *(chat(f"question {number} {'x' * 5_000}") for number in range(50)))
    command = [sys.executable, "-c", MAIN, "show", "test_a"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"t.py::test_a: cassettes/t/test_a.yaml\n"
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_an_output_that_cannot_be_written_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "cassettes/t/test_a.yaml", chat("x"))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main(["ls"])
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "pytest-samurai ls: error: the output cannot be written: No space left on device"


def test_a_command_runs_without_an_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "cassettes/t/test_a.yaml", chat("x"))
    # Python starts like this if the shell has closed it (`>&-`).
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["show", "test_a"]) == 0


def test_what_nobody_shows_in_a_terminal_needs_no_rich(tmp_path: Path) -> None:
    saved(tmp_path / "cassettes/t/test_a.yaml", chat("x"))
    code = (
        "import sys; from pytest_samurai.commands import main;"
        " main(['show', '--plain', 'test_a']); main(['ls', '--json']); sys.exit('rich' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
