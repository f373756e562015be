"""Why a test uses what it uses: totals compared with a lock, or call by call with a revision."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_samurai.bill.lock import accepted
from pytest_samurai.bill.lockfile import dump
from pytest_samurai.bill.pricelist import PriceList
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.commands import cli
from pytest_samurai.commands.why import explain, prices, recorded_at, row, totals
from pytest_samurai.errors import SettingsError
from pytest_samurai.settings import Settings
from pytest_samurai.wire.http import Request
from pytest_samurai.wire.interaction import Interaction
from pytest_samurai.wire.price import Price
from pytest_samurai.wire.usage import Usage
from tests.commands.recorded import SYSTEM, WEATHER, git, item, user

PARIS, ROME = user("What is the capital of France?"), user("What is the capital of Italy?")


# --- call by call


def explained(then: list[Interaction], now: list[Interaction]) -> list[str]:
    return explain(then, now, Settings().matcher)


def test_equal_recordings_have_nothing_to_explain_whatever_their_order() -> None:
    one, two = item((11, 2), PARIS), item((11, 2), ROME)
    assert explained([one, two], [two, one]) == []


def test_the_one_part_that_changed_is_worth_what_the_replies_counted() -> None:
    longer = {**SYSTEM, "content": "You are a patient guide to the cities of the world."}
    assert explained([item((40, 2), SYSTEM, PARIS)], [item((42, 2), longer, PARIS)]) == [
        "  call 1: prompt 40 -> 42 tokens (+2), completion 2 -> 2 tokens",
        "    messages[0] (system): +2 tokens",
        "      messages[0].content:",
        "        - You are a guide to the cities of the world.",
        "        + You are a [patient ]guide to the cities of the world.",
    ]


def test_several_parts_are_told_apart_by_the_characters_to_a_token_of_that_very_call() -> None:
    old = item((20, 2), PARIS, temperature=0.5)
    # 248 characters of prompt, 62 tokens: 4 to the token.
    new = item((62, 30), PARIS, user("x" * 34), temperature=0.7, tools=[WEATHER])
    assert explained([old], [new]) == [
        "  call 1: prompt 20 -> 62 tokens (+42), completion 2 -> 30 tokens (+28)",
        "    messages[1] (user): about +16 tokens",
        '      messages[1]: (absent) -> {"role": "user", "content": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}',
        "    temperature: 0.5 -> 0.7",
        "    tools: about +23 tokens",
        '      tools: (absent) -> [{"type": "function", "function": {"name": "get_weather", "parameters":'
        ' {"type": "object"}}}]',
        "    the answer: +28 tokens",
        """  "about" is estimated from characters, at that call's own rate: a reply counts only the whole prompt.""",
    ]


def test_a_tool_is_named_where_its_schema_changed_and_where_it_is_gone() -> None:
    changed = json.loads(json.dumps(WEATHER).replace('"object"', '"object", "required": ["city"]'))
    [_, named, *_] = explained([item((20, 2), PARIS, tools=[WEATHER])], [item((25, 2), PARIS, tools=[changed])])
    assert named == "    tools[0] (get_weather): +5 tokens"
    two = item((40, 2), PARIS, tools=[changed, WEATHER])
    [_, named, line] = explained([two], [item((25, 2), PARIS, tools=[changed])])
    assert named == "    tools[1] (get_weather): -15 tokens"
    assert line.endswith("-> (absent)")


def test_an_item_that_is_no_message_is_named_by_its_place_alone() -> None:
    odd = item((20, 2), body=b'{"model": "m", "messages": ["a"], "tools": [1]}')
    other = item((21, 2), body=b'{"model": "m", "messages": ["b"], "tools": [{"function": 2}]}')
    named = [line.strip() for line in explained([odd], [other]) if line.startswith("    ")]
    assert [name.partition(":")[0] for name in named] == ["messages[0]", "messages[0]", "tools[0]", "tools[0]"]


