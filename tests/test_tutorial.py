"""The tutorials, followed as a reader follows them: in an empty folder, block by block, without a key.

What the first words after a fence's language mean:

- ``sh setup``: makes the environment. Every package that it installs must be importable here.
- ``python file NAME``: the file NAME, created or overwritten.
- ``sh run``: commands, one per line, as typed. ``passed=1 failed=1`` are the outcomes of its pytest runs, ``status=1``
  is the exit status of its other commands (0 by default).
- ``sh apart``: the same in a separate process, for commands that leave something behind, such as an open connection.
- ``text output``: the output of the previous commands; ``...`` means lines left out.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from tests.project import without_seconds
from tests.test_docs import ROOT, Block, blocks, contains, dead_links

PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
KINDS = {"setup", "file", "run", "apart", "output"}
LEFT_OUT = ("cassetter", "fakefs", "hypothesispytest", "pytest_httpx", "recording", "respx", "time_machine")
"""Plugins that this suite has and a reader does not."""
ASYNCIO = "pytest-asyncio"
"""A plugin that only readers have whom the page tells to install it."""

Run = Callable[..., pytest.RunResult]


class Reader:
    """Somebody who copies the blocks of a page, one after another, into an empty folder."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self._printed: list[str] = []
        self._leave_out("asyncio", *LEFT_OUT)
        monkeypatch.setenv("COLUMNS", "80")
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            monkeypatch.setenv(name, "reader@example.org")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def _leave_out(self, *plugins: str) -> None:
        self._monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in plugins))

    def follow(self, block: Block) -> None:
        assert block.kind in KINDS, f"{block.place}: nobody knows what to do with this block"
        getattr(self, f"_{block.kind}")(block)

    def _setup(self, block: Block) -> None:
        [packages] = re.findall(r"^(?:python -m )?pip install (.*)$", block.text, re.MULTILINE)
        if ASYNCIO in packages:
            self._leave_out(*LEFT_OUT)
        for package in packages.split():
            importlib.metadata.version(re.sub(r"\[.*\]", "", package.strip("'\"")))

    def _file(self, block: Block) -> None:
        path = self._pytester.path / block.words[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def _apart(self, block: Block) -> None:
        self._run(block, self._pytester.runpytest_subprocess)

    def _run(self, block: Block, run: Run | None = None) -> None:
        self._printed = []
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            with self._monkeypatch.context() as patch:
                while re.match(r"[A-Z_]+=", words[0]):
                    patch.setenv(*words.pop(0).split("=", 1))
                self._command(block, words, run or self._pytester.runpytest_inprocess)

    def _command(self, block: Block, words: list[str], run: Run) -> None:
        name, *arguments = words
        if name == "pytest":
            result = run(*arguments)
            self._printed += [without_seconds(line) for line in result.outlines]
            result.assert_outcomes(**block.outcomes)
            return
        status = block.outcomes.get("status", 0)
        if name == "pytest-samurai":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                assert cli.main(arguments) == status, block.place
            self._printed += printed.getvalue().splitlines()
            return
        done = subprocess.run(words, cwd=self._pytester.path, check=False, capture_output=True, text=True)
        assert done.returncode == status, (block.place, done.stderr)
        self._printed += done.stdout.splitlines()

    def _output(self, block: Block) -> None:
        assert block.text.strip(" .\n"), f"{block.place}: an empty output says nothing"
        assert contains(self._printed, block.text), "\n".join((block.place, *self._printed))


def followed(page: Path) -> Iterator[Block]:
    return (block for block in blocks(page) if block.kind)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_tutorial_is_followed_from_an_empty_folder_to_its_end(
    page: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(pytester, monkeypatch)
    for block in followed(page):
        reader.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_of_a_tutorial_is_left_out(page: Path) -> None:
    assert [block.place for block in blocks(page) if block.kind not in KINDS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_tutorial_leads_to_a_file(page: Path) -> None:
    assert dead_links(page) == []


def test_what_a_page_claims_wrongly_is_red(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(pytester, monkeypatch)
    reader.follow(Block("page:1", "python", ("file", "test_it.py"), "def test_it(): pass\n"))
    reader.follow(Block("page:2", "sh", ("run", "passed=1"), "pytest\n"))
    for wrong in (
        Block("page:3", "sh", ("run", "failed=1"), "pytest\n"),
        Block("page:4", "sh", ("run", "status=0"), "git no-such-command\n"),
        Block("page:5", "text", ("output",), "nobody printed this\n"),
        Block("page:6", "text", ("output",), "...\n"),
        Block("page:7", "text", ("outptu",), "1 passed\n"),
    ):
        with pytest.raises(AssertionError):
            reader.follow(wrong)
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        reader.follow(Block("page:8", "sh", ("setup",), "pip install no-such-package-of-ours\n"))
