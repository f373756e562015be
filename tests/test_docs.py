"""The pages do what they say: their examples run, their output is real, their links lead somewhere.

The first word after a fence's language says how to run the block, the others what the result must be:

- ``python test passed=1``: a user's test file, run once to record, and once more with the server stopped and no key;
- ``python edited failed=1``: the same file after a change, run in replay;
- ``python proved failed=1``: a user's test file, recorded, and replayed in another process;
- ``python recorded failed=1``: the same file after a change, recorded again, and run in replay;
- ``python updated passed=1``: the same file after a change, brought up to date, and run in replay;
- ``console command passed=1``: a pytest command; ``console command status=0``: one of our commands or git's, perhaps
  after other git commands, which must succeed;
- ``console live passed=1``: a pytest command, while the server is running;
- ``ini file pytest.ini``: a file of the project;
- ``python script``: a script, run to record and in replay;
- ``text output``, ``yaml cassette`` and ``yaml lock``: what the previous block printed, recorded, or wrote to the lock;
  ``...`` means lines left out.

All other Python must compile, except a ``python signature``, which is not a statement.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pytest_samurai.commands import cli
from pytest_samurai.redaction import REQUEST_HEADERS, RESPONSE_HEADERS
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.project import Project, without_seconds

ROOT = Path(__file__).parents[1]
HTTPX = tuple(map(int, httpx.__version__.split(".")[:2]))
FOLLOWED_ELSEWHERE = ("tutorial", "examples")
"""The pages that tests/test_tutorial.py and tests/test_example_projects.py follow, by their own rules."""
EVERY_PAGE = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [
    page for page in EVERY_PAGE if page.relative_to(ROOT).parts[1:2] not in [(name,) for name in FOLLOWED_ELSEWHERE]
]

STORIED = [page for page in PAGES if not {"tutorial", "examples"} & set(page.relative_to(ROOT).parts)]
"""The pages whose blocks run here. Those of the tutorials and the examples run in tests of their own."""

_LATER = ("edited", "recorded", "updated", "command", "live", "file", "output", "cassette", "lock")
"""What continues the story of an earlier block."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=indent)``` *$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!\w+:)(?P<file>[^)#\s]+)(?:#[^)]*)?\)")


