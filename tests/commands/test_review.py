"""Differences are accepted or put back, one by one, with keys pressed in a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai.bill.lock import Lock
from pytest_samurai.bill.lockfile import dump
from pytest_samurai.cassette.writer import save
from pytest_samurai.commands import cli
from pytest_samurai.commands.why import row
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from tests.commands.recorded import SYSTEM, answered, git, item, user
from tests.terminal import Terminal

PRICE = Price(source="x", input_mtok=Decimal(1000), output_mtok=Decimal(1000))
ASK = "a accept, r put back, s skip, q quit, ? help: "
BRIEF = {**SYSTEM, "content": f"{SYSTEM['content']} Be brief."}


class Project:
    """Three tests in a repository, with a lock. All were recorded again, with one more sentence in the prompt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        git(root, "init", "--quiet", "--initial-branch=main")
        (root / "pytest.ini").write_text("[pytest]\n")
        for test in "abc":
            self.record(test, asked(test))
        self.lock("abc", 2)
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message=recorded")
        for test in "abc":
            self.record(test, asked(test, BRIEF, 5))
        self.lock("abc", 5)

    def path(self, test: str) -> Path:
        return self.root / f"cassettes/tests/test_geo/test_{test}.yaml"

    def record(self, test: str, interaction: Interaction) -> None:
        save(self.path(test), [interaction])

    def lock(self, tests: Sequence[str], tokens: int) -> None:
        rows = {f"tests/test_geo.py::test_{test}": row([asked(test, tokens=tokens)]) for test in tests}
        (self.root / "samurai.lock").write_bytes(dump(Lock(rows, {"m": PRICE})))

    def was(self, path: str) -> bytes:
        return subprocess.run(["git", "show", f"HEAD:{path}"], cwd=self.root, capture_output=True, check=True).stdout

    def review(self, *arguments: str) -> Terminal:
        environ = {**os.environ, "NO_COLOR": "1"}
        return Terminal([Path(sys.executable).with_name("pytest-samurai"), "review", *arguments], self.root, environ)

    def bytes(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


def asked(name: str, system: dict[str, str] = SYSTEM, tokens: int = 2) -> Interaction:
    recorded = answered(item((40 + tokens, 3), system, user(f"What of {name}?")), "It is nice.")
    return replace(recorded, price=PRICE)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    return Project(tmp_path)


ID = "tests/test_geo.py::test_"


def test_each_difference_is_decided_by_a_key_and_the_index_stays_as_it_is(project: Project) -> None:
    index = (project.root / ".git/index").read_bytes()
    accepted = project.path("a").read_bytes()
    terminal = project.review()
    assert terminal.until(ASK).splitlines() == [
        f"1 of 3  {ID}a: prompt 42 -> 45 tokens (+7.1%)",
        "  call 1: messages[0] (system): one sentence added",
        "    - You are a guide to the cities of the world.",
        "    + You are a guide to the cities of the world.[ Be brief.]",
        "",
        ASK,
    ]
    terminal.press("a")
    assert terminal.until(ASK).splitlines() == [
        "accepted",
        "",
        f"2 of 3  {ID}b: prompt 42 -> 45 tokens (+7.1%)",
        f"  as in {ID}a: messages[0] (system): one sentence added",
        "",
        ASK,
    ]
    terminal.press("r")
    assert terminal.until("\n") == (
        "put back: cassettes/tests/test_geo/test_b.yaml is as it was in HEAD;"
        " its rows of samurai.lock are as they were\n"
    )
    terminal.until(ASK)
    terminal.press("s")
    assert terminal.rest().splitlines() == [
        "skipped",
        "",
        f"accepted 1: {ID}a",
        f"put back 1: {ID}b",
        f"skipped 1: {ID}c",
    ]
    # One was skipped.
    assert terminal.end() == 1
    assert project.path("a").read_bytes() == accepted
    assert project.path("b").read_bytes() == project.was("cassettes/tests/test_geo/test_b.yaml")
    rows = {f"{ID}{test}": row([asked(test, tokens=2 if test == "b" else 5)]) for test in "abc"}
    assert (project.root / "samurai.lock").read_bytes() == dump(Lock(rows, {"m": PRICE}))
    assert (project.root / ".git/index").read_bytes() == index


def test_the_page_shows_what_is_seen_in_a_terminal(project: Project) -> None:
    page = (Path(__file__).parents[2] / "docs/review.md").read_text(encoding="utf-8")
    example = page.partition("```text\n")[2].partition("```")[0]
    for test in "abc":
        git(project.root, "rm", "--quiet", "--force", "--", str(project.path(test)))
    for tokens, system, answer in ((2, SYSTEM, "It is nice."), (5, BRIEF, "It is a nice one.")):
        river = answered(item((40 + tokens, 3 if tokens == 2 else 5), system, user("River?")), answer)
        project.record("capital", asked("capital", system, tokens))
        project.record("river", replace(river, price=PRICE))
        project.lock(["capital", "river"], tokens)
        if tokens == 2:
            git(project.root, "add", ".")
            git(project.root, "commit", "--quiet", "--message=both")
    terminal = project.review()
    seen = terminal.until(ASK)
    terminal.press("a")
    seen += terminal.until(ASK)
    terminal.press("r")
    seen += terminal.until("as they were\n")
    assert terminal.end() == 0
    assert seen == example


def test_when_all_was_put_back_everything_is_as_it_was(project: Project) -> None:
    terminal = project.review("HEAD")
    for _ in "abc":
        terminal.until(ASK)
        terminal.press("r")
    assert terminal.end() == 0
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project.root, capture_output=True, check=True)
    assert status.stdout == b""
    assert cli.main(["review"]) == 0


