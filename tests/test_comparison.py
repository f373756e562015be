"""The table in docs/explanation/comparison.md shows how a small suite behaves with each recorder: it runs here.

Each recorder has its own process, because two of them cannot be loaded together, and vcrpy patches the libraries of its
process, including the server's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "comparison.md"

TESTS = """
import os
import httpx, pytest

pytestmark = pytest.mark.MARK
EDITED = os.environ["EDITED"] == "True"

def body(text, **more):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], **more}

def ask(text, **more):
    headers = {"Authorization": "Bearer " + os.environ["A_KEY"]}
    return httpx.post(os.environ["A_URL"] + "/chat/completions", json=body(text, **more), headers=headers)

def test_changed():
    ask("What is the capital of Spain?" if EDITED else "What is the capital of France?")

def test_swallowed():
    ask("one")
    if EDITED:
        try:
            ask("one")
        except Exception:
            pass

def test_unplayed():
    ask("one")
    if not EDITED:
        ask("two")

def test_stream():
    with httpx.stream("POST", os.environ["A_URL"] + "/chat/completions", json=body("Count to ten", stream=True),
                      headers={"Authorization": "Bearer " + os.environ["A_KEY"]}) as reply:
        assert len(list(reply.iter_bytes())) > 1 or not EDITED

@pytest.mark.parametrize("name", ["a/b", "a-b"])
def test_name(name):
    ask(name)
"""

MISSPELT = """
import pytest

@pytest.mark.MARK(recrod_mode="none")
def test_option():
    pass
"""


@dataclass(frozen=True)
class Tool:
    """A recorder: its column in the table, its plugin and marker, and the option that sets its mode."""

    column: str
    plugin: str
    marker: str
    mode: str


TOOLS = (
    Tool("pytest-samurai", "pytest_samurai.plugin", "samurai", "--samurai-mode"),
    Tool("pytest-recording", "pytest_recording.plugin", "vcr", "--record-mode"),
    Tool("cassetter", "cassetter.pytest_plugin", "vcr", "--record-mode"),
)


class Suite:
    """The small suite with one of the recorders."""

    def __init__(self, folder: Path, tool: Tool) -> None:
        self._folder = folder
        self._tool = tool
        (folder / "test_it.py").write_text(TESTS.replace("MARK", tool.marker))
        (folder / "pytest.ini").write_text("[pytest]\n")

    def run(self, url: str, mode: str, edited: bool = False) -> dict[str, str]:
        """The outcome of each test."""
        printed, _ = self._pytest("test_it.py", "-rA", f"{self._tool.mode}={mode}", A_URL=url, EDITED=str(edited))
        return {name: verdict for verdict, name in re.findall(r"(?m)^([A-Z]+) test_it\.py::(\S+)", printed)}

    def refuses_a_misspelt_option(self) -> bool:
        (self._folder / "test_option.py").write_text(MISSPELT.replace("MARK", self._tool.marker))
        printed, status = self._pytest("test_option.py")
        return status != 0 and "recrod_mode" in printed

    def _pytest(self, *arguments: str, **environment: str) -> tuple[str, int]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "CI"))}
        environment |= {"A_KEY": KEY, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command = [sys.executable, "-m", "pytest", "-p", self._tool.plugin, "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(
            command, cwd=self._folder, env=kept | environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr, done.returncode

    def cassettes(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self._folder.rglob("*.yaml")}


def measured(folder: Path, tool: Tool) -> dict[str, str]:
    """A recorder's column, from its small suite."""
    suite = Suite(folder, tool)
    with ChatServer(api_key=KEY) as server:
        url = server.base_url
        recorded = suite.run(url, "once")
    assert set(recorded.values()) == {"PASSED"}
    files = suite.cassettes()
    replayed = suite.run(url, "none", edited=True)
    return {
        "a changed prompt": "red" if replayed["test_changed"] != "PASSED" else "green",
        "a refused call whose error the code swallows": "red" if replayed["test_swallowed"] != "PASSED" else "green",
        "a recorded call that is no longer made": "red" if replayed["test_unplayed"] != "PASSED" else "green",
        "a misspelt option of the marker": "red" if suite.refuses_a_misspelt_option() else "green",
        "the `Authorization` header": "written" if any(KEY in text for text in files.values()) else "left out",
        "a stream of several chunks": "several" if replayed["test_stream"] == "PASSED" else "in one piece",
        "cassettes of `test_name[a/b]` and `test_name[a-b]`": str(sum("test_name" in name for name in files)),
    }


def stated(column: str) -> dict[str, str]:
    """A recorder's column, from the page."""
    page = PAGE.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    header = next(row for row in rows if column in row)
    begin = rows.index(header) + 2
    return {row[0]: row[header.index(column)] for row in rows[begin:] if len(row) == len(header)}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.column)
def test_the_page_says_what_each_recorder_does(tool: Tool, tmp_path: Path) -> None:
    assert measured(tmp_path, tool) == stated(tool.column)