def dead_links(page: Path) -> list[str]:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link["file"] for link in _LINK.finditer(prose) if not (page.parent / link["file"]).exists()]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `place` is its file and line."""

    place: str
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def kind(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def outcomes(self) -> dict[str, int]:
        pairs = (word.partition("=") for word in self.words[1:])
        return {name: int(count) for name, _, count in pairs}


def blocks(page: Path) -> Iterator[Block]:
    content = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        language, *words = found["info"].split() or [""]
        line = content.count("\n", 0, found.start()) + 1
        text = re.sub(f"(?m)^{found['indent']}", "", found["text"])
        yield Block(f"{page.relative_to(ROOT).as_posix()}:{line}", language, tuple(words), text)


def stories() -> Iterator[list[Block]]:
    """Each example that runs, with the blocks about its results."""
    for page in STORIED:
        story: list[Block] = []
        for block in blocks(page):
            if block.kind in ("test", "script", "proved"):
                if story:
                    yield story
                story = [block]
            elif block.kind in _LATER:
                assert story, f"{block.place}: nothing ran before"
                story.append(block)
        if story:
            yield story


class Runner:
    """A user's project, which is recorded and then replayed."""

    def __init__(self, pytester: pytest.Pytester, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self._server = server
        self._monkeypatch = monkeypatch
        self._printed: list[list[str]] = []
        monkeypatch.setenv("COLUMNS", "80")
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            monkeypatch.setenv(name, "docs@example.org")
        self._online(server)

    def play(self, block: Block) -> None:
        getattr(self, f"_{block.kind}")(block)

    def _test(self, block: Block) -> None:
        self._run(block)
        self._offline()
        self._run(block)

    def _edited(self, block: Block) -> None:
        self._run(block)

    def _recorded(self, block: Block, mode: str = "all") -> None:
        with ChatServer(api_key=KEY) as server:
            self._online(server)
            self._run(block, f"--samurai-mode={mode}")
            self._offline()
        self._run(block)

    def _proved(self, block: Block) -> None:
        self._run(block, "--samurai-prove")

    def _updated(self, block: Block) -> None:
        self._recorded(block, "update")

    def _command(self, block: Block) -> None:
        *before, last = [line.removeprefix("$ ").split() for line in block.text.splitlines()]
        for words in before:
            assert words[0] == "git", block.place
            subprocess.run(words, cwd=self._pytester.path, check=True)
        name, *arguments = last
        if name == "pytest-samurai":
            printed = io.StringIO()
            with redirect_stdout(printed):
                assert {"status": cli.main(arguments)} == block.outcomes, block.place
            self._printed.append(printed.getvalue().splitlines())
            return
        if name == "git":
            done = subprocess.run([name, *arguments], cwd=self._pytester.path, check=False)
            assert {"status": done.returncode} == block.outcomes, block.place
            return
        assert name == "pytest", block.place
        self._pytest(block, *arguments)

    def _live(self, block: Block) -> None:
        with ChatServer(api_key=KEY) as server:
            self._online(server)
            self._command(block)
            self._offline()

    def _file(self, block: Block) -> None:
        path = self._pytester.path / block.words[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def _run(self, block: Block, *arguments: str) -> None:
        (self._pytester.path / "test_it.py").write_text(block.text, encoding="utf-8")
        self._pytest(block, *arguments)

    def _pytest(self, block: Block, *arguments: str) -> None:
        assert block.outcomes, f"{block.place} does not say what has to come out"
        result = self._pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)
        self._printed.append([without_seconds(line) for line in result.outlines])
        result.assert_outcomes(**block.outcomes)

    def _script(self, block: Block) -> None:
        path = self._pytester.path / "script.py"
        path.write_text(block.text, encoding="utf-8")
        for _ in ("to record", "in replay"):
            result = self._pytester.run(sys.executable, path)
            assert result.ret == 0
            self._printed.append(result.outlines)
            self._offline()

    def _online(self, server: ChatServer) -> None:
        for name in ("SAMURAI", "OPENAI"):
            self._monkeypatch.setenv(f"{name}_BASE_URL", server.base_url)
            self._monkeypatch.setenv(f"{name}_API_KEY", KEY)

    def _offline(self) -> None:
        self._server.stop()
        for name in ("SAMURAI", "OPENAI"):
            self._monkeypatch.delenv(f"{name}_API_KEY", raising=False)

    def _output(self, block: Block) -> None:
        assert any(contains(printed, block.text) for printed in self._printed), block.place

    def _cassette(self, block: Block) -> None:
        files = self._pytester.path.rglob("*.yaml")
        recorded = [path.read_text(encoding="utf-8").replace(self._server.base_url, API) for path in files]
        shown = steady(block.text)
        assert any(contains(steady(text).splitlines(), shown) for text in recorded), block.place

    def _lock(self, block: Block) -> None:
        written = (self._pytester.path / "samurai.lock").read_text(encoding="utf-8")
        assert contains(written.splitlines(), block.text), block.place


API = "https://www.samuraiapi.in/v1"


def steady(cassette: str) -> str:
    """A cassette without what differs in every recording."""
    text = re.sub(r"(?m)^( *(?:recorded_at|duration|x-[\w-]+): )\S+$", r"\1~", cassette)
    text = re.sub(r"(?<=source: genai-prices )[\d.]+", "~", text)
    return re.sub(r"(?<=\d)@[\d.]+", "@~", text)


def contains(lines: Sequence[str], shown: str) -> bool:
    """Whether the lines are there, in order. Where `...` is, others may come between."""
    there = [line.rstrip() for line in lines]
    place = 0
    for part in re.split(r"(?m)^ *\.\.\.\n", shown):
        wanted = [line.rstrip() for line in part.splitlines()]
        starts = range(place, len(there) - len(wanted) + 1)
        start = next((start for start in starts if there[start : start + len(wanted)] == wanted), None)
        if start is None:
            return False
        place = start + len(wanted)
    return True


@pytest.mark.parametrize("story", list(stories()), ids=lambda story: story[0].place)
def test_an_example_does_what_the_page_says(
    story: list[Block], pytester: pytest.Pytester, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if HTTPX < (0, 28) and any(block.kind == "cassette" for block in story):
        pytest.skip("the page shows JSON as httpx writes it since 0.28")
    runner = Runner(pytester, chat_server, monkeypatch)
    for block in story:
        runner.play(block)


@pytest.mark.parametrize("page", STORIED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_is_python_compiles_and_what_is_marked_is_known(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python" and block.kind != "signature":
            assert block.kind in ("", "test", "edited", "recorded", "proved", "updated", "script", "file"), block.place
            compile(block.text, block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    assert not dead_links(page)


def test_every_page_is_in_the_index() -> None:
    docs = ROOT / "docs"
    linked = {
        (index.parent / link["file"]).resolve().relative_to(docs).as_posix()
        for index in (docs / "README.md", docs / "examples" / "README.md")
        for link in _LINK.finditer(index.read_text(encoding="utf-8"))
        if (index.parent / link["file"]).resolve().is_relative_to(docs)
    }
    names = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES[1:]}
    assert names <= linked | {"README.md"}


# --- copies of what the code says


GEO = """
import pytest


@pytest.mark.samurai
def test_capital(samurai_client):
    question = {"role": "user", "content": "What is the capital of France?"}
    samurai_client.post("/chat/completions", json={"model": "gpt-4o-mini", "messages": [question]})
"""


def test_the_miss_in_the_readme_is_what_a_changed_word_of_a_prompt_prints(project: Project) -> None:
    [shown] = [block.text for block in blocks(ROOT / "README.md") if "has no recording" in block.text]
    file = project.pytester.mkdir("tests") / "test_geo.py"
    file.write_text(GEO, encoding="utf-8")
    project.run().assert_outcomes(passed=1)
    project.offline()
    file.write_text(GEO.replace("France", "Spain"), encoding="utf-8")
    result = project.run()
    result.assert_outcomes(failed=1)
    printed = [re.sub(r"^E {7}(?:pytest_samurai\.RequestNotRecorded: )?", "", line) for line in result.outlines]
    assert contains(printed, shown)


def test_the_page_on_redaction_lists_the_headers_that_are_written() -> None:
    page = " ".join((ROOT / "docs" / "redaction.md").read_text(encoding="utf-8").split())
    listed = re.search(r"Of a request: (.*?)\. Of a reply: (.*?)\. So in replay,", page)
    assert listed is not None
    assert [tuple(re.findall("`(.*?)`", names)) for names in listed.groups()] == [REQUEST_HEADERS, RESPONSE_HEADERS]


def test_lines_left_out_are_those_that_dots_stand_for() -> None:
    lines = ["one", "two", "three", "four"]
    assert contains(lines, "two\nthree\n")
    assert contains(lines, "one\n...\nfour\n")
    assert contains(lines, "one\n...\ntwo\n")
    assert not contains(lines, "one\nthree\n")
    assert not contains(lines, "three\n...\ntwo\n")
    assert not contains(lines, "tw\n")