def test_help_another_key_an_arrow_and_quit(project: Project) -> None:
    before = project.bytes()
    terminal = project.review()
    terminal.until(ASK)
    terminal.press("?")
    assert terminal.until(ASK).splitlines()[1:-1] == [
        "  a  accept: the file stays as it is",
        "  r  put back: the cassette, and its row of the lock, as they were",
        "  s  skip: decide another time",
        "  q  quit: leave what is left",
        "  ?  help",
    ]
    for keys in ("x", "\x1b[A"):
        terminal.press(keys)
        assert terminal.until(ASK).splitlines()[0] == "not one of the keys"
    terminal.press("q")
    assert terminal.rest().splitlines() == ["quit", f"not decided 3: {ID}a, {ID}b, {ID}c"]
    assert terminal.end() == 1
    assert project.bytes() == before


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_what_was_decided_is_said_however_it_ends(project: Project, key: str) -> None:
    terminal = project.review()
    terminal.until(ASK)
    terminal.press("a")
    terminal.until(ASK)
    terminal.press(key)
    assert terminal.rest().splitlines()[-2:] == [f"accepted 1: {ID}a", f"not decided 2: {ID}b, {ID}c"]
    assert terminal.end() == 1


def test_keys_that_are_pressed_ahead_are_not_lost_and_the_terminal_is_as_it_was(project: Project) -> None:
    terminal = project.review()
    terminal.until(ASK)
    assert not terminal.has_lines
    terminal.press("aas")
    terminal.until("skipped 1")
    assert terminal.end() == 1


def test_a_new_cassette_is_deleted_only_after_asking_once_more(project: Project) -> None:
    for test in "abc":
        project.path(test).write_bytes(project.was(f"cassettes/tests/test_geo/test_{test}.yaml"))
    project.record("new", asked("new"))
    project.lock(["a", "b", "c", "new"], 2)
    terminal = project.review()
    terminal.until(ASK)
    terminal.press("r")
    question = terminal.until("any other key keeps it: ")
    assert question.strip() == (
        "The file is new, and git does not know it: 1 recording, which cost $0.0450, would be lost, and you would pay"
        " for it again. y deletes it, any other key keeps it:"
    )
    terminal.press("n")
    assert terminal.until(ASK).splitlines()[0] == "not deleted"
    assert project.path("new").exists()
    terminal.press("r")
    terminal.until("any other key keeps it: ")
    terminal.press("y")
    assert terminal.until("\n\n").splitlines()[0] == (
        "put back: cassettes/tests/test_geo/test_new.yaml is deleted; its rows of samurai.lock are as they were"
    )
    assert terminal.end() == 0
    assert not project.path("new").exists()
    assert (project.root / "samurai.lock").read_bytes() == project.was("samurai.lock")


