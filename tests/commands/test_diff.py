"""What changed in cassettes, by meaning, against git or between two files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai.cassette.writer import save
from pytest_samurai.commands import cli
from pytest_samurai.settings.values import VARYING as NAMES
from pytest_samurai.wire.interaction import Interaction
from tests.commands.recorded import SYSTEM, WEATHER, answered, git, item, user
from tests.terminal import Terminal

PARIS, ROME = user("What is the capital of France?"), user("What is the capital of Italy?")


class Project:
    """A project in its own repository."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys
        git(root, "init", "--quiet", "--initial-branch=main")
        (root / "pytest.ini").write_text("[pytest]\n")
        (root / "tests").mkdir()

    def path(self, test: str) -> Path:
        return self.root / f"cassettes/tests/test_geo/test_{test}.yaml"

    def record(self, **tests: Sequence[Interaction]) -> None:
        for test, interactions in tests.items():
            save(self.path(test), interactions)

    def commit(self, message: str = "recorded") -> None:
        git(self.root, "add", ".")
        git(self.root, "commit", "--quiet", "--allow-empty", f"--message={message}")

    def diff(self, *arguments: str, status: int = 1) -> list[str]:
        assert cli.main(["diff", *arguments]) == status
        return self._capsys.readouterr().out.splitlines()

    def refused(self, *arguments: str) -> str:
        with pytest.raises(SystemExit, match="2"):
            cli.main(["diff", *arguments])
        return self._capsys.readouterr().err.splitlines()[-1].partition("error: ")[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    return Project(tmp_path, capsys)


def changed(project: Project, old: Sequence[Interaction], new: Sequence[Interaction]) -> list[str]:
    """The lines about a changed cassette, without the last ones."""
    project.record(capital=old)
    project.commit()
    project.record(capital=new)
    return project.diff()[:-2]


TEST = "tests/test_geo.py::test_capital"


# --- what counts as a difference


def test_ids_dates_times_seals_and_the_order_of_keys_are_no_difference(project: Project) -> None:
    # In each recording, the tool call has a different id, which the next request repeats.
    def recorded(number: int) -> list[Interaction]:
        call = {"id": f"call_{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        said = {"role": "assistant", "tool_calls": [call]}
        result = {"role": "tool", "tool_call_id": f"call_{number}", "content": "sunny"}
        asked = item((20, 3), PARIS, said, result)
        if number == 2:
            parameters = json.loads(asked.request.body)
            body = json.dumps(dict(reversed(parameters.items())), indent=1).encode()
            asked = replace(asked, request=replace(asked.request, body=body))
        return [
            answered(item((11, 2), PARIS), "", number=number, tool_calls=[call]),
            answered(asked, "Paris", number=number),
        ]

    project.record(capital=recorded(1))
    project.commit()
    project.record(capital=recorded(2))
    assert subprocess.run(["git", "diff", "--quiet"], cwd=project.root, check=False).returncode == 1
    assert project.diff(status=0) == ["no difference"]


def test_a_changed_prompt_and_its_answer_are_told_by_the_word(project: Project) -> None:
    longer = {**SYSTEM, "content": "You are a patient guide to the cities of the world. Be brief."}
    old, new = answered(item((40, 2), SYSTEM, PARIS), "It is Paris."), answered(item((44, 4), longer, PARIS), "Paris.")
    assert changed(project, [old], [new]) == [
        f"{TEST}: prompt 40 -> 44 tokens (+10%); completion 2 -> 4 tokens (+100%)",
        "  call 1: messages[0] (system): 3 words added",
        "    - You are a guide to the cities of the world.",
        "    + You are a [patient ]guide to the cities of the world.[ Be brief.]",
        "  call 1: the answer: 2 words removed",
        "    - [It is ]Paris.",
        "    + Paris.",
    ]


def test_texts_of_several_lines_are_shown_as_lines(project: Project) -> None:
    old, new = answered(item((4, 2), PARIS), "one\ntwo\nthree"), answered(item((4, 2), PARIS), "one\n2\nthree\n\nfour")
    assert changed(project, [old], [new])[1:] == [
        "  call 1: the answer: 2 sentences changed",
        "    - one",
        "    - [two]",
        "    - three",
        "    + one",
        "    + [2]",
        "    + three[\\n]",
        "    + [\\n]",
        "    + [four]",
    ]


def test_an_answer_of_which_nothing_stayed_is_shown_whole(project: Project) -> None:
    old, new = answered(item((4, 2), PARIS), "It is Paris, I think."), answered(item((4, 2), PARIS), "No idea, sorry.")
    assert changed(project, [old], [new])[1:] == [
        "  call 1: the answer: text replaced",
        "    - It is Paris, I think.",
        "    + No idea, sorry.",
    ]


def test_parameters_tools_messages_model_status_and_the_end_of_an_answer_are_compared(project: Project) -> None:
    old = answered(item((11, 2), PARIS, temperature=0.5, tools=[WEATHER], served="m-1"), "Paris")
    new = answered(
        item((11, 2), PARIS, user("Hm?\nSo?"), temperature=0.7, top_p=1, served="m-2"), "Paris", ended="length"
    )
    new = replace(new, reply=replace(new.reply, status=203))
    assert changed(project, [old], [new]) == [
        f"{TEST}: model m-1 -> m-2",
        "  call 1: messages[1] (user): added",
        "    + user: Hm?",
        "    +   So?",
        "  call 1: temperature: 0.5 -> 0.7",
        "  call 1: tools: removed",
        f"    - {json.dumps([WEATHER])}",
        "  call 1: top_p: added",
        "    + 1",
        "  call 1: model as served: m-1 -> m-2",
        "  call 1: status: 200 -> 203",
        "  call 1: the answer ended by: stop -> length",
    ]


def test_a_part_with_several_differences_is_told_by_their_paths(project: Project) -> None:
    def picture(url: str, text: str) -> dict[str, Any]:
        return {"role": "user", "content": [{"type": "text", "text": text}, {"type": "image_url", "image_url": url}]}

    old, new = (
        item((4, 2), picture("http://h/a", "Look at it"), model="m"),
        item((4, 2), picture("http://h/b", "Look here")),
    )
    assert changed(project, [old], [new])[1:] == [
        "  call 1: messages[0].content[0].text: 2 words changed",
        "    - Look [at it]",
        "    + Look [here]",
        '  call 1: messages[0].content[1].image_url: "http://h/a" -> "http://h/b"',
    ]


def test_a_model_that_the_request_names_is_told_once(project: Project) -> None:
    old, new = item((4, 2), PARIS), item((4, 2), PARIS, model="n")
    assert changed(project, [old], [new])[1:] == ['  call 1: model: "m" -> "n"']


def test_a_model_that_the_url_names_is_told_too(project: Project) -> None:
    def gemini(model: str) -> Interaction:
        recorded = item(None, body=b'{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}')
        url = f"https://h/v1beta/models/{model}:generateContent"
        return replace(recorded, request=replace(recorded.request, url=url))

    assert "  call 1: model: gemini-a -> gemini-b" in changed(project, [gemini("gemini-a")], [gemini("gemini-b")])


def test_tool_calls_are_compared_by_what_they_ask_for(project: Project) -> None:
    def calling(*arguments: str) -> Interaction:
        calls = [{"id": "x", "function": {"name": "get_weather", "arguments": text}} for text in arguments]
        return answered(item((4, 2), PARIS), "Let me see.", tool_calls=calls)

    old, new = calling('{"city": "Paris", "unit": "C"}'), calling('{"unit": "C", "city": "Rome"}', "now")
    assert changed(project, [old], [new])[1:] == [
        "  call 1: the answer: one word changed",
        '    - tool call get_weather({"city": "[Paris]", "unit": "C"})',
        '    + tool call get_weather({"city": "[Rome]", "unit": "C"})',
        "  call 1: the answer: added",
        "    + tool call get_weather(now)",
    ]


def test_each_choice_is_compared(project: Project) -> None:
    old, new = (
        answered(item((4, 2), PARIS), "one fish", "two fish"),
        answered(item((4, 2), PARIS), "one fish", "2 fish", "x"),
    )
    assert changed(project, [old], [new])[1:] == [
        "  call 1: the answer, choice 2: one word changed",
        "    - [two] fish",
        "    + [2] fish",
        "  call 1: the answer, choice 3: added",
        "    + x",
        "  call 1: the answer ended by: stop, stop -> stop, stop, stop",
    ]


def test_errors_are_compared_by_what_they_say(project: Project) -> None:
    def failing(text: str, number: int) -> Interaction:
        recorded = item(None, PARIS, status=429)
        error = {"error": {"message": text, "request_id": f"req_{number}"}, "created": number}
        return replace(recorded, reply=replace(recorded.reply, body=json.dumps(error).encode()))

    assert changed(project, [failing("Slow down, you.", 1)], [failing("Slow down, please.", 2)]) == [
        TEST,
        "  call 1: the reply, error.message: one word changed",
        "    - Slow down, [you].",
        "    + Slow down, [please].",
    ]


def test_of_replies_that_are_no_texts_it_is_said_that_they_differ(project: Project) -> None:
    def embedded(numbers: list[float], number: int) -> Interaction:
        recorded = item((3, 0), body=b'{"model": "m", "input": "Paris"}')
        reply: dict[str, Any] = {
            "object": "list",
            "data": [{"embedding": numbers}],
            "model": "m",
            "id": f"emb-{number}",
        }
        reply["usage"] = {"prompt_tokens": 3, "total_tokens": 3}
        request = replace(recorded.request, url="https://h/v1/embeddings")
        return replace(recorded, request=request, reply=replace(recorded.reply, body=json.dumps(reply).encode()))

    project.record(capital=[embedded([0.25, 0.5], 1)])
    project.commit()
    project.record(capital=[embedded([0.25, 0.5], 2)])
    assert project.diff(status=0) == ["no difference"]
    project.record(capital=[embedded([0.25, 0.75, 1], 2)])
    assert project.diff()[:2] == [TEST, "  call 1: the answer: other content, 35 -> 38 characters"]
    binary = replace(embedded([], 1), reply=replace(embedded([], 1).reply, body=b"\xff\x00"))
    project.record(capital=[binary])
    assert project.diff()[-3] == "  call 1: the answer: other content, 35 -> 2 characters"


def test_usage_alone_is_a_difference(project: Project) -> None:
    assert changed(project, [item((4, 2), PARIS)], [item((5, 2), PARIS)]) == [f"{TEST}: prompt 4 -> 5 tokens (+25%)"]


def test_a_usage_that_is_known_now_is_a_difference(project: Project) -> None:
    assert changed(project, [item(None, PARIS)], [item((5, 2), PARIS)]) == [f"{TEST}: other usage"]


# --- which calls belong together


def test_calls_are_paired_by_what_they_ask_and_then_by_their_words(project: Project) -> None:
    long = user("Tell me all that there is to know about the river Seine.")
    old = [item((4, 2), PARIS), item((5, 2), long), item((6, 2), user("Bye"))]
    new = [item((7, 2), {**long, "content": long["content"] + " Please."}), item((4, 2), PARIS), item((3, 2), ROME)]
    assert changed(project, old, new)[1:] == [
        "  call 1 (it was call 2): messages[0] (user): one sentence added",
        "    - Tell me all that there is to know about the river Seine.",
        "    + Tell me all that there is to know about the river Seine.[ Please.]",
        "  call 3: messages[0] (user): text replaced",
        "    - Bye",
        "    + What is the capital of Italy?",
    ]


def test_calls_of_different_endpoints_are_never_paired(project: Project) -> None:
    other = item((4, 1), PARIS)
    other = replace(other, request=replace(other.request, url="https://h/v1/unknown"))
    assert changed(project, [answered(item((4, 2), ROME), "Rome.\nYes."), item((1, 1), PARIS)], [other])[1:] == [
        "  call 1: a call is new: 5 tokens (m)",
        "    + What is the capital of France?",
        "  call 1: a call is gone: 6 tokens (m)",
        "    - What is the capital of Italy?",
        "    -   assistant: Rome.",
        "    -     Yes.",
        "  call 2: a call is gone: 2 tokens (m)",
        "    - What is the capital of France?",
    ]


def test_a_retry_is_paired_with_the_answer_of_its_status(project: Project) -> None:
    busy = item(None, PARIS, status=429)
    assert changed(project, [busy, item((4, 2), PARIS)], [item((4, 2), PARIS)])[1:] == [
        "  call 1: a call is gone: 0 tokens (m), status 429",
        "    - What is the capital of France?",
    ]


def test_a_very_long_new_call_is_cut_short(project: Project) -> None:
    new = answered(item((4, 2), ROME), "\n".join(f"line {number}" for number in range(40)))
    lines = changed(project, [item((4, 2), PARIS)], [item((4, 2), PARIS), new])
    assert lines[-1] == "      ... and 11 lines more"


# --- what the project lets vary


VARYING = [
    [item((4, 2), user(f"It is {day}. I am {name}."), user=name)]
    for day, name in (("2026-01-02", "ann"), ("2026-02-03", "bob"))
]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nsamurai_normalize = datetime\nsamurai_ignore = user messages[*].content\n"),
        ("tox.ini", "[pytest]\nsamurai_normalize = datetime\nsamurai_ignore = user messages[*].content\n"),
        ("setup.cfg", "[tool:pytest]\nsamurai_normalize = datetime\nsamurai_ignore =\n  user\n  messages[*].content\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nsamurai_ignore = ["user", "messages[*].content"]\n'),
        ("pyproject.toml", '[tool.pytest]\nsamurai_ignore = ["user", "messages[*].content"]\n'),
        ("pytest.toml", '[pytest]\nsamurai_ignore = ["user", "messages[*].content"]\n'),
    ],
)
def test_what_the_ini_file_leaves_out_is_no_difference(project: Project, file: str, text: str) -> None:
    (project.root / "pytest.ini").unlink()
    (project.root / file).write_text(text)
    project.record(capital=VARYING[0])
    project.commit()
    project.record(capital=VARYING[1])
    assert project.diff(status=0) == ["no difference"]


def test_the_command_line_normalizes_more_than_the_ini_file(project: Project) -> None:
    (project.root / "pytest.ini").write_text("[pytest]\nsamurai_ignore = user\n")
    project.record(capital=VARYING[0])
    project.commit()
    project.record(capital=VARYING[1])
    assert project.diff("--normalize=uuid,datetime")[1:4] == [
        "  call 1: messages[0] (user): one word changed",
        "    - It is <datetime>. I am [ann].",
        "    + It is <datetime>. I am [bob].",
    ]


def test_the_first_file_that_has_a_place_for_options_counts(project: Project) -> None:
    (project.root / "pytest.ini").unlink()
    (project.root / "pyproject.toml").write_text("tool = 1\n")
    (project.root / "tox.ini").write_text("[tox]\nx = 1\n")
    (project.root / "setup.cfg").write_text("[tool:pytest]\nsamurai_ignore = user messages[*].content\n")
    project.record(capital=VARYING[0])
    project.commit()
    project.record(capital=VARYING[1])
    assert project.diff(status=0) == ["no difference"]
    (project.root / "pytest.toml").write_text("x = 1\n")
    project.diff(status=1)


def test_a_name_that_nothing_has_is_refused(project: Project) -> None:
    right = f"'dates' is neither one of {', '.join(NAMES)} nor a pair (pattern, replacement)"
    assert project.refused("--normalize=dates") == f"argument --normalize: {right}"
    (project.root / "pytest.ini").write_text("[pytest]\nsamurai_normalize = dates\n")
    assert project.refused() == f"{project.root / 'pytest.ini'}: samurai_normalize is ['dates']; {right}"


@pytest.mark.parametrize(
    ("file", "content"), [("pytest.ini", "x"), ("pyproject.toml", "= 1"), ("tox.ini", b"\xff".decode("latin-1"))]
)
def test_an_ini_file_that_cannot_be_read_is_named(project: Project, file: str, content: str) -> None:
    (project.root / "pytest.ini").unlink()
    (project.root / file).write_text(content, encoding="latin-1")
    assert project.refused().startswith(f"{project.root / file}: cannot be read: ")


# --- many tests


def test_an_equal_change_of_many_tests_is_told_once_whatever_stands_around_it(project: Project) -> None:
    def asked(number: int, more: str = "", **parameters: Any) -> list[Interaction]:
        system = {"role": "system", "content": f"You are guide {number}.{more}"}
        return [answered(item((40 + len(more), 2), system, PARIS, **parameters), "Paris")]

    project.record(**{f"a{number}": asked(number) for number in range(7)}, same=[item((1, 1), ROME)])
    project.commit()
    project.record(**{f"a{number}": asked(number, " Be brief.") for number in range(7)})
    project.record(a3=asked(3, " Be brief.", temperature=0), new=[item((3, 4), ROME)])
    ids = [f"tests/test_geo.py::test_a{number}" for number in range(7)]
    assert project.diff() == [
        "7 tests: messages[0] (system): one sentence added",
        "    - You are guide 0.",
        "    + You are guide 0.[ Be brief.]",
        f"  {', '.join(ids[:5])} and 2 more",
        "",
        f"{ids[3]}: prompt 40 -> 50 tokens (+25%)",
        "  call 1: temperature: added",
        "    + 0",
        "",
        "tests/test_geo.py::test_new: added, 1 call, 7 tokens",
        "",
        "7 tests changed, 1 test added: tokens 294 -> 371 (+26%), cost unknown",
    ]


def test_a_change_of_several_calls_is_told_once(project: Project) -> None:
    old = [item((4, 2), SYSTEM, user(name)) for name in "abc"]
    new = [item((4, 2), {**SYSTEM, "content": "You are it."}, user(name)) for name in "abc"]
    assert changed(project, old, new) == [
        TEST,
        "  call 1 and 2 more calls: messages[0] (system): 8 words changed",
        "    - You are [a guide to the cities of the world].",
        "    + You are [it].",
    ]


def test_the_cost_is_summed_and_what_is_unknown_is_said(project: Project) -> None:
    (project.root / "pyproject.toml").write_text(
        '[tool.pytest-samurai.prices]\nm = { input_mtok = "1000", output_mtok = "1000" }\n'
    )
    project.record(capital=[item((4, 2), PARIS)], river=[item((4, 2), PARIS)])
    project.commit()
    project.record(capital=[item((6, 2), PARIS)])
    project.path("river").unlink()
    assert (
        project.diff()[-1] == "1 test changed, 1 test removed: tokens 12 -> 8 (-33%), cost $0.0120 -> $0.00800 (-33%)"
    )
    project.record(river=[item(None, PARIS)])
    assert project.diff()[-1] == (
        "2 tests changed: tokens 6 -> 8 (+33%) (unknown in 1), cost $0.00600 -> $0.00800 (+33%) (unknown in 1)"
    )


def test_prices_are_those_of_the_root_wherever_the_command_is_typed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = '[tool.pytest-samurai.prices]\nm = { input_mtok = "1000", output_mtok = "1000" }\n'
    (project.root / "pyproject.toml").write_text(prices)
    (project.root / "tests/pyproject.toml").write_text("")
    project.record(capital=[item((4, 2), PARIS)])
    project.commit()
    project.record(capital=[item((6, 2), PARIS)])
    monkeypatch.chdir(project.root / "tests")
    assert project.diff()[-1].endswith("cost $0.00600 -> $0.00800 (+33%)")


def test_a_cassette_that_no_test_is_known_of_has_its_path(project: Project) -> None:
    save(project.root / "cassettes/shared.yaml", [item((4, 2), PARIS)])
    project.commit()
    save(project.root / "cassettes/shared.yaml", [item((4, 3), PARIS)])
    assert project.diff() == [
        "cassettes/shared.yaml: completion 2 -> 3 tokens (+50%)",
        "",
        "1 cassette changed: tokens 6 -> 7 (+17%), cost unknown",
    ]


# --- versions


def test_a_renamed_cassette_is_followed_whether_git_knows_of_it_or_not(project: Project) -> None:
    calls = [item((4, 2), PARIS), item((5, 2), ROME)]
    project.record(capital=calls, river=[item((4, 2), user("Seine"))])
    project.commit()
    project.path("capital").rename(project.path("town"))
    expected = [
        "tests/test_geo.py::test_town",
        "  renamed from cassettes/tests/test_geo/test_capital.yaml",
        "",
        "1 test changed: tokens 13",
    ]
    assert [line.removesuffix(", cost unknown") for line in project.diff()] == expected
    git(project.root, "add", ".")
    assert [line.removesuffix(", cost unknown") for line in project.diff()] == expected
    project.record(town=[calls[0], item((9, 2), user("Which one is larger?"))])
    lines = project.diff()
    assert lines[0] == "tests/test_geo.py::test_town: prompt 9 -> 13 tokens (+44%)"
    assert "  renamed from cassettes/tests/test_geo/test_capital.yaml" in lines
    # Of two similar ones, the most similar is taken.
    project.record(village=[calls[0], item((9, 2), user("Which one is larger?"))], town=calls)
    assert [line.split(":")[0] for line in project.diff() if "renamed" in line or "added" in line] == [
        "  renamed from cassettes/tests/test_geo/test_capital.yaml",
        "tests/test_geo.py",
        "1 test changed, 1 test added",
    ]
    project.path("village").unlink()
    project.record(town=[item((9, 2), user("Which one is larger?"))])
    assert [line.split(",")[0] for line in project.diff() if "test_geo.py" in line] == [
        "tests/test_geo.py::test_capital: removed",
        "tests/test_geo.py::test_town: added",
    ]


def test_any_revision_and_both_kinds_of_ranges_are_compared(project: Project) -> None:
    for count in (2, 3, 4):
        project.record(capital=[item((1, count), PARIS)])
        project.commit(str(count))
    git(project.root, "branch", "side", "HEAD~1")
    git(project.root, "checkout", "--quiet", "side")
    project.record(capital=[item((1, 9), PARIS)])
    project.commit("9")
    git(project.root, "checkout", "--quiet", "main")
    project.record(capital=[item((1, 5), PARIS)])
    moves = {
        arguments: project.diff(*arguments.split())[0].partition("completion ")[2].partition(" tokens")[0]
        for arguments in ("", "HEAD", "HEAD~2", "side", "HEAD~2..HEAD", "main..side", "main...side", "side cassettes")
    }
    assert moves == {
        "": "4 -> 5",
        "HEAD": "4 -> 5",
        "HEAD~2": "2 -> 5",
        "side": "9 -> 5",
        "HEAD~2..HEAD": "2 -> 4",
        "main..side": "4 -> 9",
        "main...side": "3 -> 9",
        "side cassettes": "9 -> 5",
    }


def test_a_range_has_what_was_added_and_removed_in_it(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)])
    project.commit()
    project.path("capital").unlink()
    project.record(river=[item((1, 2), ROME)])
    project.commit()
    assert project.diff("HEAD~1..HEAD")[::2] == [
        f"{TEST}: removed, 1 call, 3 tokens",
        "tests/test_geo.py::test_river: added, 1 call, 3 tokens",
        "1 test added, 1 test removed: tokens 3, cost unknown",
    ]
    gone = str(project.path("capital").relative_to(project.root))
    assert project.diff("HEAD~1..HEAD", gone)[0] == f"{TEST}: removed, 1 call, 3 tokens"
    git(project.root, "checkout", "--quiet", "--orphan", "other")
    project.commit()
    assert project.refused("main...other") == (
        "'main...other': the two revisions have nothing in common, and no such file exists, here or in HEAD"
    )
    assert project.refused("main..nope") == (
        "git knows no revision 'main..nope', and no such file exists, here or in HEAD"
    )


