"""A cassette with merge conflict marks, and its lock: one command settles both."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from pytest_samurai import CassetteError
from pytest_samurai.cassette.conflict import both_sides
from pytest_samurai.cassette.reader import load, parse
from pytest_samurai.cassette.shelf import Shelf
from pytest_samurai.cassette.writer import dump, update
from pytest_samurai.recorder.recorder import Recorder
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction
from tests.project import Project
from tests.recorder.conftest import answered, asked_and_got, opened

FILE = Path("a.yaml")
SETTLED = (
    "these are the marks of a merge conflict; to keep what is still played from both sides:"
    ' pytest --samurai-mode=update, or `mode="update"` in `use_cassette`'
)


def merged(base: bytes, ours: bytes, theirs: bytes, directory: Path, *style: str) -> bytes:
    """What git makes of two versions of a file."""
    for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
        (directory / name).write_bytes(content)
    command = ["git", "merge-file", "-p", "-q", *style, "ours", "base", "theirs"]
    content = subprocess.run(command, cwd=directory, check=False, stdout=subprocess.PIPE).stdout
    assert b"<<<<<<< ours" in content
    return content


def recording(asked: str, answer: str, second: int = 0) -> Interaction:
    body = f'{{"model":"m","messages":[{{"role":"user","content":"{asked}"}}]}}'.encode()
    reply = f'{{"choices":[{{"message":{{"role":"assistant","content":"{answer}"}}}}]}}'.encode()
    sent_at = f"2026-01-02T03:04:{second:02}.000000Z"
    return Interaction(Request("POST", "http://h/v1/chat/completions", (), body), Reply(200, "OK", (), reply), sent_at)


A, B, C = (recording(name, f"answer to {name}") for name in "abc")
OURS, THEIRS = recording("b of ours", "ours", 1), recording("b of theirs", "theirs", 2)


@pytest.mark.parametrize("style", [[], ["--diff3"], ["--zdiff3"]])
def test_both_sides_are_in_the_union_and_what_was_there_before_is_not(tmp_path: Path, style: list[str]) -> None:
    content = merged(dump([A, B, C]), dump([A, OURS, C]), dump([A, THEIRS, C]), tmp_path, *style)
    both = both_sides(content)
    assert both == dump([A, OURS, THEIRS, C])
    assert both_sides(content.replace(b"\n", b"\r\n")) == both


def test_what_only_one_side_has_stands_where_it_stood(tmp_path: Path) -> None:
    more, most = recording("more", "1", 3), recording("most", "2", 4)
    content = merged(dump([A, C]), dump([A, more, C]), dump([A, most, C, B]), tmp_path)
    assert both_sides(content) == dump([A, more, most, C, B])


def test_the_same_recordings_in_another_order_are_each_there_once(tmp_path: Path) -> None:
    content = merged(dump([A]), dump([A, B, C]), dump([A, C, B]), tmp_path)
    both = both_sides(content)
    assert both is not None
    assert sorted(parse(both, FILE), key=repr) == sorted([A, B, C], key=repr)


def test_an_answer_that_git_has_mixed_of_both_sides_is_left_out(tmp_path: Path) -> None:
    base = recording("a", "one two", 0)
    text = dump([base]).replace(b"one two", b"one\ntwo")
    assert text == dump([base]).replace(b"one two", b"one\ntwo")
    ours, theirs = recording("a", "three", 1), recording("a", "four", 2)
    content = merged(dump([base]), dump([ours]), dump([theirs]), tmp_path)
    # Somebody settles part of it by hand: the body is one side's, and the rest is still in conflict.
    mixed = content.replace(b"three", b"five")
    both = both_sides(mixed)
    assert both == dump([theirs])


def test_where_git_has_mixed_all_nothing_is_left_and_the_marks_stay_until_something_takes_its_place(
    tmp_path: Path,
) -> None:
    # Lines of a text far from each other: git takes each side's change, and only the seals are in conflict.
    lines = [f"{number}.\\n" for number in range(9)]
    changed = (["0 of ours.\\n", *lines[1:]], [*lines[:8], "8 of theirs.\\n"])
    base, ours, theirs = (dump([recording("".join(text) + "End.", "the same")]) for text in (lines, *changed))
    content = merged(base, ours, theirs, tmp_path)
    assert both_sides(content) == dump([])
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    update(path, lambda recorded: recorded, settles=True)
    assert path.read_bytes() == content
    update(path, lambda recorded: [*recorded, A], settles=True)
    assert load(path) == [A]


def test_what_was_edited_by_hand_beside_a_conflict_stays_edited(tmp_path: Path) -> None:
    edited = dump([A]).replace(b"answer to a", b"edited")
    body = edited.removesuffix(b"version: 1\n")
    ours, theirs = (body + dump([each]).partition(b"interactions:\n")[2] for each in (OURS, THEIRS))
    both = both_sides(merged(edited, ours, theirs, tmp_path))
    assert both is not None
    first, *others = parse(both, FILE)
    assert (first.edited, b"edited" in first.reply.body, others) == (True, True, [OURS, THEIRS])


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content.replace(b"=======\n", b""),
        lambda content: content.replace(b"# Recorded", b"# Written"),
        lambda content: content.replace(b"version: 1\n", b""),
    ],
    ids=["a mark is missing", "of another tool", "cut off"],
)
def test_what_cannot_be_told_apart_is_left_to_people(tmp_path: Path, broken: object) -> None:
    assert callable(broken)
    content = broken(merged(dump([A, B]), dump([A, OURS]), dump([A, THEIRS]), tmp_path))
    assert both_sides(content) is None
    with pytest.raises(CassetteError, match="the marks of a merge conflict; keep one side, or both in turn$"):
        parse(content, FILE)
    assert both_sides(dump([A])) is None


def test_without_the_mode_the_marks_are_an_error_that_advises_it(tmp_path: Path) -> None:
    content = merged(dump([A, B]), dump([A, OURS]), dump([A, THEIRS]), tmp_path)
    with pytest.raises(CassetteError) as caught:
        parse(content, FILE)
    number = content[: content.index(b"<<<<<<<")].count(b"\n") + 1
    assert str(caught.value) == f"a.yaml:{number}: {SETTLED}"


def test_what_a_shelf_has_read_of_both_sides_is_for_those_alone_who_settle_it(tmp_path: Path) -> None:
    path, shelf = tmp_path / "a.yaml", Shelf()
    path.write_bytes(merged(dump([A, B]), dump([A, OURS]), dump([A, THEIRS]), tmp_path))
    import os

    os.utime(path, (1, 1))
    assert list(shelf.load(path, settles=True).recordings) == [A, OURS, THEIRS]
    assert shelf.load(path, settles=True).in_conflict
    with pytest.raises(CassetteError, match="merge conflict"):
        shelf.load(path)


# --- as a user meets them

TEST = """
@pytest.mark.samurai
def test_it(samurai_client):
    for question in {}: ask(samurai_client, question)
    assert {}