def test_of_a_new_file_that_git_knows_less_is_lost(project: Project) -> None:
    project.record("new", asked("new"))
    project.path("new").write_text("nothing")
    git(project.root, "add", "--", str(project.path("new")))
    terminal = project.review()
    for _ in "abc":
        terminal.until(ASK)
        terminal.press("s")
    assert "cannot be compared" in terminal.until(ASK)
    terminal.press("a")
    assert terminal.until(ASK).splitlines()[0] == "it cannot be read, so it cannot be accepted"
    terminal.press("r")
    assert terminal.until("any other key keeps it: ").strip() == (
        "The file is new, with what it holds, and git has it in its index. y deletes it, any other key keeps it:"
    )
    terminal.press("y")
    assert terminal.end() == 1
    assert not project.path("new").exists()


def test_a_cassette_that_is_gone_comes_back_and_a_renamed_one_gets_its_old_name(project: Project) -> None:
    for test in "abc":
        project.path(test).write_bytes(project.was(f"cassettes/tests/test_geo/test_{test}.yaml"))
    project.path("a").unlink()
    project.path("b").rename(project.path("z"))
    project.lock(["c", "z"], 2)
    terminal = project.review()
    assert "test_a: removed" in terminal.until(ASK)
    terminal.press("r")
    assert "renamed from cassettes/tests/test_geo/test_b.yaml" in terminal.until(ASK)
    terminal.press("r")
    terminal.until("any other key keeps it: ")
    terminal.press("y")
    assert terminal.end() == 0
    assert subprocess.run(["git", "status", "--porcelain"], cwd=project.root, capture_output=True).stdout == b""


def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(project: Project) -> None:
    terminal = project.review()
    terminal.until(ASK)
    project.record("a", asked("a", BRIEF, 9))
    before = project.bytes()
    terminal.press("r")
    assert terminal.until(ASK).splitlines()[:2] == [
        "not put back",
        "cassettes/tests/test_geo/test_a.yaml: has changed since it was read; left as it is",
    ]
    terminal.press("q")
    assert terminal.end() == 1
    assert project.bytes() == before


def test_nothing_is_put_back_where_the_lock_cannot_be_read(project: Project) -> None:
    (project.root / "samurai.lock").write_text("<<<<<<< HEAD\n")
    before = project.bytes()
    terminal = project.review()
    terminal.until(ASK)
    terminal.press("r")
    assert terminal.until(ASK).splitlines()[0] == "not put back"
    (project.root / "samurai.lock").unlink()
    (project.root / "samurai.lock").mkdir()
    terminal.press("r")
    assert "samurai.lock: cannot be read: Is a directory" in terminal.until(ASK)
    (project.root / "samurai.lock").rmdir()
    # Without a lock there is no row.
    terminal.press("r")
    assert terminal.until("\n") == "put back: cassettes/tests/test_geo/test_a.yaml is as it was in HEAD\n"
    terminal.until(ASK)
    terminal.press("q")
    terminal.end()
    assert {path for path, content in project.bytes().items() if before[path] != content} == {str(project.path("a"))}


def test_a_lock_that_is_new_loses_its_row(project: Project) -> None:
    git(project.root, "rm", "--quiet", "--cached", "samurai.lock")
    git(project.root, "commit", "--quiet", "--message=no lock")
    terminal = project.review()
    terminal.until(ASK)
    terminal.press("r")
    terminal.until(ASK)
    terminal.press("q")
    terminal.end()
    assert f"{ID}a" not in (project.root / "samurai.lock").read_text()
    assert f"{ID}b" in (project.root / "samurai.lock").read_text()


def test_without_a_terminal_it_is_a_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["review"]) == 1
    listed = capsys.readouterr().out
    assert cli.main(["diff"]) == 1
    assert listed == capsys.readouterr().out
    assert listed.startswith("3 tests: messages[0] (system): one sentence added\n")


def test_two_revisions_are_not_reviewed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["review", "HEAD..HEAD"])
    assert "names two revisions: review compares the files here with one" in capsys.readouterr().err