def test_what_cannot_be_read_is_no_renamed_cassette_and_a_submodule_is_no_file(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)])
    project.commit()
    project.path("capital").write_text("nothing")
    project.commit()
    project.path("capital").rename(project.path("town"))
    git(project.root, "add", ".")
    git(project.root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},cassettes/sub.yaml")
    (project.root / "cassettes/sub.yaml").mkdir()
    lines = project.diff()
    assert [line for line in lines if line and line[0] != " "] == [
        f"{TEST}: cannot be compared",
        "tests/test_geo.py::test_town: cannot be compared",
        "2 tests not compared",
    ]


def test_two_files_are_compared_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    save(Path("a.yaml"), [item((1, 2), PARIS)])
    save(Path("b.yaml"), [item((1, 3), PARIS)])
    assert cli.main(["diff", "a.yaml", "b.yaml"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "b.yaml: completion 2 -> 3 tokens (+50%)"
    assert cli.main(["diff", "a.yaml", "a.yaml"]) == 0
    with pytest.raises(SystemExit, match="2"):
        cli.main(["diff"])
    assert capsys.readouterr().err.endswith("error: git cannot be run: No such file or directory\n")


def test_paths_choose_what_is_compared_and_one_that_is_gone_is_one(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)], river=[item((1, 2), PARIS)])
    save(project.root / "elsewhere/shared.yaml", [item((1, 2), PARIS)])
    (project.root / "elsewhere/other.yaml").write_text("a: 1\n")
    (project.root / "config.yml").write_text("a: 1\n")
    project.commit()
    project.path("capital").unlink()
    project.record(river=[item((1, 3), PARIS)])
    save(project.root / "elsewhere/shared.yaml", [item((1, 3), PARIS)])
    (project.root / "elsewhere/other.yaml").write_text("a: 2\n")
    (project.root / "config.yml").write_text("a: 2\n")

    def named(*arguments: str) -> list[str]:
        return [line.split(":")[0] for line in project.diff(*arguments) if line and line[0] != " "][:-1]

    # Outside of the cassettes' directory, only our own files count.
    assert named() == ["tests/test_geo.py", "tests/test_geo.py", "elsewhere/shared.yaml"]
    assert named(str(project.path("capital"))) == ["tests/test_geo.py"]
    assert named("HEAD", "cassettes/tests/test_geo/test_capital.yaml") == ["tests/test_geo.py"]
    assert named("elsewhere") == ["elsewhere/other.yaml", "elsewhere/shared.yaml"]
    assert project.diff("config.yml")[1].startswith("  HEAD:config.yml:1: not a cassette")