def test_another_model_is_named_as_asked_for_and_as_served() -> None:
    assert explained([item((11, 2), PARIS)], [item((11, 2), PARIS, model="n")]) == [
        "  call 1: prompt 11 -> 11 tokens, completion 2 -> 2 tokens",
        '    model: "m" -> "n"',
    ]
    assert explained([item((11, 2), PARIS)], [item((12, 2), PARIS, served="m-2")]) == [
        "  call 1: prompt 11 -> 12 tokens (+1), completion 2 -> 2 tokens",
        "    model as served: m -> m-2",
        "    the same prompt, counted differently by the server",
    ]


def test_another_model_counts_otherwise_so_its_tokens_are_told_by_characters() -> None:
    lines = explained([item((11, 2), PARIS)], [item((30, 2), ROME, model="n")])
    assert "    messages[0] (user): about +0 tokens" in lines


def test_an_extra_call_and_one_that_is_gone_are_named_with_their_tokens() -> None:
    one, two, three = item((11, 2), PARIS), item((12, 3), ROME), item(None, user("And Spain?"))
    assert explained([one], [two, one, three]) == [
        "  call 1 is new: 12 + 3 = 15 tokens (m), What is the capital of Italy?",
        "  call 3 is new: of unknown usage (m), And Spain?",
    ]
    assert explained([two, one], [one]) == ["  call 1 is gone: 12 + 3 = 15 tokens (m), What is the capital of Italy?"]


def test_a_retry_is_named_as_one_and_another_error_by_its_status() -> None:
    one, busy, wrong = item((11, 2), PARIS), item(None, PARIS, status=429), item(None, ROME, status=400)
    assert explained([one], [busy, one, wrong]) == [
        "  call 1 is new: 0 + 0 = 0 tokens (m), What is the capital of France?",
        "    status 429, and it was tried again",
        "  call 3 is new: 0 + 0 = 0 tokens (m), What is the capital of Italy?",
        "    status 400",
    ]


def test_a_call_belongs_to_the_one_that_shares_most_words_with_it() -> None:
    one, two = item((11, 2), user("a b c d")), item((11, 2), user("e f g h"))
    assert [line for line in explained([one, two], [item((12, 2), user("e f g i")), item((12, 2), user("a b c k"))])
            if line.startswith("  call")] == [
        "  call 1 (it was call 2): prompt 11 -> 12 tokens (+1), completion 2 -> 2 tokens",
        "  call 2 (it was call 1): prompt 11 -> 12 tokens (+1), completion 2 -> 2 tokens",
    ]  # fmt: skip


def test_what_is_unknown_stays_so() -> None:
    [call, part, *_] = explained([item(None, PARIS)], [item((20, 2), ROME)])
    assert (call, part) == ("  call 1: unknown usage -> 20 + 2 = 22 tokens", "    messages[0] (user)")
    [call, *_] = explained([item(None, PARIS)], [item(None, ROME)])
    assert call == "  call 1: of unknown usage"


def test_reasoning_is_a_part_of_the_answer() -> None:
    [call, *_] = explained([item((11, 2), PARIS)], [item((11, 90), ROME, details={"reasoning_tokens": 80})])
    assert (
        call
        == "  call 1: prompt 11 -> 11 tokens, completion 2 -> 90 tokens (+88), including reasoning 0 -> 80 tokens (+80)"
    )


def test_so_is_audio() -> None:
    [call, *_] = explained([item((11, 2), PARIS)], [item((11, 90), ROME, details={"audio_tokens": 80})])
    assert call.endswith("completion 2 -> 90 tokens (+88), including audio of the answer 0 -> 80 tokens (+80)")


