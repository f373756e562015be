"""Text from outside is shown so that no terminal, log, comment, page or JUnit file obeys or hides it."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import cassette, errors
from pytest_samurai.bill.budget import Budget, Limits, total, total_cost
from pytest_samurai.bill.call import Call
from pytest_samurai.bill.change import moved
from pytest_samurai.bill.figures import ModelFigures, TestFigures
from pytest_samurai.bill.lock import Lock, Spent
from pytest_samurai.bill.lockfile import dump, parse
from pytest_samurai.bill.locknotes import summary_lines
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.bill.regression import judge, regression_text
from pytest_samurai.bill.tally import Tally
from pytest_samurai.bill.tolerance import Tolerance
from pytest_samurai.commands import cli
from pytest_samurai.errors import SettingsError
from pytest_samurai.matching.cause import cause_of
from pytest_samurai.matching.differences import differences
from pytest_samurai.matching.miss import Miss
from pytest_samurai.matching.varying import Variation
from pytest_samurai.recorder.paths import shown
from pytest_samurai.recorder.placeholder import placeholder_refusal
from pytest_samurai.report.causes import cause_lines
from pytest_samurai.report.forms import RENDER
from pytest_samurai.report.library import Library
from pytest_samurai.report.lines import shared_lines, top_lines, unmarked_line
from pytest_samurai.report.orphans import orphan_lines
from pytest_samurai.report.play import Play
from pytest_samurai.report.progress import Progress
from pytest_samurai.report.run import Failure, Run, TestRun
from pytest_samurai.report.spoken import Spoken
from pytest_samurai.report.varied import Varied, clock_failure, varied_lines
from pytest_samurai.settings import Settings
from pytest_samurai.text import Cause, Diagnosis
from pytest_samurai.wire import dialect_of
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.project import Project

HOSTILE = (
    "m\n::add-mask::x\x1b[2J\u202e\r\n ::warning::y ##[group]z\u2028##vso[task.complete]\x85\x9b\ufeff\U000e0041\u061c"
    "\u3164\u115f\uffa0\ufe0f\ue000\ufffe\uffff\u034f"
)
JOINERS = "\u200c\u200d"
IGNORED = {*"\u3164\u115f\uffa0\ufe0f\u034f"}


def harmless(text: str) -> bool:
    """Whether nothing in a text is obeyed or hidden, and whether its lines are our own."""
    kinds = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
    obeyed = [char for char in text if unicodedata.category(char) in kinds and char not in JOINERS]
    commands = re.search(r"^\s*::|##(?:\[|vso\[|teamcity\[)", text, re.MULTILINE)
    return set(obeyed) <= {"\n"} and not IGNORED & {*text} and not commands and "\n::" not in text and "m\n" not in text


def test_the_law_finds_what_it_is_for() -> None:
    assert not any(map(harmless, [HOSTILE, "a\x1b", "a\u202eb", "  ::x", "a ##[x]", "m\nx"]))
    assert harmless("a\n  b :: # c")


def test_what_varies_in_recordings_is_said_safely() -> None:
    variations = [
        Variation(kind, HOSTILE, HOSTILE, is_text=kind != "number") for kind in ("datetime", "number", "order")
    ]
    varied = [Varied(HOSTILE, "", tuple(variations))]
    failure = clock_failure(varied)
    assert failure is not None
    text, diagnosis = failure
    for lines in (varied_lines(varied), text.split("\n"), [diagnosis.cause.what]):
        assert all(map(harmless, lines))
    assert len(text.split("\n")) == 5


def recorded(
    model: str = HOSTILE, usage: Any = None, content: str = HOSTILE, url: str = "http://h/v1/chat/completions"
) -> Interaction:
    asked = {"model": model, HOSTILE: 1, "messages": [{"role": HOSTILE, "content": content}]}
    replied = {"model": model, "usage": usage}
    return Interaction(
        Request("POST", url, (), json.dumps(asked).encode()), Reply(200, "OK", (), json.dumps(replied).encode())
    )


USED = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
PRICE = Price(source=HOSTILE, input_mtok=Decimal(1), output_mtok=Decimal(2))
CALL = Call(recorded(usage=USED), number=1, replayed=True)
UNKNOWN = Call(recorded(), number=2, replayed=True)
USAGE = Usage(1, 10, 20, 30)
FIGURES = TestFigures(HOSTILE, 1, models=(ModelFigures(HOSTILE, 1, USAGE, PRICE, Decimal(1), Decimal(1)),))
DEARER = replace(PRICE, input_mtok=Decimal(3))
LOCK = Lock({HOSTILE: {HOSTILE: Spent(1, Usage(1, 1, 2, 3)), f"{HOSTILE}2": Spent(1, None)}}, {HOSTILE: DEARER})
REGRESSION = dict.fromkeys(("test", "metric", "old", "new", "growth", "why", "cause"), HOSTILE)
DIAGNOSIS = Diagnosis(Cause("miss-0", HOSTILE, (HOSTILE,)), 1, HOSTILE, HOSTILE)
RUN = Run(
    HOSTILE,
    HOSTILE,
    HOSTILE,
    (TestRun(FIGURES, HOSTILE, f"{HOSTILE}.py", 1, (REGRESSION,)),),
    (FIGURES,),
    (
        Failure(f"{HOSTILE}2", HOSTILE, "ours", f"{HOSTILE}.py", HOSTILE),  # type: ignore[arg-type]  # of another's JSON
        Failure(f"{HOSTILE}3", HOSTILE, "ours", f"{HOSTILE}.py", 1, DIAGNOSIS),
    ),
    (f"samurai: {HOSTILE!r}",),
    {HOSTILE: 1},
    HOSTILE,
    (Spoken(HOSTILE, HOSTILE, ["0" * 16]),),
    Library(Path(), (Spoken(HOSTILE, HOSTILE, ["0" * 16]),), frozenset(), PriceList()),
)


def raised(error: type[BaseException], do: Callable[[], object]) -> str:
    with pytest.raises(error) as caught:
        do()
    return str(caught.value)


def progress() -> str:
    terminal = io.StringIO()
    Progress(terminal, lambda: (1_000, 0)).call(HOSTILE, CALL)
    line = re.search(r"\[\?7l(.*)\x1b\[\?7h", terminal.getvalue(), re.DOTALL)
    assert line is not None
    return line[1]


def miss(recorded_content: str, renamed: Sequence[str] = ()) -> str:
    return Miss(
        request=recorded(f"{HOSTILE}2", url=f"http://h/{HOSTILE}").request,
        recorded=[recorded(content=recorded_content)],
        played=frozenset(),
        matcher=Settings().matcher,
        test=HOSTILE,
        cassette=HOSTILE,
        mode="none",
        rerun=f"pytest '{HOSTILE}'",
        denials=(),
        renamed=renamed,
    ).text()


def hostile_causes() -> list[Cause]:
    """The causes of misses where a text, a parameter, a tool and a message differ."""
    tool = {"type": "function", "function": {"name": HOSTILE, "description": HOSTILE}}
    old = {"messages": [{"role": "user", "content": HOSTILE}], HOSTILE: HOSTILE, "tools": [tool]}
    news = [
        {**old, "messages": [{"role": "user", "content": f"{HOSTILE} And {HOSTILE}!"}]},
        {**old, HOSTILE: 2},
        {**old, "tools": [{**tool, "type": HOSTILE}]},
        {**old, "messages": [*old["messages"], {"role": HOSTILE}]},
    ]
    dialect = dialect_of("http://h/v1/chat/completions")
    return [cause_of(list(differences(old, new)), dialect, old, new) for new in news]


def tally(tmp: Path = Path()) -> str:
    count = Tally.begin(Limits(max_total_tokens=1, max_cost=Decimal(1)))
    try:
        return str(count.spend([CALL, UNKNOWN]))
    finally:
        count.end()


def regressed() -> str:
    lock = replace(LOCK, tests={HOSTILE: {HOSTILE: Spent(1, Usage(1, 1, 2, 3))}})
    found = judge(FIGURES, lock, Tolerance())
    text = regression_text(found, Tolerance(), lock=HOSTILE, rerun=HOSTILE, why=HOSTILE)
    return "\n".join([text, *(grown.why + grown.cause for grown in found)])


def lock_error(old: str, new: str) -> str:
    content = dump(LOCK).decode().replace(old, new).encode()
    return raised(SettingsError, lambda: parse(content, "samurai.lock"))


QUOTED = json.dumps(HOSTILE)
ROW = f'  {QUOTED}: {{source: x, input_mtok: "1", output_mtok: "1"}}\n'
SAID: dict[str, Callable[[], str]] = {
    "budget": lambda: str(Budget(max_total_tokens=1, max_cost=Decimal(0)).verdict([CALL])),
    "budget of unknown usage": lambda: str(Budget(max_total_tokens=1, max_cost=Decimal(0)).verdict([CALL, UNKNOWN])),
    "tally": tally,
    "usage": lambda: raised(errors.UnknownUsage, lambda: total([UNKNOWN])),
    "cost": lambda: raised(errors.UnknownPrice, lambda: total_cost([CALL])),
    "call": lambda: repr(CALL),
    "regression": regressed,
    "what moved": lambda: "; ".join(moved({HOSTILE: Spent(1, USAGE)}, LOCK.tests[HOSTILE])),
    "lock": lambda: "\n".join(
        summary_lines(LOCK, "samurai.lock", [FIGURES], Tolerance(), gone=[HOSTILE], recorded=True)
        + summary_lines(Lock({}, {}), "samurai.lock", [FIGURES], Tolerance(), gone=[], recorded=True)
        + summary_lines(
            replace(LOCK, tests={HOSTILE: {HOSTILE: Spent(1, USAGE)}}),
            "samurai.lock",
            [replace(FIGURES, models=(replace(FIGURES.models[0], model=f"{HOSTILE}3", price=None),))],
            Tolerance(),
            gone=[],
            recorded=True,
        )
    ),
    "lock with a row twice": lambda: lock_error("prices:\n", f"prices:\n{ROW}{ROW}"),
    "lock with another section": lambda: lock_error("prices:\n", f"{QUOTED}:\n"),
    "lock with an odd count": lambda: lock_error("requests: 1,", f"requests: {QUOTED},"),
    "lock with an odd estimate": lambda: lock_error("requests: 1,", f"requests: 1, estimated: {QUOTED},"),
    "top": lambda: "\n".join(top_lines([FIGURES], 5)),
    "causes": lambda: "\n".join(cause_lines(RUN, {})),
    "cause of a miss": lambda: "\n".join(line for told in hostile_causes() for line in (told.what, *told.difference)),
    "shared": lambda: "\n".join(shared_lines([Play(HOSTILE, 1, [0], shared=True)], [])),
    "unmarked": lambda: unmarked_line({HOSTILE: 1}),
    "progress": progress,
    "miss": lambda: miss(HOSTILE),
    "miss of a renamed test": lambda: miss(HOSTILE, [f"pytest-samurai mv '{HOSTILE}' x"]),
    "orphans": lambda: "\n".join(orphan_lines([HOSTILE])),
    "miss of another prompt": lambda: miss("What is the capital of France, and of Japan?"),
    "path": lambda: shown(Path(HOSTILE)),
    "placeholder": lambda: placeholder_refusal(Request(HOSTILE, f"http://h/{HOSTILE}", (), b""), "test"),
    "Markdown": lambda: RENDER["md"](RUN).content,
    "page": lambda: RENDER["html"](RUN).content,
    "annotations": lambda: "\n".join(line.removeprefix("::error ") for line in RENDER["github"](RUN).lines),
    "step summary": lambda: RENDER["github"](RUN).content,
    "benchmark": lambda: RENDER["benchmark"](RUN).content.replace("##", ""),
    "JSON": lambda: RENDER["json"](replace(RUN, failures=())).content.replace("##", ""),
    "cassette error": lambda: raised(errors.CassetteError, lambda: cassette.parse(b"", Path(HOSTILE))),
}


@pytest.mark.parametrize("what", SAID)
def test_nothing_that_is_said_of_hostile_names_is_obeyed(what: str) -> None:
    text = SAID[what]()
    assert "add-mask" in text
    assert harmless(text), text


@pytest.mark.parametrize(
    "error", [errors.SamuraiError, errors.SamuraiFailure, errors.RequestNotRecorded, errors.SettingsError]
)
def test_an_error_keeps_its_own_lines_and_nothing_that_is_obeyed(error: type[BaseException]) -> None:
    assert str(error("a\n  b\x1b[2J\u202e\n::x")) == "a\n  b\\x1b[2J\\u202e\n\\x3a:x"


def test_json_for_programs_says_the_names_as_they_are() -> None:
    report = json.loads(RENDER["json"](replace(RUN, failures=())).content)
    assert report["tests"][0]["test"] == HOSTILE
    assert json.loads(RENDER["benchmark"](RUN).content)[-1]["name"] == f"{HOSTILE}: cost"


TESTS = """
MODEL = "m\\n::add-mask::x\\x1b[2J\\u202e##[group]y"
KEY = "k\\n  ::add-mask::x\\x1b[2J"