def test_from_a_directory_below_paths_are_those_from_there(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    save(project.root / "cassettes/shared.yaml", [item((1, 2), PARIS)])
    project.commit()
    save(project.root / "cassettes/shared.yaml", [item((1, 3), PARIS)])
    monkeypatch.chdir(project.root / "tests")
    assert project.diff()[0].startswith("../cassettes/shared.yaml: ")
    assert project.diff("../cassettes")[0].startswith("../cassettes/shared.yaml: ")


def test_a_file_that_git_is_to_ignore_is_not_compared_and_one_taken_out_of_the_index_is(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)], river=[item((1, 2), PARIS)])
    project.commit()
    (project.root / ".gitignore").write_text("test_new.yaml\n")
    project.record(new=[item((1, 3), PARIS)])
    assert project.diff(status=0) == ["no difference"]
    project.record(river=[item((1, 3), PARIS)])
    git(project.root, "rm", "--quiet", "--cached", str(project.path("river")))
    assert project.diff()[0] == "tests/test_geo.py::test_river: completion 2 -> 3 tokens (+50%)"


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)], river=[item((1, 2), PARIS)], town=[item((1, 2), PARIS)])
    project.commit()
    project.record(town=[item((1, 3), PARIS)])
    text = project.path("capital").read_text()
    project.path("capital").write_text(text.replace("version: 1\n", "<<<<<<< HEAD\nversion: 1\n=======\n>>>>>>> b\n"))
    project.path("river").unlink()
    os.mkfifo(project.path("river"))
    [capital, marks, _, river, fifo, _, town, _, last] = project.diff()
    assert town == "tests/test_geo.py::test_town: completion 2 -> 3 tokens (+50%)"
    told = "\n".join([capital, marks, river, fifo, town])
    assert "tests/test_geo.py::test_capital: cannot be compared" in told
    assert "test_capital.yaml:32: these are the marks of a merge conflict; keep one side, or both in turn" in told
    assert "is a FIFO, but a cassette must be a file; move it away" in told
    assert last == "1 test changed, 2 tests not compared: tokens 3 -> 4 (+33%), cost unknown"