def test_what_the_cache_gave_and_got_is_a_part_of_the_prompt() -> None:
    cache = {"prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 5}}
    old, new = item((11, 2), PARIS), item((11, 2), ROME)
    reply = json.loads(new.reply.body)
    reply["usage"] |= cache
    new = replace(new, reply=replace(new.reply, body=json.dumps(reply).encode()))
    [call, *_] = explained([old], [new])
    assert call == (
        "  call 1: prompt 11 -> 11 tokens, completion 2 -> 2 tokens, including from the cache 0 -> 4 tokens (+4),"
        " including into the cache 0 -> 5 tokens (+5)"
    )


def test_a_call_to_another_api_is_named_with_it() -> None:
    def to(path: str, recorded: Interaction) -> Interaction:
        return replace(recorded, request=replace(recorded.request, url=f"https://h/v1{path}"))

    old, new = item((11, 2), PARIS), to("/messages", item((11, 2), PARIS))
    gone = "  call 1 is gone: 11 + 2 = 13 tokens (m), What is the capital of France?"
    came = "  call 1 is new: 11 + 2 = 13 tokens (m, messages), What is the capital of France?"
    assert sorted(explained([old], [new])) == [gone, came]
    assert explained([], [new]) == ["  call 1 is new: 11 + 2 = 13 tokens (m, messages), What is the capital of France?"]


def test_a_status_that_changed_is_named() -> None:
    assert "    status: 500 -> 200" in explained([item(None, PARIS, status=500)], [item((11, 2), PARIS)])


def test_bodies_that_are_no_objects_are_compared_as_they_are() -> None:
    lines = explained([item((3, 2), body=b"one")], [item((4, 2), body=b"two")])
    assert lines[1:] == ["    the body: +1 tokens", '      (whole body): "one" -> "two"']


# --- totals


def test_totals_stand_side_by_side_with_what_moved() -> None:
    old, new = row([item((412, 20), PARIS)]), row([item((577, 20), PARIS)])
    assert totals(old, new, {}, "samurai.lock") == [
        "                     samurai.lock  recorded",
        "  requests                      1         1",
        "  prompt_tokens               412       577  +40%",
        "  completion_tokens            20        20",
        "  total_tokens                432       597  +38%",
        "  cost                    unknown   unknown",
        "  model                         m         m",
        "  What moved: prompt 412 -> 577 tokens (+40%)",
    ]
    assert totals(old, old, {}, "samurai.lock")[-1] == "  What moved: nothing"


def test_both_sides_are_priced_alike_and_a_model_without_a_price_has_no_cost() -> None:
    rates = {"m": Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4))}
    old, new, other = row([item((10, 5), PARIS)]), row([item((20, 5), PARIS)]), row([item((20, 5), PARIS, model="n")])
    assert "  cost               $0.0000300  $0.0000400  +33%" in totals(old, new, rates, "HEAD")
    assert "  cost               $0.0000300   unknown" in totals(old, other, rates, "HEAD")


def test_what_moved_is_unknown_where_a_side_is() -> None:
    counted, silent = row([item((412, 20), PARIS)]), row([item(None, PARIS)])
    told = "the change in tokens is unknown: a reply does not say what it used"
    assert totals(counted, silent, {}, "samurai.lock")[-1] == f"  What moved: {told}"
    assert totals(silent, silent, {}, "samurai.lock")[-1] == f"  What moved: {told}"
    twice = row([item((412, 20), PARIS), item((412, 20), PARIS)])
    assert totals(silent, twice, {}, "samurai.lock")[-1] == f"  What moved: requests 1 -> 2 (+100%); {told}"


def test_a_call_without_a_price_of_its_own_has_that_of_its_day_and_the_project_goes_before() -> None:
    unstamped = replace(item((11, 2), PARIS, model="gpt-4o-mini"), recorded_at="2026-01-02T03:04:05Z")
    assert prices([unstamped], PriceList())["gpt-4o-mini"].input_mtok == Decimal("0.15")
    own = Price(source="a", input_mtok=Decimal(1), output_mtok=Decimal(4))
    assert prices([unstamped], PriceList((("gpt-*", own),))) == {"gpt-4o-mini": own}


