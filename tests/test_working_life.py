"""What people do every week, using only commands, in a git repository: from a red run to a commit and a merge.

Only runs that record have a key, and only they reach the server, which counts the calls.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.server.chat_server import ChatServer
from tests.conftest import KEY
from tests.report.markup import Element
from tests.terminal import Terminal

CITIES = ("athens", "berlin", "cairo", "delhi", "essen", "faro", "ghent", "hanoi", "izmir", "jena", "kyoto", "lima")
"""Their tests share a prompt, and so do those of the rivers."""
RIVERS = ("amazon", "danube", "elbe")
WORDS = ("bread", "cheese", "milk", "salt")
"""Their tests have no prompt, nor has the one that takes a walk."""

GUIDE = """You are a guide to the cities and the rivers of the world.
Name the country.
Tell a year that mattered.
Speak as to a friend."""

PROMPTS = f'''
GUIDE = """{GUIDE}"""

WALK = [
    "We begin at the old bridge.",
    "Then we see the market.",
    "We rest in the garden.",
    "We end at the harbour.",
]

def ask(client, question, prompt=None):
    system = [{{"role": "system", "content": prompt}}] if prompt else []
    body = {{"model": "gpt-4o-mini", "messages": [*system, {{"role": "user", "content": question}}]}}
    return client.post("/chat/completions", json=body).raise_for_status().json()
'''

HEAD = "import pytest\nfrom prompts import GUIDE, WALK, ask\n\npytestmark = pytest.mark.samurai\n"
GUIDED = '\n\ndef test_{0}(samurai_client):\n    ask(samurai_client, "What of {0}?", GUIDE)\n'
PLAIN = '\n\ndef test_{0}(samurai_client):\n    ask(samurai_client, "What is {0}?")\n'
WALKED = "\n\ndef test_walk(samurai_client):\n    for step in WALK:\n        ask(samurai_client, step)\n"
ASK = "a accept, r put back, s skip, q quit, ? help: "
ELBE = "cassettes/tests/test_rivers/test_elbe.yaml"
CAUSE = "15 tests missed a recording: messages[0], one sentence added."


class Life:
    """A repository with twenty tests, and the server that they are recorded from."""

    def __init__(
        self,
        pytester: pytest.Pytester,
        server: ChatServer,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.root = pytester.path
        self._server = server
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.git("init", "--quiet", "--initial-branch=main")
        self._write("pytest.ini", "[pytest]\ntestpaths = tests\npythonpath = .\n")
        self._write(".gitignore", ".pytest_cache/\n__pycache__/\nreports/\n")
        self._write("prompts.py", PROMPTS)
        self._write("tests/test_cities.py", HEAD + "".join(map(GUIDED.format, CITIES)))
        self._write("tests/test_rivers.py", HEAD + "".join(map(GUIDED.format, RIVERS)))
        self._write("tests/test_words.py", HEAD + "".join(map(PLAIN.format, WORDS)) + WALKED)

    def _write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.text(path)
        assert text.count(old) == 1
        self._write(path, text.replace(old, new))

    def git(self, *arguments: str, status: int = 0) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *who, *arguments], cwd=self.root, capture_output=True, encoding="utf-8")
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def commit(self, why: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={why}")

    def changed(self) -> list[str]:
        """The files that differ from the commit."""
        return [line[3:] for line in self.git("status", "--porcelain", "--untracked-files=all").splitlines()]

    def run(self, *arguments: str, **outcomes: int) -> pytest.RunResult:
        """Run pytest without a key. Nothing may reach the server."""
        before = self._server.requests
        result = self._pytester.runpytest_inprocess(*arguments)
        result.assert_outcomes(**outcomes)
        assert self._server.requests == before
        return result

    def live(self, *arguments: str, **outcomes: int) -> int:
        """Run pytest with a key. Returns how many calls the server got."""
        before = self._server.requests
        with self._monkeypatch.context() as patch:
            patch.setenv("SAMURAI_API_KEY", KEY)
            self._pytester.runpytest_inprocess(*arguments).assert_outcomes(**outcomes)
        return self._server.requests - before

    def command(self, line: str) -> list[str]:
        """Run a command line that a message advises. Returns its output."""
        program, *arguments = shlex.split(line)
        assert program == "pytest-samurai"
        self._capsys.readouterr()
        assert cli.main(arguments) == 0
        return self._capsys.readouterr().out.splitlines()

    def review(self) -> Terminal:
        program = Path(sys.executable).with_name("pytest-samurai")
        return Terminal([program, "review"], self.root, {**os.environ, "NO_COLOR": "1"})

    def cassettes(self) -> dict[str, bytes]:
        """Everything below `cassettes`, including directories, which must not stay behind empty."""
        found = sorted((self.root / "cassettes").rglob("*"))
        empty = [path for path in found if path.is_dir() and not any(path.iterdir())]
        assert empty == []
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found if path.is_file()}

    def rows(self) -> dict[str, str]:
        """The lines of each test in the lock."""
        return dict(re.findall(r'(?m)^  "(.+)":\n((?:    .+\n)+)', self.text("samurai.lock")))


@pytest.fixture
def life(
    pytester: pytest.Pytester,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Life:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMURAI_BASE_URL", chat_server.base_url)
    return Life(pytester, chat_server, monkeypatch, capsys)


def advised(result: pytest.RunResult, command: str) -> list[str]:
    """The command lines in a run's output that begin with this, each only once."""
    lines = [re.search(rf"(?<![`\w]){command}.*", line) for line in result.outlines]
    return list(dict.fromkeys(found[0] for found in lines if found))