def test_files_in_conflict_are_named_once(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)])
    project.commit()
    git(project.root, "checkout", "--quiet", "-b", "side")
    project.record(capital=[item((1, 3), PARIS)])
    project.commit()
    git(project.root, "checkout", "--quiet", "main")
    project.record(capital=[item((1, 4), PARIS)])
    project.commit()
    merged = subprocess.run(["git", "merge", "--quiet", "side"], cwd=project.root, capture_output=True, check=False)
    assert merged.returncode == 1
    lines = project.diff()
    assert [line for line in lines if "cannot be compared" in line] == [f"{TEST}: cannot be compared"]
    assert lines[-1] == "1 test not compared"


# --- what is wrong


def test_what_is_wrong_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.refused() == "git knows no revision 'HEAD'"
    project.commit()
    assert project.refused("nope") == ("git knows no revision 'nope', and no such file exists, here or in HEAD")
    assert project.refused("HEAD", "nope") == "nope: no such file or directory, neither here nor in HEAD"
    assert project.refused("HEAD", "/") == f"/: is not in the git repository {project.root}"
    assert (
        project.refused("--", "--output=x")
        == "'--output=x' is not a git revision, and no such file exists, here or in HEAD"
    )
    git(project.root, "branch", "tests")
    assert project.refused("tests") == "tests is both a revision and a file: write ./tests for the file"
    assert project.diff("./tests", status=0) == ["no difference"]
    assert project.refused("HEAD", "HEAD..HEAD~1") == (
        "HEAD..HEAD~1: no such file or directory, neither here nor in HEAD"
    )


