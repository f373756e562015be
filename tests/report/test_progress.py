"""The line of a long recording: what it says, and that a fake terminal shows nothing of it afterwards."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pyte
import pytest

from pytest_samurai.report.progress import Progress, SoFar
from tests.bill.test_figures import call
from tests.conftest import uncovered
from tests.project import Project

WIDTH = 80


class Terminal:
    """What a terminal shows after this is written to it."""

    def __init__(self, rows: int = 24) -> None:
        self.screen = pyte.Screen(WIDTH, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""

    def feed(self, data: bytes) -> None:
        self.written += data
        self._stream.feed(data)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]


def run_in(
    terminal: Terminal, directory: Path, *arguments: str, term: str = "xterm", environ: Mapping[str, str] = os.environ
) -> int:
    """Run pytest with this as its terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", terminal.screen.lines, WIDTH, 0, 0))
    environ = {name: value for name, value in environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    process = subprocess.Popen(
        command, cwd=directory, stdin=slave, stdout=slave, stderr=slave, env={**environ, "TERM": term}
    )
    os.close(slave)
    try:
        while data := os.read(master, 65536):
            terminal.feed(data)
    except OSError:
        pass  # Linux says so when the last process closes it
    os.close(master)
    return process.wait()


def shown(lines: list[str]) -> list[str]:
    """Lines without what differs in each run."""
    return [re.sub(r"=* (\d.*) in [\d.]+s =*", r"\1", line) for line in lines if line and "rootdir" not in line]


TESTS = """
@pytest.mark.samurai
def test_one(samurai_client):
    print("printed by one")
    ask(samurai_client)
    print("and by one again")

@pytest.mark.samurai
def test_two(samurai_client, capfd):
    for _ in range(3):
        ask(samurai_client)
        os.system("echo written by two")
    assert capfd.readouterr().out == "written by two\\n" * 3

def test_three(): assert 1
import os
"""


@pytest.mark.parametrize(("arguments", "rows"), [(["-rP"], 60), (["-v"], 8), (["--capture=sys"], 8)])
def test_while_calls_go_live_a_line_says_how_far_it_is_and_nothing_is_left_of_it(
    project: Project, arguments: list[str], rows: int
) -> None:
    project.tests(TESTS)
    # On a terminal that cannot erase a line, there is none.
    without, with_it = Terminal(rows), Terminal(rows)
    arguments = ["--samurai-mode=all", *arguments]
    assert run_in(without, project.pytester.path, *arguments, term="dumb", environ=uncovered()) == 0
    assert run_in(with_it, project.pytester.path, *arguments) == 0
    assert b"so far" not in without.written
    # While it runs, the screen shows what was written last.
    assert re.findall(r"samurai: (.*?) so far, (.*?)\x1b", with_it.written.decode()) == [
        ("test_it.py::test_one: 1 live call", "13 tokens, $0.00000285"),
        ("test_it.py::test_two: 2 live calls", "26 tokens, $0.00000570"),
        ("test_it.py::test_two: 3 live calls", "39 tokens, $0.00000855"),
        ("test_it.py::test_two: 4 live calls", "52 tokens, $0.0000114"),
    ]
    assert shown(with_it.lines) == shown(without.lines)


def test_it_stands_below_the_line_that_pytest_is_writing(project: Project) -> None:
    project.tests(TESTS)
    terminal = Terminal()
    run_in(terminal, project.pytester.path)
    until = terminal.written.index(b"test_two: 3 live calls")
    halfway = Terminal()
    halfway.feed(terminal.written[: terminal.written.index(b"\r", until)])
    line = halfway.lines.index("samurai: test_it.py::test_two: 3 live calls so far, 39 tokens, $0.00000855")
    assert halfway.lines[line - 1] == "test_it.py ."
    assert not any(halfway.lines[line + 1 :])


@pytest.mark.parametrize("arguments", [["-q"], ["-s"], ["-o", "log_cli=true"], ["--log-cli-level=INFO"], ["-n", "1"]])
def test_there_is_none_where_others_write_too_or_it_is_not_wanted(project: Project, arguments: list[str]) -> None:
    project.tests(TESTS.replace("capfd.readouterr().out", "1 or 1"))
    terminal = Terminal()
    run_in(terminal, project.pytester.path, "--samurai-mode=all", *arguments)
    assert b"passed" in terminal.written
    assert b"so far" not in terminal.written


def test_there_is_none_in_a_replay_and_none_where_output_is_no_terminal(project: Project) -> None:
    project.tests(TESTS)
    recorded = project.pytester.runpytest_inprocess("-p", "no:cacheprovider")
    recorded.stdout.no_fnmatch_line("*so far*")
    terminal = Terminal()
    assert run_in(terminal, project.pytester.path) == 0
    assert b"4 replayed" in terminal.written
    assert b"so far" not in terminal.written


def test_it_is_gone_before_a_run_that_is_interrupted_says_so(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client)
    raise KeyboardInterrupt
""")
    terminal = Terminal()
    assert run_in(terminal, project.pytester.path) == pytest.ExitCode.INTERRUPTED
    assert b"1 live call so far" in terminal.written
    assert "so far" not in "\n".join(terminal.lines)
    assert any("KeyboardInterrupt" in line for line in terminal.lines)


def test_it_stays_above_what_a_debugger_says(project: Project) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client)
    import pdb
    pdb.Pdb = type("Pdb", (pdb.Pdb,), {"set_trace": lambda self, frame=None: self.message("stopped here")})
    pytest.set_trace()
""")
    terminal = Terminal()
    assert run_in(terminal, project.pytester.path) == 0
    line = terminal.lines.index("samurai: test_it.py::test_it: 1 live call so far, 13 tokens, $0.00000285")
    assert terminal.lines[line - 1] == "test_it.py"
    assert "PDB set_trace" in terminal.lines[line + 1]
    assert terminal.lines[line + 2] == "stopped here"


# --- the words


def test_what_is_unknown_is_said_and_not_counted_as_nothing() -> None:
    so_far = SoFar()
    for live in [call((10, 2)), call(None), call((1000, 0), price=None)]:
        so_far = so_far.plus(live)
    assert so_far.text() == ("3 live calls so far, 1,012 tokens (unknown in 1 call), $0.0000140 (unknown in 2 calls)")


def test_a_line_is_never_longer_than_the_terminal_is_wide() -> None:
    terminal = Terminal()
    written = io.StringIO()
    progress = Progress(written, lambda: (WIDTH, 5))
    progress.call(f"t.py::test_{'x' * 200}", call((1, 1)))
    progress.call(f"t.py::test_{'語' * 60}", call((1, 1)))
    terminal.feed(b"12345")
    terminal.feed(written.getvalue().replace("\n", "\r\n").encode())
    progress.clear()
    assert [bool(line) for line in terminal.lines[:3]] == [True, True, False]


def test_a_terminal_that_was_closed_is_no_reason_for_a_call_to_fail() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    progress = Progress(Closed(), lambda: (WIDTH, 0))
    progress.call("t.py::test_it", call((1, 1)))
    progress.clear()


def test_nothing_is_taken_away_where_nothing_stands() -> None:
    written = io.StringIO()
    progress = Progress(written, lambda: (WIDTH, 0))
    progress.clear()
    assert written.getvalue() == ""
    progress.call("t.py::test_it", call((1, 1)))
    progress.clear()
    progress.clear()
    assert written.getvalue().count("\x1b[A") == 1