def used(rows: dict[str, str]) -> dict[str, str]:
    """Rows without their checksums, which depend on the test's name."""
    return {name: re.sub(" # .*", "", row) for name, row in rows.items()}


def record(life: Life) -> None:
    # Twenty tests: nineteen of them make one call each, the walk makes four.
    assert life.live("--samurai-update", passed=20) == 23
    assert len(life.cassettes()) == len(life.rows()) == 20
    life.commit("Recorded")


def see(life: Life) -> None:
    """The run is red for one reason, which is said once, at the start of its reports. Then the advice is followed."""
    life.edit("prompts.py", "as to a friend.", "as to a friend. Answer in one sentence.")
    reports = ["--samurai-report=md:reports/report.md", "--samurai-report=html:reports/page.html"]
    result = life.run("-q", *reports, failed=15, passed=5)
    assert len(result.outlines) <= 60
    assert [line for line in result.outlines if CAUSE in line] == [f"samurai: {CAUSE}"]
    assert sum("has no recording" in line for line in result.outlines) == 1
    assert [line for line in life.text("reports/report.md").splitlines() if line][2] == f"`{CAUSE}`"
    header = Element.of(life.text("reports/page.html")).all("header")[0]
    assert header.all("p")[0].text == CAUSE
    assert life.changed() == ["prompts.py"]
    before = life.cassettes()
    *_, advice = advised(result, "pytest ")
    assert life.live(*shlex.split(advice)[1:], "--samurai-update", passed=15) == 15
    after = life.cassettes()
    assert [name for name in after if after[name] == before[name]] == [
        f"cassettes/tests/test_words/test_{word}.yaml" for word in (*WORDS, "walk")
    ]
    life.run("--samurai-mode=none", passed=20)


def review(life: Life, recorded: dict[str, bytes], rows: dict[str, str]) -> None:
    """Fourteen answers are accepted. The last test gets its old prompt, cassette and lock row back."""
    changed = life.cassettes(), life.rows()
    terminal = life.review()
    for key in "a" * 14 + "r":
        terminal.until(ASK)
        terminal.press(key)
    ends = terminal.rest().splitlines()[-2:]
    assert terminal.end() == 0
    assert ends[0].startswith("accepted 14: tests/test_cities.py::test_athens, ")
    assert ends[1] == "put back 1: tests/test_rivers.py::test_elbe"
    elbe = "tests/test_rivers.py::test_elbe"
    assert life.cassettes() == {**changed[0], ELBE: recorded[ELBE]}
    assert life.rows() == {**changed[1], elbe: rows[elbe]}
    assert rows[elbe] != changed[1][elbe]
    life.edit("tests/test_rivers.py", 'of elbe?", GUIDE', f'of elbe?", """{GUIDE}"""')
    life.run("--samurai-mode=none", passed=20)
    assert ELBE not in life.changed()
    life.commit("Answers in one sentence, but for one test")