def test_what_was_estimated_is_labelled() -> None:
    old, counted = row([item((412, 20), PARIS)]), row([item((577, 20), PARIS)])
    guessed = {"m": replace(counted["m"], usage=replace(counted["m"].usage or Usage(), estimated=True))}
    lines = totals(old, guessed, {}, "samurai.lock")
    assert lines[2] == "  prompt_tokens               412      ~577  +40%"
    assert lines[5] == "  cost                    unknown   unknown"
    assert lines[-2:] == [
        "  ~ is an estimate: the server did not say what the calls used",
        "  What moved: prompt 412 -> ~577 tokens (+40%)",
    ]


# --- the command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one test's cassette and its row in a lock. The cassette was recorded again later."""
    monkeypatch.chdir(tmp_path)
    cassette = tmp_path / "cassettes/tests/test_geo/test_capital.yaml"
    then = [item((11, 2), PARIS, model="gpt-4o-mini")]
    save(cassette, then)
    lock = accepted(None, [])
    rows = {"tests/test_geo.py::test_capital": row(then), "module fixture wide (cassettes/wide.yaml)": row(then)}
    (tmp_path / "samurai.lock").write_bytes(dump(type(lock)(rows, {})))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=recorded")
    save(cassette, [item((15, 2), user("What is the capital of the republic of France?"), model="gpt-4o-mini")])
    save(tmp_path / "cassettes/wide.yaml", then)
    return tmp_path


TEST = "tests/test_geo.py::test_capital"


def test_the_command_tells_what_moved_since_the_lock(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["why", TEST]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TEST}: cassettes/tests/test_geo/test_capital.yaml"
    assert lines[-2:] == [
        "  What moved: prompt 11 -> 15 tokens (+36%)",
        "The lock has only totals. To compare call by call: --against=HEAD",
    ]