def send(client, content="hi", **more):
    asked = {"model": MODEL, KEY: 1, "messages": [{"role": "user", "content": content}], **more}
    client.post("/chat/completions", json=asked)

def test_budget(samurai, samurai_client):
    with samurai.budget(max_total_tokens=1):
        send(samurai_client)

@pytest.mark.samurai(max_total_tokens=1, max_cost=0)
def test_broken(samurai_client):
    send(samurai_client)

@pytest.mark.samurai
def test_grown(samurai_client):
    for _ in range(WORDS):
        send(samurai_client)

@pytest.mark.samurai
def test_miss(samurai_client):
    send(samurai_client, "one\\n::x two \\x1b[2J\\u202e" * WORDS, **({KEY + "2": KEY} if WORDS > 1 else {}))

@pytest.mark.samurai(unused="warn")
def test_unused(samurai_client):
    if WORDS == 1:
        send(samurai_client, "\\n::add-mask::x\\x1b[2J")

@pytest.mark.samurai
@pytest.mark.parametrize("name", ["n"], ids=["n\\n::add-mask::x\\x1b[2J"])
def test_named(samurai_client, name):
    send(samurai_client, "hello " * WORDS)
"""
INI = "[pytest]\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n"


def ours(result: pytest.RunResult) -> str:
    """Our part of the output. Pytest itself prints the id of a test unchanged, over two lines.

    Up to 9.0, it also shows the variables of a function with `**more` as if they were its arguments.
    """
    own = r"\n(?:(?:FAILED|_+) \S*test_named\[n\n::add-mask::x\x1b\[2J\].*|asked = \{.*)"
    return re.sub(own, "", result.stdout.str())


def test_a_run_with_hostile_names_says_nothing_that_is_obeyed(project: Project, tmp_path: Path) -> None:
    project.pytester.makeini(INI)
    project.tests(f"WORDS = 1\n{TESTS}")
    project.run("--samurai-update")
    project.tests(f"WORDS = 2\n{TESTS}")
    reports = [f"--samurai-report={form}:{tmp_path / form}" for form in ("md", "html", "json")]
    result = project.run("--samurai-mode=none", "--samurai-report=github", f"--junitxml={tmp_path / 'junit'}", *reports)
    said = [line for line in ours(result).split("\n") if not line.startswith("::error file=")]
    text = "\n".join(said)
    assert "m\\n::add-mask::x\\x1b[2J\\u202e#\\x23[group]y" in text
    assert all(map(harmless, text.split("\n"))), text
    for form in ("md", "html"):
        content = (tmp_path / form).read_text(encoding="utf-8")
        assert "add-mask" in content
        assert harmless(content), content
    for element in ET.parse(tmp_path / "junit").iter():
        for value in [element.get("message") or "", element.get("value") or ""]:
            # Nobody looks for commands there.
            assert harmless(value.replace("##", "")), value


def test_commands_say_nothing_that_is_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "::add-mask::x\n\x1b[2J\u202e##[group]y.yaml"
    path = tmp_path / "cassettes" / name
    path.parent.mkdir()
    cassette.save(path, [recorded(usage=USED), recorded(content="sk-proj-0123456789abcdefghijABCDEFGHIJ0123456789")])
    (tmp_path / "cassettes" / f"x{name}").write_text("nothing")
    cassette.save(tmp_path / "other.yaml", [recorded(f"{HOSTILE}2", content=f"so {HOSTILE}")])
    (tmp_path / "samurai.lock").write_bytes(dump(Lock({HOSTILE: {HOSTILE: Spent(1, USAGE)}}, {HOSTILE: PRICE})))
    (tmp_path / "r.json").write_text(RENDER["json"](replace(RUN, failures=())).content)
    said = ""
    for arguments in (
        ["check", "--max-age=1d"],
        ["check", "--json"],
        ["cost", str(path)],
        ["import", "cassettes"],
        ["why", "t.py::test_x", f"--cassette={path}", "--against=HEAD"],
        ["why", HOSTILE, f"--cassette={path}"],
        ["diff", "other.yaml", str(path)],
        ["diff", str(path), f"cassettes/x{name}"],
        ["report", "r.json"],
        ["ls"],
        ["show", str(path)],
        ["show", "--plain", str(path)],
        ["show", str(path), "other.yaml", "--html"],
        ["show", str(path.with_name(f"x{name}"))],
        ["show", HOSTILE],
        ["check", "--fix"],
        ["mv", f"{HOSTILE}.py", "x.py"],
        ["mv", f"{HOSTILE}::test_a", f"{HOSTILE}::test_b"],
    ):
        try:
            cli.main(arguments)
        except SystemExit:
            pass
        printed = capsys.readouterr()
        # argparse prints our line last, and unchanged.
        said += printed.out + printed.err
        # A text of several lines is shown as such, each line after a sign.
        lines = re.sub(r"(?m)^    [-+] .*$", lambda line: line[0].replace("m", "n"), printed.out + printed.err)
        assert harmless(lines), (arguments, printed)
    assert "add-mask" in said
