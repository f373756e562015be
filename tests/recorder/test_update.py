"""Mode `update`: what matches is replayed, what does not is recorded, and what is no longer played is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.journal import Journal
from pytest_samurai.cassette.reader import load
from pytest_samurai.cassette.writer import save
from pytest_samurai.matching.bodies import parse_body
from tests.project import SEED, Project
from tests.recorder.conftest import answered, ask, asked_and_got, opened

FIVE = """
@pytest.mark.samurai
def test_one(samurai_client): ask(samurai_client, "What is one?")
@pytest.mark.samurai
def test_two(samurai_client): ask(samurai_client, "What is two?")
@pytest.mark.samurai
def test_three(samurai_client): ask(samurai_client, "What is three?")
@pytest.mark.samurai
def test_four(samurai_client): ask(samurai_client, "What is four?")
@pytest.mark.samurai
def test_five(samurai_client): ask(samurai_client, "What is five?")
"""

CALLS = """
@pytest.mark.samurai
def test_it(samurai_client):
    for question in {}: ask(samurai_client, question)
    assert {}
"""

SHARED = """
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("question", {})
def test_it(samurai_client, question): ask(samurai_client, question)
"""


class Updates:
    """A project that is brought up to date."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.run = project.run

    def begun(self, text: str, **outcomes: int) -> dict[str, bytes]:
        """Record a first version. Returns the cassettes."""
        self.project.tests(text)
        self.project.run().assert_outcomes(**outcomes or {"passed": 1})
        return self.files()

    def updated(self, *arguments: str, **outcomes: int) -> tuple[int, str]:
        """Run in mode update. Returns how many calls went live, and what the summary says."""
        before = self.project.server.requests
        result = self.project.run("--samurai-mode=update", *arguments)
        result.assert_outcomes(**outcomes or {"passed": 1})
        said = [line for line in result.outlines if line.startswith("samurai: mode update: ")]
        return self.project.server.requests - before, said[0].removeprefix("samurai: mode update: ")

    def files(self) -> dict[str, bytes]:
        root = self.project.pytester.path / "cassettes"
        return {name: (root / name).read_bytes() for name in self.project.cassettes()}

    def asked(self, cassette: str = "test_it/test_it.yaml") -> list[str]:
        """The questions in a cassette, in the order of the file."""
        bodies = [parse_body(entry.request.body) for entry in load(self.project.pytester.path / "cassettes" / cassette)]
        return [body["messages"][-1]["content"] for body in bodies]

    def replays(self, *arguments: str, **outcomes: int) -> None:
        self.project.run("--samurai-mode=none", *arguments).assert_outcomes(**outcomes or {"passed": 1})


@pytest.fixture
def updates(project: Project) -> Updates:
    return Updates(project)


def texts(content: bytes) -> list[bytes]:
    """The text of each interaction of a cassette."""
    return re.split(rb"(?m)^(?=- request:)", content.removesuffix(b"version: 1\n"))[1:]


# --- cassettes of one test


def test_one_changed_prompt_of_five_tests_is_one_live_call_and_one_changed_file(updates: Updates) -> None:
    before = updates.begun(FIVE, passed=5)
    updates.project.tests(FIVE.replace("What is three?", "What is three, in a word?"))
    assert updates.updated(passed=5) == (1, "4 replayed, 1 recorded, 1 dropped")
    after = updates.files()
    assert [name for name in after if after[name] != before[name]] == ["test_it/test_three.yaml"]
    assert updates.asked("test_it/test_three.yaml") == ["What is three, in a word?"]
    updates.project.offline()
    updates.replays(passed=5)


def test_where_nothing_has_changed_nothing_is_sent_or_written(updates: Updates) -> None:
    before = updates.begun(FIVE, passed=5)
    root = updates.project.pytester.path / "cassettes"
    # Not as we would write it: a formatter or a person has changed it.
    other = root / "test_it" / "test_two.yaml"
    other.write_bytes(before["test_it/test_two.yaml"].replace(b"version: 1\n", b"\nversion: 1\n"))
    before, times = updates.files(), [path.stat().st_mtime_ns for path in sorted(root.rglob("*.yaml"))]
    updates.project.offline()
    assert updates.updated("-q", passed=5) == (0, "5 replayed, 0 recorded, 0 dropped")
    assert updates.files() == before
    assert [path.stat().st_mtime_ns for path in sorted(root.rglob("*.yaml"))] == times