def merge(life: Life) -> None:
    """Two branches change different lines of the prompt and different ends of the walk.

    Git cannot merge their recordings.
    """
    update = ("--samurai-mode=update", "--samurai-update")
    life.git("switch", "--quiet", "--create=brief")
    life.edit("prompts.py", "in one sentence.", "in one sentence of ten words.")
    life.edit("prompts.py", "WALK = [\n", 'WALK = [\n    "We meet at the station.",\n')
    assert life.live(*update, passed=20) == 14 + 1
    life.commit("Ten words")
    life.git("switch", "--quiet", "main")
    life.edit("prompts.py", "Name the country.", "Name the country, and the way to go there.")
    life.edit(
        "prompts.py", '    "We end at the harbour.",\n', '    "We end at the harbour.",\n    "A ferry goes home.",\n'
    )
    assert life.live(*update, passed=20) == 14 + 1
    life.commit("The way to go there")
    life.git("merge", "--quiet", "brief", status=1)
    conflicts = life.git("diff", "--name-only", "--diff-filter=U").split()
    assert len(conflicts) == 14 + 1
    assert conflicts[-1] == "samurai.lock"
    assert life.text("samurai.lock").count("<<<<<<<") > 1
    refused = life.run("-q")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    [advice] = advised(refused, "pytest ")
    assert advice == "pytest --samurai-mode=update --samurai-update"
    # The prompt is new to both sides, so it is paid for. Of the walk, each side has what the other lacks.
    assert life.live(*shlex.split(advice)[1:], passed=20) == 14
    assert not [name for name in conflicts if re.search("(?m)^(<{7}|={7}|>{7})", life.text(name))]
    life.commit("Merged")
    life.run("--samurai-mode=none", passed=20)
    # There is nothing left to bring up to date.
    life.run(*update, passed=20)
    assert life.changed() == []


def tidy(life: Life) -> None:
    """A test is renamed, its file is moved, another one is deleted: the recordings follow, and nothing else."""
    before, rows = life.cassettes(), life.rows()
    life.edit("tests/test_words.py", "def test_milk", "def test_oat_milk")
    [renamed] = advised(life.run("-q", failed=1, passed=19), "pytest-samurai mv")
    assert life.command(renamed)[-1] == "moved 1 cassette and 1 row of samurai.lock"
    (life.root / "tests/water").mkdir()
    life.git("mv", "tests/test_rivers.py", "tests/water/test_rivers.py")
    result = life.run("-q", failed=3, passed=17)
    assert len(result.outlines) <= 60
    [moved] = advised(result, "pytest-samurai mv")
    assert life.command(moved)[-1] == "moved 3 cassettes and 3 rows of samurai.lock"
    life.edit("tests/test_words.py", PLAIN.format("salt"), "")
    [unused] = advised(life.run(passed=19), "pytest-samurai prune")
    assert life.command(unused)[-1] == "deleted 1 cassette"
    life.run("--samurai-update", passed=19)

    def now(name: str) -> str:
        return name.replace("test_milk", "test_oat_milk").replace("tests/test_rivers", "tests/water/test_rivers")

    assert life.cassettes() == {now(name): text for name, text in before.items() if "salt" not in name}
    assert used(life.rows()) == used({now(name): row for name, row in rows.items() if "salt" not in name})
    life.commit("Tidied")
    result = life.run("--samurai-mode=none", "--samurai-top=0", passed=19)
    # Nothing is left over, and no row has another test's checksum.
    assert len([line for line in result.outlines if line.startswith("samurai: ")]) == 1
    assert [line.partition(" in the full run")[0] for line in life.command("pytest-samurai prune")] == [
        "nothing unused"
    ]


def test_the_working_life_of_recordings_from_a_red_run_to_the_merge_and_on(life: Life) -> None:
    record(life)
    recorded, rows = life.cassettes(), life.rows()
    see(life)
    review(life, recorded, rows)
    merge(life)
    tidy(life)
    assert life.changed() == []