def test_the_command_tells_which_message_it_was_since_a_revision_from_any_directory_of_the_project(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "cassettes")
    assert cli.main(["why", TEST, "--against", "HEAD"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["HEAD", "recorded"]
    assert lines[-5:] == [
        "  call 1: prompt 11 -> 15 tokens (+4), completion 2 -> 2 tokens",
        "    messages[0] (user): +4 tokens",
        "      messages[0].content:",
        "        - What is the capital of France?",
        "        + What is the capital of [the republic of ]France?",
    ]


def test_the_command_takes_a_cassette_by_its_path_and_a_fixture_by_its_row(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["why", "module fixture wide (cassettes/wide.yaml)"]) == 0
    assert "  What moved: nothing" in capsys.readouterr().out
    assert cli.main(["why", TEST, "--cassette=cassettes/wide.yaml"]) == 0
    assert "  What moved: nothing" in capsys.readouterr().out
    (project / "samurai.lock").rename(project / "usage.lock")
    assert cli.main(["why", TEST, "--lock=usage.lock"]) == 0
    assert cli.main(["why", TEST, "--against=HEAD"]) == 0


def test_with_a_cassette_too_a_test_is_taken_from_here_with_either_slash(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "tests").mkdir(exist_ok=True)
    monkeypatch.chdir(project / "tests")
    for test in (TEST, TEST.replace("/", "\\"), TEST.removeprefix("tests/")):
        assert cli.main(["why", test, "--cassette=../cassettes/wide.yaml"]) == 0
        assert capsys.readouterr().out.startswith(f"{TEST}: ../cassettes/wide.yaml\n")


def test_what_another_tool_recorded_beside_calls_is_not_counted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "cassettes/wide.yaml"
    search = replace(item((11, 2), PARIS), request=Request("GET", "https://s.test/q", (), b""), recorded_at=None)
    save(path, [*load(path), search])
    assert cli.main(["why", "module fixture wide (cassettes/wide.yaml)"]) == 0
    assert "  What moved: nothing" in capsys.readouterr().out


def test_of_a_cassette_that_others_use_too_no_sums_are_shown_beside_the_row_of_one_test(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(project / "cassettes/wide.yaml", [item((11, 2), PARIS), item((12, 2), ROME)])
    assert cli.main(["why", TEST, "--cassette=cassettes/wide.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{TEST}: cassettes/wide.yaml",
        "  Its name is not this test's, and it has 2 calls; the lock has 1 request of this test. So its sums are not"
        " what the test uses, and are not shown.",
        "The lock has only totals. To compare call by call: --against=HEAD",
    ]
    # An unshared cassette with more calls than before is compared normally; so is a fixture's.
    assert cli.main(["why", "module fixture wide (cassettes/wide.yaml)"]) == 0
    assert "  What moved: requests 1 -> 2" in capsys.readouterr().out
    (project / "cassettes/wide.yaml").rename(project / "cassettes/tests/test_geo/test_capital.yaml")
    assert cli.main(["why", TEST]) == 0
    assert "  What moved: requests 1 -> 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["test_geo"], "'test_geo' has no cassette. Looked at: 2 cassettes in cassettes, the rows of samurai.lock"),
        (
            [f"{TEST}_not"],
            f"'{TEST}_not' has no cassette, which would be cassettes/tests/test_geo/test_capital_not.yaml. Looked at:",
        ),
        ([TEST, "--cassette=no.yaml"], "no.yaml: no such cassette; name the test's cassette with --cassette"),
        ([TEST, "--against=nope"], "test_capital.yaml as of nope: invalid object name 'nope'."),
        ([TEST, "--against=--output=x"], "'--output=x' is not a git revision"),
        (
            [TEST, "--against=HEAD", "--cassette=cassettes/wide.yaml"],
            "wide.yaml as of HEAD: path 'cassettes/wide.yaml' exists on disk, but not in 'HEAD'",
        ),
        ([TEST, "--lock=no.lock"], "there is no no.lock; compare with a revision of the cassette: --against=HEAD"),
        (
            ["tests/test_geo.py::other", "--cassette=cassettes/wide.yaml"],
            "there is no row for 'tests/test_geo.py::other' in samurai.lock; compare with a revision of the cassette",
        ),
    ],
)
def test_what_is_missing_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["why", *arguments])
    assert reason in capsys.readouterr().err


def test_a_cassette_that_cannot_be_read_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "cassettes/wide.yaml").write_text("")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["why", TEST, "--cassette=cassettes/wide.yaml"])
    assert "wide.yaml:1: the file is empty" in capsys.readouterr().err


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SettingsError, match="git cannot be run: No such file or directory"):
        recorded_at(tmp_path / "a.yaml", "HEAD")


@pytest.mark.parametrize("against", [[], ["--against=HEAD"]])
def test_no_secret_and_nothing_that_a_terminal_obeys_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, against: list[str]
) -> None:
    key = "Aq7" + "x1Y2" * 6
    monkeypatch.setenv("OPENAI_API_KEY", key)
    # A summary and the changed words would have half of it.
    asked = [f"{'a' * 70} {key}", f"The key is {key}\x1b[2J", "So?\x1b]0;gone\x07"]
    save(project / "cassettes/wide.yaml", [item((11, 2), user(text), model=f"m\x1b[31m/{key}") for text in asked])
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message=theirs")
    other = key.replace("Y2", "Z3")
    save(project / "cassettes/wide.yaml", [item((11, 2), user(f"{key} {text}{other}")) for text in asked])
    monkeypatch.setenv("OTHER_API_KEY", other)
    assert cli.main(["why", TEST, "--cassette=cassettes/wide.yaml", *against]) == 0
    shown = capsys.readouterr().out
    assert "x1Y2" not in shown
    assert "x1Z3" not in shown
    assert "\x1b" not in shown
    assert not against or "[REDACTED]" in shown


def test_an_error_that_quotes_a_file_has_no_secret_in_it(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "Aq7x1Y2x1Y2")
    (project / "cassettes/wide.yaml").write_text("interactions: []\nversion: Aq7x1Y2x1Y2\n")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["why", TEST, "--cassette=cassettes/wide.yaml"])
    assert "version is '[REDACTED]'" in capsys.readouterr().err