def test_outside_of_a_repository_git_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SystemExit, match="2"):
        cli.main(["diff"])
    assert (
        f"error: there is no git repository around {tmp_path}: git rev-parse: not a git repository"
        in capsys.readouterr().err
    )


def test_the_index_stays_as_it_is(project: Project) -> None:
    project.record(capital=[item((1, 2), PARIS)])
    project.commit()
    # The same content with another date: git would note that it looked.
    project.record(capital=[item((1, 2), PARIS)])
    os.utime(project.path("capital"), (1, 1))
    index = (project.root / ".git/index").read_bytes()
    assert project.diff(status=0) == ["no difference"]
    assert (project.root / ".git/index").read_bytes() == index


# --- how it is shown


KEY = "Aq7" + "x1Y2" * 6


def test_no_secret_and_nothing_that_a_terminal_obeys_is_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    hostile = "\x1b[2J\u202e\n::add-mask::x ##[group]y"
    old, new = (answered(item((1, 2), user(f"{KEY} {word} {hostile}")), f"{word} {hostile} {KEY}") for word in "ab")
    save(project.root / f"cassettes/{KEY}\x1b[2J.yaml", [old])
    (project.root / "cassettes/bad\u202e.yaml").write_text(f"interactions: []\nversion: {KEY}\n")
    project.commit()
    save(project.root / f"cassettes/{KEY}\x1b[2J.yaml", [new, item((1, 2), user(f"x {KEY}{hostile}"))])
    (project.root / "cassettes/bad\u202e.yaml").unlink()
    text = "\n".join(project.diff())
    assert "[REDACTED]" in text
    assert "x1Y2" not in text
    assert not {"\x1b", "\u202e"} & {*text}
    assert "\n::" not in text.replace(" ", "")
    assert "##[" not in text