"""


LONGER = "b of ours, which is longer"


class Merge:
    """Two branches of a project, each brought up to date, and merged with conflicts."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._root = project.pytester.path
        self._files: list[dict[Path, bytes]] = []

    def version(self, text: str, *arguments: str) -> None:
        """Write and record a version of the tests: first the old one, then those of the two branches."""
        if len(self._files) > 1:
            self._put(self._files[0])
        self.project.tests(text)
        result = self.project.run(f"--samurai-mode={'update' if self._files else 'once'}", *arguments)
        assert result.ret == pytest.ExitCode.OK
        files = [*(self._root / "cassettes").rglob("*.yaml"), self._root / "samurai.lock"]
        self._files.append({path: path.read_bytes() for path in files if path.exists()})

    def merge(self, *style: str) -> list[str]:
        """Merge the two versions. Returns the names of the files in conflict."""
        base, ours, theirs = self._files
        scratch = self._root.parent / f"{self._root.name}.merge"
        scratch.mkdir(exist_ok=True)
        conflicts = []
        for path in ours:
            if ours[path] != theirs[path]:
                path.write_bytes(merged(base[path], ours[path], theirs[path], scratch, *style))
                conflicts.append(path.name)
        return sorted(conflicts)

    def _put(self, files: dict[Path, bytes]) -> None:
        for path, content in files.items():
            path.write_bytes(content)


@pytest.fixture
def merge(project: Project) -> Merge:
    return Merge(project)


@pytest.mark.parametrize("style", [[], ["--diff3"]], ids=["merge", "diff3"])
@pytest.mark.parametrize(
    ("questions", "live", "counts"),
    [
        (["a", "b of both", "c"], 1, "2 replayed, 1 recorded, 2 dropped"),
        (["a", LONGER, "c"], 0, "3 replayed, 0 recorded, 1 dropped"),
        (["a", "b of theirs", LONGER, "c"], 0, "4 replayed, 0 recorded, 0 dropped"),
    ],
)
def test_two_branches_that_were_both_brought_up_to_date_are_settled_by_the_command_that_is_advised(
    merge: Merge, style: list[str], questions: list[str], live: int, counts: str
) -> None:
    for version in ("b", LONGER, "b of theirs"):
        merge.version(TEST.format(["a", version, "c"], True), "--samurai-update")
    assert merge.merge(*style) == ["samurai.lock", "test_it.yaml"]
    project = merge.project
    project.tests(TEST.format(questions, True))
    sent = project.server.requests
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    [line] = [line for line in result.errlines if "merge conflict" in line]
    advised = line.partition("where they differ: pytest ")[2]
    assert advised == "--samurai-mode=update --samurai-update"
    result = project.run(*shlex.split(advised))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["samurai: samurai.lock: *its merge conflict is resolved", f"samurai: mode update: {counts}"]
    )
    assert project.server.requests == sent + live
    root = project.pytester.path
    for path in (root / "cassettes" / "test_it" / "test_it.yaml", root / "samurai.lock"):
        assert b"<<<<<<<" not in path.read_bytes()
    project.offline()
    result = project.run("--samurai-mode=none")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*by hand*")