@pytest.mark.parametrize(
    ("now", "live", "counts"),
    [
        (["a", "B", "c", "d"], 1, "3 replayed, 1 recorded, 1 dropped"),
        (["A", "b", "c", "D"], 2, "2 replayed, 2 recorded, 2 dropped"),
        (["a", "b", "new", "newer", "c", "d"], 2, "4 replayed, 2 recorded, 0 dropped"),
        (["a", "d"], 0, "2 replayed, 0 recorded, 2 dropped"),
        (["a", "b", "c", "d", "e"], 1, "4 replayed, 1 recorded, 0 dropped"),
        (["W", "X", "Y", "Z"], 4, "0 replayed, 4 recorded, 4 dropped"),
    ],
)
def test_of_a_test_with_many_calls_those_that_changed_go_live_and_stand_where_the_test_makes_them(
    updates: Updates, now: list[str], live: int, counts: str
) -> None:
    before = updates.begun(CALLS.format(["a", "b", "c", "d"], True))
    updates.project.tests(CALLS.format(now, True))
    assert updates.updated() == (live, counts)
    assert updates.asked() == now
    old, new = (texts(files["test_it/test_it.yaml"]) for files in (before, updates.files()))
    # What stays keeps its text, byte for byte.
    assert [text for text in new if text in old] == [
        text for text, question in zip(old, ["a", "b", "c", "d"], strict=True) if question in now
    ]
    updates.project.offline()
    updates.replays()