def test_in_a_terminal_what_changed_stands_out_and_lines_are_wrapped(project: Project) -> None:
    longer = {**SYSTEM, "content": f"{SYSTEM['content']} {'Tell all that you know. ' * 6}"}
    project.record(capital=[answered(item((40, 2), SYSTEM, PARIS), "x ##y")])
    project.commit()
    # Neither the old nor the new part alone would be obeyed.
    project.record(capital=[answered(item((44, 4), longer, PARIS), "x ##[y")])
    program = Path(sys.executable).with_name("pytest-samurai")
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    terminal = Terminal([program, "diff"], project.root, environ)
    assert terminal.end() == 1
    lines = terminal.raw.splitlines()
    assert any("\x1b[31mYou are a guide to the cities of the world." in line for line in lines)
    assert any("\x1b[1;30;42mTell all" in line for line in lines)
    assert "+ x #\\x23[y" in terminal.plain
    assert max(len(line) for line in terminal.plain.splitlines()) <= 100
    bare = Terminal([program, "diff"], project.root, {**environ, "NO_COLOR": "1"})
    assert bare.end() == 1
    assert "\x1b" not in bare.raw
    assert "[ Tell all" in bare.raw


def test_a_pipe_that_is_closed_is_no_traceback(project: Project) -> None:
    project.record(**{f"a{number}": [item((1, 2), PARIS)] for number in range(30)})
    project.commit()
    project.record(**{f"a{number}": [item((1, number + 3), PARIS, temperature=number)] for number in range(30)})
    program = Path(sys.executable).with_name("pytest-samurai")
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([program, "diff"], cwd=project.root, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (141, b"")