def test_a_cassette_in_conflict_fails_its_test_with_the_command_and_no_other_test(merge: Merge) -> None:
    other = "\n@pytest.mark.samurai\ndef test_other(samurai_client): ask(samurai_client)\n"
    for version in ("b", "b of ours", "b of theirs"):
        merge.version(TEST.format(["a", version], True) + other)
    assert merge.merge() == ["test_it.yaml"]
    result = merge.project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*/cassettes/test_it/test_it.yaml:*: {SETTLED}"])
    merge.project.run("--samurai-mode=update").assert_outcomes(passed=2)
    merge.project.run("--samurai-mode=none").assert_outcomes(passed=2)


def test_a_failed_test_leaves_the_marks_unless_it_has_paid_for_something(merge: Merge) -> None:
    for version in ("b", "b of ours", "b of theirs"):
        merge.version(TEST.format(["a", version], True))
    merge.merge()
    path = merge.project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    before = path.read_bytes()
    merge.project.tests(TEST.format(["a"], False))
    merge.project.run("--samurai-mode=update").assert_outcomes(failed=1)
    assert path.read_bytes() == before
    merge.project.tests(TEST.format(["a", "b of both"], False))
    merge.project.run("--samurai-mode=update").assert_outcomes(failed=1)
    assert len(load(path)) == 4


def test_a_shared_cassette_in_conflict_is_settled_by_a_full_run(merge: Merge) -> None:
    text = """
@pytest.mark.samurai("shared")
@pytest.mark.parametrize("question", {})
def test_it(samurai_client, question): ask(samurai_client, question)
"""
    for version in ("b", "b of ours", "b of theirs"):
        merge.version(text.format(["a", version, "c"]))
    assert merge.merge() == ["shared.yaml"]
    merge.project.tests(text.format(["a", "b of ours", "c"]))
    sent = merge.project.server.requests
    result = merge.project.run("--samurai-mode=update", "-n", "2")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["samurai: mode update: 3 replayed, 0 recorded, 1 dropped"])
    assert merge.project.server.requests == sent
    merge.project.run("--samurai-mode=none").assert_outcomes(passed=3)


def test_a_row_that_differs_and_that_no_run_has_earned_is_named_until_one_has(merge: Merge) -> None:
    other = "\n@pytest.mark.samurai\ndef test_other(samurai_client): ask(samurai_client, {!r})\n"
    for version in ("b", LONGER, "b of theirs"):
        merge.version(TEST.format(["a", version], True) + other.format(version), "--samurai-update")
    assert merge.merge() == ["samurai.lock", "test_it.yaml", "test_other.yaml"]
    merge.project.tests(TEST.format(["a", "b of theirs"], True) + other.format("b of theirs"))
    command = ("--samurai-mode=update", "--samurai-update")
    result = merge.project.run(*command, "-k", "not other")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "samurai: samurai.lock: 1 changed, its merge conflict is resolved,"
            " changed by hand, and not by this run: test_it.py::test_other"
        ]
    )
    result = merge.project.run(*command)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["samurai: samurai.lock: 1 changed"])


def test_a_block_is_settled_as_a_test_is(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    def asked(mode: str, *contents: str) -> Recorder:
        recorder = opened(path, mode)
        for content in contents:
            answered(recorder, content)
        recorder.close()
        return recorder

    versions = []
    for content in ("b", "b of ours", "b of theirs"):
        path.unlink(missing_ok=True)
        asked("once", "a", content)
        versions.append(path.read_bytes())
    first = dump([load(path)[0]]).removesuffix(b"version: 1\n")
    tails = [dump([parse(version, path)[1]]).partition(b"interactions:\n")[2] for version in versions]
    base, ours, theirs = (first + tail for tail in tails)
    path.write_bytes(merged(base, ours, theirs, tmp_path))
    assert asked("update", "a", "b of ours").dropped == 1
    assert [content for content, _ in asked_and_got(path)] == ["a", "b of ours"]