def test_what_stays_keeps_the_order_of_the_file_where_the_test_asks_in_another_one(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b", "c"], True))
    updates.project.tests(CALLS.format(["c", "x", "a"], True))
    assert updates.updated() == (1, "2 replayed, 1 recorded, 1 dropped")
    assert updates.asked() == ["a", "c", "x"]
    updates.replays()


def test_an_equal_request_that_is_new_is_put_behind_those_that_were_asked_before(path: Path, url: str) -> None:
    with use_cassette(path):
        ids = [ask(url, content).headers["x-request-id"] for content in ("a", "again", "again")]
    with use_cassette(path, mode="update"):
        for content in ("again", "again", "a"):
            ask(url, content)
        third = ask(url, "again").headers["x-request-id"]
        ask(url, "b")
        fourth = ask(url, "again").headers["x-request-id"]
    assert [content for content, _ in asked_and_got(path)] == ["a", "again", "again", "again", "b", "again"]
    with use_cassette(path, mode="none"):
        assert [ask(url, "again").headers["x-request-id"] for _ in range(4)] == [*ids[1:], third, fourth]
        ask(url, "a")
        ask(url, "b")


def test_a_test_that_failed_keeps_its_old_recordings_beside_what_it_paid_for(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b", "c"], True))
    updates.project.tests(CALLS.format(["a", "B"], False))
    assert updates.updated(failed=1) == (1, "1 replayed, 1 recorded, 0 dropped")
    assert updates.asked() == ["a", "B", "b", "c"]
    # What was paid for is not paid for again.
    updates.project.tests(CALLS.format(["a", "B", "c"], True))
    assert updates.updated() == (0, "3 replayed, 0 recorded, 1 dropped")
    assert updates.asked() == ["a", "B", "c"]


def test_a_failed_test_whose_call_ended_in_an_error_changes_nothing(updates: Updates) -> None:
    before = updates.begun(CALLS.format(["a", "b"], True))
    updates.project.tests("""
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, "a"), ask(samurai_client, "b", model="error-500")
""")
    assert updates.updated(failed=1) == (1, "1 replayed, 0 recorded, 0 dropped")
    assert updates.files() == before


def test_the_cassette_of_a_test_that_makes_no_call_any_more_is_deleted(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b"], True))
    updates.project.tests(CALLS.format([], True))
    assert updates.updated() == (0, "0 replayed, 0 recorded, 2 dropped")
    assert updates.files() == {}
    updates.replays()


def test_a_cassette_that_is_not_there_yet_is_recorded(updates: Updates) -> None:
    updates.project.tests(FIVE)
    assert updates.updated(passed=5) == (5, "0 replayed, 5 recorded, 0 dropped")
    assert updates.updated(passed=5) == (0, "5 replayed, 0 recorded, 0 dropped")


@pytest.mark.parametrize("unused", ["fail", "warn"])
def test_unused_says_nothing_of_what_is_dropped(updates: Updates, unused: str) -> None:
    updates.begun(CALLS.format(["a", "b"], True))
    updates.project.tests(CALLS.format(["a"], True))
    result = updates.run("--samurai-mode=update", f"--samurai-unused={unused}")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not played*")
    assert updates.asked() == ["a"]


def test_of_a_test_that_may_leave_recordings_unplayed_nothing_is_dropped(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b"], True))
    updates.project.tests(CALLS.format(["a", "c"], True))
    assert updates.updated("--samurai-unused=ignore") == (1, "1 replayed, 1 recorded, 0 dropped")
    assert updates.asked() == ["a", "c", "b"]


@pytest.mark.parametrize(
    "beside",
    [
        'httpx.post("http://127.0.0.1:1/v1/chat/completions", json=body("x"))',
        'samurai_client.post("/files", files={"file": b"x"}, data={"purpose": "batch"})',
    ],
    ids=["no reply", "not recorded"],
)
def test_what_could_not_be_recorded_drops_nothing(updates: Updates, beside: str) -> None:
    before = updates.begun(CALLS.format(["a", "b"], True))
    updates.project.tests(f"""
import contextlib
@pytest.mark.samurai
def test_it(samurai_client):
    ask(samurai_client, "a")
    with contextlib.suppress(httpx.HTTPError): {beside}
""")
    result = updates.run("--samurai-mode=update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["samurai: mode update: 1 replayed, 0 recorded, 0 dropped"])
    assert updates.files() == before


def test_each_parameter_has_a_cassette_of_its_own_and_is_judged_alone(updates: Updates) -> None:
    text = SHARED.replace('("shared")', "")
    before = updates.begun(text.format(["a", "b", "c"]), passed=3)
    updates.project.tests(text.format(["a", "c", "d"]))
    assert updates.updated(passed=3) == (1, "2 replayed, 1 recorded, 0 dropped")
    assert {name: content for name, content in updates.files().items() if name in before} == before


def test_a_changed_stream_goes_live_and_the_others_are_replayed_in_their_chunks(updates: Updates) -> None:
    text = """
@pytest.mark.samurai
@pytest.mark.parametrize("number", [1, 2])
def test_it(samurai_client, samurai, number):
    for content in ["a", "b" if number == 1 else {!r}]:
        with samurai_client.stream("POST", "/chat/completions", json=body(content, stream=True)) as reply:
            assert len(list(reply.iter_lines())) > 3
    assert [call.replayed for call in samurai.calls] == {}
"""
    before = updates.begun(text.format("b", "[False, False]"), passed=2)
    updates.project.tests(text.format("B", "[True, number == 1]"))
    assert updates.updated(passed=2) == (1, "3 replayed, 1 recorded, 1 dropped")
    changed, same = "test_it/test_it[2].yaml", "test_it/test_it[1].yaml"
    assert updates.files()[same] == before[same]
    assert texts(updates.files()[changed])[0] == texts(before[changed])[0]
    assert updates.asked(changed) == ["a", "B"]
    updates.project.offline()
    updates.project.tests(text.format("B", "[True, True]"))
    updates.replays(passed=2)


def test_what_stays_keeps_a_text_that_would_be_written_otherwise_today(updates: Updates) -> None:
    from pytest_samurai.cassette.seal import seal

    before = updates.begun(CALLS.format(["a", "b"], True))
    path = updates.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    first, _ = texts(before["test_it/test_it.yaml"])
    lines = first.decode().splitlines()
    headers = lines.index("    headers:", lines.index("  response:"))
    lines[headers + 1 : headers + 5] = [*lines[headers + 3 : headers + 5], *lines[headers + 1 : headers + 3]]
    lines[-1] = f"      seal: {' '.join(seal(lines[:-1]))}"
    older = "\n".join([*lines, ""]).encode()
    assert older != first
    path.write_bytes(before["test_it/test_it.yaml"].replace(first, older))
    updates.project.tests(CALLS.format(["a", "B"], True))
    assert updates.updated() == (1, "1 replayed, 1 recorded, 1 dropped")
    assert texts(updates.files()["test_it/test_it.yaml"])[0] == older
    updates.replays()


def test_the_cassette_of_another_tool_keeps_its_bytes_until_something_in_it_changes(updates: Updates) -> None:
    ours = updates.begun(CALLS.format(["a", "b"], True))["test_it/test_it.yaml"]
    path = updates.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    theirs = re.sub(rb"    samurai:\n(?:      .*\n)+", b"", ours.partition(b"\n")[2])
    path.write_bytes(theirs)
    assert updates.updated() == (0, "2 replayed, 0 recorded, 0 dropped")
    assert path.read_bytes() == theirs
    updates.project.tests(CALLS.format(["A", "b"], True))
    assert updates.updated() == (1, "1 replayed, 1 recorded, 1 dropped")
    assert updates.asked() == ["A", "b"]
    updates.replays()


def test_without_a_key_what_is_recorded_is_replayed_and_the_rest_is_refused(
    updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates.begun(FIVE, passed=5)
    monkeypatch.delenv("SAMURAI_API_KEY")
    updates.project.tests(FIVE.replace("What is three?", "What is three, in a word?"))
    result = updates.run("--samurai-mode=update")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["E         Set the key in the environment before the client is made."])
    assert updates.project.server.requests == 5


def test_a_recording_that_was_interrupted_is_taken_up_as_far_as_it_is_still_played(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b", "c"], True))
    path = updates.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    a, b, c = load(path)
    save(path, [a, c])
    journal = Journal(path, replacing=False)
    journal.add(b)
    journal.close()
    updates.project.tests(CALLS.format(["a", "b", "d"], True))
    assert updates.updated() == (1, "2 replayed, 1 recorded, 1 dropped")
    assert updates.asked() == ["a", "b", "d"]
    journal.add(c)
    journal.close()
    assert updates.updated() == (0, "3 replayed, 0 recorded, 0 dropped")
    assert (updates.asked(), updates.project.cassettes()) == (["a", "b", "d"], ["test_it/test_it.yaml"])


def test_a_failed_test_keeps_all_of_a_recording_that_was_interrupted(updates: Updates) -> None:
    updates.begun(CALLS.format(["a", "b"], True))
    path = updates.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    a, b = load(path)
    save(path, [a])
    journal = Journal(path, replacing=False)
    journal.add(b)
    journal.close()
    updates.project.tests(CALLS.format(["a"], False))
    assert updates.updated(failed=1) == (0, "1 replayed, 0 recorded, 0 dropped")
    assert updates.asked() == ["a", "b"]


def test_rewrite_is_another_word_for_all(updates: Updates) -> None:
    updates.begun(FIVE, passed=5)
    result = updates.run("--samurai-mode=rewrite")
    result.assert_outcomes(passed=5)
    assert updates.project.server.requests == 10
    updates.project.tests("""
@pytest.mark.samurai(mode="rewrite")
def test_it(samurai): assert samurai.mode == "all"
""")
    updates.run().assert_outcomes(passed=1)


def test_in_ci_nothing_is_brought_up_to_date_unless_that_is_asked_for(
    updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates.begun(CALLS.format(["a"], True))
    updates.project.tests(CALLS.format(["b"], True))
    monkeypatch.setenv("CI", "true")
    updates.run().assert_outcomes(failed=1)
    assert updates.project.server.requests == 1
    updates.project.pytester.makeini("[pytest]\nsamurai_mode = update")
    updates.run().assert_outcomes(passed=1)
    assert updates.asked() == ["b"]


# --- cassettes that tests share


def test_what_no_test_of_a_full_run_plays_of_a_shared_cassette_is_dropped(updates: Updates) -> None:
    before = updates.begun(SHARED.format(["a", "b", "c"]), passed=3)
    updates.project.tests(SHARED.format(["a", "B", "c"]))
    assert updates.updated(passed=3) == (1, "2 replayed, 1 recorded, 1 dropped")
    assert updates.asked("shared.yaml") == ["a", "c", "B"]
    old, new = (texts(files["shared.yaml"]) for files in (before, updates.files()))
    assert new[:2] == [old[0], old[2]]
    updates.project.offline()
    updates.replays(passed=3)


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [(["-k", "c"], {"passed": 1, "deselected": 2}), (["test_it.py"], {"passed": 3})],
    ids=["some tests", "paths"],
)
def test_a_run_that_is_not_full_drops_nothing_of_a_shared_cassette(
    updates: Updates, arguments: list[str], outcomes: dict[str, int]
) -> None:
    before = updates.begun(SHARED.format(["a", "b", "old"]), passed=3)
    updates.project.tests(SHARED.format(["a", "b", "c"]))
    assert updates.updated(*arguments, **outcomes)[1].endswith(", 1 recorded, 0 dropped")
    assert updates.asked("shared.yaml") == ["a", "b", "old", "c"]
    assert updates.files()["shared.yaml"].startswith(before["shared.yaml"].removesuffix(b"version: 1\n"))


@pytest.mark.parametrize("mark", ["@pytest.mark.skip", "@pytest.mark.samurai(mode='none')"], ids=["skipped", "none"])
def test_what_another_test_may_play_of_a_shared_cassette_is_not_dropped(updates: Updates, mark: str) -> None:
    text = (
        SHARED.format(["a", "b"])
        + """
MARK
@pytest.mark.samurai("shared")
def test_other(samurai_client): ask(samurai_client, QUESTION)
"""
    )
    updates.begun(text.replace("MARK", "").replace("QUESTION", '"other"'), passed=3)
    updates.project.pytester.makeini("[pytest]\nsamurai_mode = update")
    updates.project.tests(text.replace("MARK", mark.replace("(", '("shared", ')).replace("QUESTION", '"a"'))
    updates.run()
    assert updates.asked("shared.yaml") == ["a", "b", "other"]


def test_what_two_tests_of_a_shared_cassette_ask_anew_is_paid_for_once(updates: Updates) -> None:
    text = """
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("number", range(4))
def test_it(samurai_client, number): ask(samurai_client, {!r})
"""
    updates.begun(text.format("a"), passed=4)
    updates.project.tests(text.format("b"))
    assert updates.updated(passed=4) == (1, "3 replayed, 1 recorded, 1 dropped")
    assert updates.asked("shared.yaml") == ["b"]


def test_under_xdist_what_changed_goes_live_and_what_nobody_plays_is_dropped(updates: Updates) -> None:
    shared = SHARED.replace("test_it", "test_shared")
    before = updates.begun(FIVE + shared.format(list("abcdef")), passed=11)
    updates.project.tests(FIVE.replace("is two?", "is 2?") + shared.format(list("abCdef")))
    assert updates.updated("-n", "2", passed=11) == (2, "9 replayed, 2 recorded, 2 dropped")
    after = updates.files()
    assert sorted(name for name in after if after[name] != before[name]) == ["shared.yaml", "test_it/test_two.yaml"]
    assert updates.asked("shared.yaml") == ["a", "b", "d", "e", "f", "C"]
    updates.project.offline()
    updates.replays("-n", "2", passed=11)


def test_a_fixture_of_wider_scope_is_brought_up_to_date_by_a_full_run(updates: Updates) -> None:
    text = (
        SEED
        + """
@pytest.fixture(scope="module")
def seeded(): return [seed_call(text) for text in TEXTS]
@pytest.mark.samurai
def test_it(seeded): pass
"""
    )
    updates.begun(text.replace("TEXTS", "['a', 'b']"))
    updates.project.tests(text.replace("TEXTS", "['a', 'B']"))
    assert updates.updated("test_it.py") == (1, "1 replayed, 1 recorded, 0 dropped")
    assert updates.asked("test_it/fixtures/seeded.yaml") == ["a", "b", "B"]
    assert updates.updated() == (0, "2 replayed, 0 recorded, 1 dropped")
    assert updates.asked("test_it/fixtures/seeded.yaml") == ["a", "B"]


def test_a_shared_cassette_that_cannot_be_written_at_the_end_fails_the_run(
    updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = updates.begun(SHARED.format(["a", "b"]), passed=2)
    updates.project.tests(SHARED.format(["a"]))
    from pytest_samurai.files import REAL

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(REAL, "replace", full)
    result = updates.run("--samurai-mode=update")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["samurai: */cassettes/shared.yaml: cannot be written: No space left on device; the old file is unchanged"]
    )
    assert updates.files() == before


def test_what_was_dropped_is_no_matter_for_prune(project: Project) -> None:
    project.tests(SHARED.format(["a", "b"]) + FIVE)
    project.pytester.runpytest_inprocess().assert_outcomes(passed=7)
    project.tests(SHARED.format(["a"]) + FIVE.replace("is one?", "is 1?"))
    project.pytester.runpytest_inprocess("--samurai-mode=update").assert_outcomes(passed=6)
    result = project.pytester.runpytest_inprocess("--samurai-mode=none")
    result.assert_outcomes(passed=6)
    result.stdout.no_fnmatch_line("*no test played*")


# --- blocks


def test_a_block_is_brought_up_to_date_as_a_test_is(path: Path, url: str) -> None:
    with use_cassette(path):
        ask(url, "a")
        ask(url, "b")
    before = path.read_bytes()
    with use_cassette(path, mode="update") as recorder:
        ask(url, "a")
        ask(url, "b")
    assert (path.read_bytes(), recorder.dropped) == (before, 0)
    with pytest.raises(ZeroDivisionError), use_cassette(path, mode="update"):
        ask(url, "c")
        _ = 1 / 0
    assert [content for content, _ in asked_and_got(path)] == ["a", "b", "c"]
    with use_cassette(path, mode="update") as recorder:
        ask(url, "a")
        ask(url, "c")
    assert [call.replayed for call in recorder.calls] == [True, True]
    assert (recorder.recorded, recorder.dropped) == (0, 1)
    assert [content for content, _ in asked_and_got(path)] == ["a", "c"]


def test_a_block_within_another_of_the_same_path_drops_nothing(path: Path, url: str) -> None:
    with use_cassette(path, unused="ignore"):
        ask(url, "a")
        ask(url, "b")
    with use_cassette(path, mode="update"), use_cassette(path, mode="update"):
        ask(url, "a")
    assert [content for content, _ in asked_and_got(path)] == ["a", "b"]


def test_what_another_process_has_written_meanwhile_is_not_dropped(path: Path) -> None:
    first = opened(path)
    for content in ("a", "b"):
        answered(first, content)
    first.close()
    recorder, other = opened(path, "update"), opened(path, "update")
    answered(recorder, "a")
    for content in ("a", "b", "c"):
        answered(other, content)
    other.close()
    recorder.close()
    assert [content for content, _ in asked_and_got(path)] == ["a", "b", "c"]
    assert recorder.dropped == 0


def test_a_cassette_that_cannot_be_deleted_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_samurai import CassetteError
    from pytest_samurai.cassette import writer

    first = opened(path)
    answered(first, "a")
    first.close()

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writer, "remove", refuse)
    recorder = opened(path, "update")
    with pytest.raises(CassetteError, match="a.yaml: cannot be deleted: Permission denied$"):
        recorder.close()
    assert path.exists()


# --- what is advised


def test_more_than_one_failure_that_advises_it_is_brought_up_to_date_by_one_command(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commands(*arguments: str) -> list[str]:
        result = project.pytester.runpytest_inprocess("--samurai-mode=none", *arguments)
        # In CI, the short summary also has the texts of failures, each with a command.
        lines = [line.partition(": pytest ") for line in result.outlines if "test_it.py::" not in line]
        return [f"{said}: {command}" for said, colon, command in lines if colon]

    project.tests(FIVE)
    project.pytester.runpytest_inprocess().assert_outcomes(passed=5)
    project.tests(FIVE.replace("is one?", "is 1?"))
    assert commands() == []
    project.tests(FIVE.replace("is one?", "is 1?").replace("is two?", "is 2?"))
    missing = "  To record what is missing: --samurai-mode=update"
    assert commands("-p", "no:cacheprovider") == [missing]
    assert commands("test_it.py") == [f"{missing} --lf test_it.py"]
    monkeypatch.setenv("CI", "1")
    assert commands() == [missing]
    monkeypatch.delenv("CI")
    [advised] = commands()
    assert advised == f"{missing} --lf"
    before = project.server.requests
    project.pytester.runpytest_inprocess(*advised.partition(": ")[2].split()).assert_outcomes(passed=2)
    assert project.server.requests == before + 2
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=5)


def test_misses_and_recordings_that_were_not_played_are_settled_by_one_command(updates: Updates) -> None:
    tests = CALLS.format(["a"], True), CALLS.format(["b", "c"], True).replace("test_it", "test_other")
    updates.begun("\n".join(tests), passed=2)
    updates.project.tests("\n".join([tests[0].replace("'a'", "'A'"), tests[1].replace("'c'", "")]))
    result = updates.run("--samurai-mode=none")
    result.assert_outcomes(failed=2)
    commands = [line for line in result.outlines if ": pytest " in line and "test_it.py::" not in line]
    assert commands == ["samurai: to bring these 2 tests up to date: pytest --samurai-mode=update"]


@pytest.mark.parametrize("now", [["a", "B", "c"], ["a", "c"], ["a", "b", "c", "d"]], ids=["miss", "unused", "more"])
def test_the_command_that_a_failed_replay_advises_brings_the_test_up_to_date(updates: Updates, now: list[str]) -> None:
    updates.begun(CALLS.format(["a", "b", "c"], True))
    updates.project.tests(CALLS.format(now, True))
    result = updates.run("--samurai-mode=none")
    result.assert_outcomes(failed=1)
    [advised] = {line.partition(": pytest ")[2] for line in result.outlines if ": pytest " in line}
    assert advised == "--samurai-mode=update test_it.py::test_it"
    updates.run(*advised.split()).assert_outcomes(passed=1)
    assert updates.project.server.requests == 3 + len(set(now) - {"a", "b", "c"})
    assert updates.asked() == now
    updates.replays()


@pytest.mark.parametrize("mode", ["once", "all", "update"])
def test_the_command_that_a_ceiling_advises_goes_on_until_the_test_is_whole(updates: Updates, mode: str) -> None:
    updates.begun(CALLS.format(["a", "b"], True))
    if mode == "once":
        (updates.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml").unlink()
    updates.project.pytester.makeini("[pytest]\nsamurai_max_live_requests = 3")
    updates.project.tests(CALLS.format(list("ACDEFGH"), True))
    result = updates.run(f"--samurai-mode={mode}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E         To record the rest later: pytest *"])
    [advised] = {line.partition("the rest later: pytest ")[2] for line in result.outlines if "the rest later" in line}
    assert updates.updated(*advised.split(), failed=1) == (3, "3 replayed, 3 recorded, 0 dropped")
    dropped = 0 if mode == "once" else 2
    assert updates.updated(*advised.split()) == (1, f"6 replayed, 1 recorded, {dropped} dropped")
    assert updates.asked() == list("ACDEFGH")
    updates.replays()


@pytest.mark.parametrize("ceiling", ["--samurai-max-live-requests=0", "--samurai-max-live-cost=0.00000001"])
def test_a_ceiling_that_lets_nothing_through_on_any_day_advises_nothing(project: Project, ceiling: str) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, max_tokens=100)
""")
    result = project.run("--samurai-mode=update", ceiling)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*/chat/completions was not sent: samurai_max_live_*"])
    result.stdout.no_fnmatch_line("*the rest later*")
    assert project.server.requests == 0


def test_a_retry_that_a_replay_need_not_make_is_not_dropped(path: Path, url: str, fail: Callable[..., None]) -> None:
    fail(429, 503)
    with use_cassette(path, keep_retries=True):
        for content in ("busy", "busy", "free"):
            ask(url, content)
    before = path.read_bytes()
    with use_cassette(path, keep_retries=True, mode="update") as recorder:
        ask(url, "busy")
        ask(url, "free")
    assert (path.read_bytes(), recorder.dropped) == (before, 0)
