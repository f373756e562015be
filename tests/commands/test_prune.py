"""What the last full run did not use is listed and deleted; what it may have used is not."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai import cassette
from pytest_samurai.commands import cli, prune
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import REAL
from pytest_samurai.report.fullrun import FullRun, _digest
from pytest_samurai.report.fullrunnote import NOTE, last_full_run
from tests.project import Project

SHARED = """
@pytest.mark.samurai("shared", **OPTIONS)
@pytest.mark.parametrize("word", WORDS)
def test_shared(samurai_client, word): ask(samurai_client, word)
"""
OWN = """
@pytest.mark.samurai
def test_NAME(samurai_client): ask(samurai_client, "NAME")
"""
OTHER = "def test_other(): pass\n"


def shared(*words: str, **options: object) -> str:
    return SHARED.replace("WORDS", repr(list(words))).replace("OPTIONS", repr(options))


def own(name: str, *, decorated: str = "") -> str:
    return decorated + OWN.replace("NAME", name)


def run(project: Project, *arguments: str) -> pytest.RunResult:
    """A run with pytest's cache."""
    return project.pytester.runpytest_inprocess(*arguments)


def pruned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit status and the printed lines, without the time of the full run."""
    capsys.readouterr()
    status = cli.main(["prune", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return status, [prune_moment(line) for line in out.splitlines()]


def prune_moment(line: str) -> str:
    before, found, after = line.partition(" in the full run of ")
    return f"{before}{found}~{after[len('2026-01-30T09:14+00:00') :]}" if found else line


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        cli.main(["prune", *arguments])
    return capsys.readouterr().err


NOTHING = (0, ["nothing unused in the full run of ~"])


# --- what is found and deleted


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_what_no_test_uses_is_listed_and_then_deleted(
    project: Project, capsys: pytest.CaptureFixture[str], workers: tuple[str, ...]
) -> None:
    project.tests(shared("one", "two", "three") + own("kept") + own("gone"))
    project.tests(own("deep"), "test_gone.py")
    run(project).assert_outcomes(passed=6)
    project.tests(shared("one", "three") + own("kept"))
    (project.pytester.path / "test_gone.py").unlink()
    run(project, *workers).assert_outcomes(passed=3)
    before = project.text("shared.yaml")
    kept = project.text("test_it/test_kept.yaml")
    lines = [
        "cassettes/shared.yaml: no test played interaction 2: two",
        "cassettes/test_gone/test_deep.yaml: no test opened it",
        "cassettes/test_gone/test_deep.yaml: interaction 1: deep",
        "cassettes/test_it/test_gone.yaml: no test opened it",
        "cassettes/test_it/test_gone.yaml: interaction 1: gone",
    ]
    counts = "2 cassettes and 1 interaction"

    closing = f"{counts} unused in the full run of ~; to delete what is unused: pytest-samurai prune --write"
    assert pruned(capsys) == (1, [*lines, closing])
    assert pruned(capsys, "--write") == (0, [*lines, f"deleted {counts}"])

    assert project.cassettes() == ["shared.yaml", "test_it/test_kept.yaml"]
    assert not (project.pytester.path / "cassettes/test_gone").exists()
    assert project.text("test_it/test_kept.yaml") == kept
    # Lines were removed, and none were added.
    rest = iter(before.splitlines())
    assert all(line in rest for line in project.text("shared.yaml").splitlines())
    project.offline()
    run(project, "--samurai-mode=none", *workers).assert_outcomes(passed=3)
    assert pruned(capsys) == NOTHING


def test_a_cassette_of_which_nothing_is_played_goes_as_a_whole(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.tests(shared("one"))
    run(project).assert_outcomes(passed=1)
    project.tests('@pytest.mark.samurai("shared")\ndef test_shared(): pass\n')
    run(project).assert_outcomes(passed=1)
    line = "cassettes/shared.yaml: no test played interaction 1: one"
    assert pruned(capsys, "--write") == (0, [line, "deleted 1 cassette"])
    # The directory was otherwise empty.
    assert not (project.pytester.path / "cassettes").exists()


def test_a_secret_that_a_summary_would_cut_in_half_is_not_shown(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "Aq7" + "x1Y2" * 6
    project.tests(shared("one", f"{'a' * 70} {key}"))
    run(project).assert_outcomes(passed=2)
    project.tests(shared("one"))
    run(project).assert_outcomes(passed=1)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    status, [line, _] = pruned(capsys)
    assert (status, line) == (1, f"cassettes/shared.yaml: no test played interaction 2: {'a' * 70} [REDACTED...")


def test_what_a_test_leaves_unplayed_with_a_warning_is_listed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    test = "@pytest.mark.samurai(unused='warn')\ndef test_it(samurai_client):\n    ask(samurai_client, 'one')\n"
    project.tests(f"{test}    ask(samurai_client, 'two')")
    run(project).assert_outcomes(passed=1)
    project.tests(test)
    run(project).assert_outcomes(passed=1)
    status, [line, _] = pruned(capsys)
    assert (status, line) == (1, "cassettes/test_it/test_it.yaml: no test played interaction 2: two")
    project.tests(test.replace("warn", "ignore"))
    run(project).assert_outcomes(passed=1)
    status, [line, _] = pruned(capsys)
    assert (status, line) == (
        0,
        "cassettes/test_it/test_it.yaml: left alone: `unused` is `ignore` for test_it.py::test_it",
    )


def test_the_cassette_of_a_fixture_is_judged(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    text = """
@pytest.fixture(scope="module")
def seed():
    with httpx.Client(base_url=os.environ["SAMURAI_BASE_URL"], headers=HEADERS) as client: ask(client, "seed")

def test_it(seed, samurai): pass
""".replace("HEADERS", '{"Authorization": "Bearer " + os.environ["SAMURAI_API_KEY"]}')
    project.tests(f"import os\n{text}")
    run(project).assert_outcomes(passed=1)
    run(project).assert_outcomes(passed=1)
    assert pruned(capsys) == NOTHING
    project.tests(text.replace("seed", "other").replace(', "other")', ', "seed")').replace("ask(", "(lambda *_: 0)("))
    project.tests(f"import os\n{text.replace('ask(', '(lambda *_: 0)(')}")
    run(project).assert_outcomes(passed=1)
    status, lines = pruned(capsys, "--write")
    assert (status, lines[0]) == (0, "cassettes/test_it/fixtures/seed.yaml: no test played interaction 1: seed")
    assert project.cassettes() == []


def test_a_moved_directory_is_judged_but_not_what_lies_below_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = """
import pathlib

@pytest.fixture(scope="module")
def samurai_cassette_dir(): return pathlib.Path(__file__).parent / "data"
"""
    project.tests(moved + own("kept") + own("gone"))
    run(project).assert_outcomes(passed=2)
    data = project.pytester.path / "data"
    (data / "deep").mkdir()
    (data / "deep" / "other.yaml").write_bytes((data / "test_gone.yaml").read_bytes())
    (data / "settings.yaml").write_text("answer: 42\n")
    project.tests(moved + own("kept"))
    run(project).assert_outcomes(passed=1)
    status, lines = pruned(capsys, "--write")
    assert status == 0
    assert lines == [
        "data/test_gone.yaml: no test opened it",
        "data/test_gone.yaml: interaction 1: gone",
        "deleted 1 cassette",
    ]
    assert sorted(path.name for path in data.rglob("*.yaml")) == ["other.yaml", "settings.yaml", "test_kept.yaml"]


# --- what is left alone


@pytest.mark.parametrize(
    ("decorated", "outcome"),
    [
        ("@pytest.mark.skip", "skipped"),
        ("@pytest.mark.xfail(run=False)", "xfailed"),
    ],
)
def test_the_cassettes_of_a_test_that_did_not_begin_are_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str], decorated: str, outcome: str
) -> None:
    project.tests(own("kept") + own("away") + own("gone") + shared("one", "two"))
    run(project).assert_outcomes(passed=5)
    text = own("kept") + own("away", decorated=decorated) + shared("one")
    project.tests(f'{text}\n{decorated}\n@pytest.mark.samurai("shared")\ndef test_rest(): pass\n')
    result = run(project)
    result.assert_outcomes(passed=2, **{outcome: 2})
    result.stdout.no_fnmatch_line("*no test played*")
    assert pruned(capsys)[1] == [
        "cassettes/shared.yaml: left alone: test_it.py::test_rest, which may use it, was skipped",
        "cassettes/test_it/test_away.yaml: left alone: test_it.py::test_away, which may use it, was skipped",
        "cassettes/test_it/test_gone.yaml: no test opened it",
        "cassettes/test_it/test_gone.yaml: interaction 1: gone",
        "1 cassette unused in the full run of ~, 2 files left alone; to delete what is unused:"
        " pytest-samurai prune --write",
    ]


def test_the_cassette_of_a_fixture_of_a_skipped_test_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.tests(own("kept") + own("seed") + own("gone"))
    run(project).assert_outcomes(passed=3)
    root = project.pytester.path / "cassettes/test_it"
    (root / "fixtures").mkdir()
    for name in ("seed", "gone"):
        (root / f"test_{name}.yaml").rename(root / "fixtures" / f"{name}.yaml")
    project.tests(
        own("kept")
        + '@pytest.fixture(scope="module")\ndef seed(): pass\n'
        + "@pytest.mark.skip\ndef test_a(seed, samurai): pass"
    )
    run(project).assert_outcomes(passed=1, skipped=1)
    assert pruned(capsys)[1][:2] == [
        "cassettes/test_it/fixtures/seed.yaml: left alone: test_it.py::test_a, which may use it, was skipped",
        "cassettes/test_it/fixtures/gone.yaml: no test opened it",
    ]


@pytest.mark.parametrize(
    ("end", "outcome"),
    [("pytest.skip()", "skipped"), ("pytest.xfail()", "xfailed")],
)
def test_what_a_test_that_stopped_on_its_way_had_before_it_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str], end: str, outcome: str
) -> None:
    test = "@pytest.mark.samurai('shared')\ndef test_it(samurai_client):\n    END\n    ask(samurai_client)\n"
    project.tests(test.replace("END", "pass"))
    run(project).assert_outcomes(passed=1)
    project.tests(test.replace("END", end))
    run(project).assert_outcomes(**{outcome: 1})
    status, [line, _] = pruned(capsys)
    assert (status, line) == (0, "cassettes/shared.yaml: left alone: test_it.py::test_it did not run to its end")


@pytest.mark.parametrize("mode", ["all", "live"])
def test_what_a_test_in_a_mode_that_does_not_replay_has_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    project.tests(shared("one", "two"))
    run(project).assert_outcomes(passed=2)
    project.tests(
        shared("one", "two")
        + '@pytest.mark.samurai("shared", mode="MODE")\ndef test_it(): pass\n'.replace("MODE", mode)
    )
    run(project).assert_outcomes(passed=3)
    assert pruned(capsys) == NOTHING
    project.tests(
        shared("one") + '@pytest.mark.samurai("shared", mode="MODE")\ndef test_it(): pass\n'.replace("MODE", mode)
    )
    run(project).assert_outcomes(passed=2)
    assert pruned(capsys)[1][0] == f"cassettes/shared.yaml: left alone: test_it.py::test_it ran in mode {mode}"


def test_what_use_cassette_opens_within_a_test_is_used(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.tests(own("one"))
    run(project).assert_outcomes(passed=1)
    project.tests("""
from pytest_samurai import use_cassette
def test_it():
    with use_cassette("cassettes/test_it/test_one.yaml", mode="none", unused="ignore"): pass
    with use_cassette("cassettes/test_it/not_there.yaml"): pass
""")
    run(project).assert_outcomes(passed=1)
    assert pruned(capsys) == NOTHING


def test_what_changed_or_came_since_is_left_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.tests(own("kept") + own("gone") + shared("one", "two"))
    run(project).assert_outcomes(passed=4)
    project.tests(own("kept") + shared("one"))
    run(project).assert_outcomes(passed=2)
    root = project.pytester.path / "cassettes"
    for name in ("test_it/test_gone.yaml", "shared.yaml"):
        path = root / name
        path.write_text(path.read_text().replace('"two"', '"zwei"').replace('"gone"', '"went"'))
    (root / "new.yaml").write_bytes((root / "test_it/test_kept.yaml").read_bytes())
    since = "left alone: it has changed since the last full run"
    assert pruned(capsys, "--write") == (
        0,
        [
            "cassettes/new.yaml: left alone: it is newer than the last full run",
            f"cassettes/shared.yaml: {since}",
            f"cassettes/test_it/test_gone.yaml: {since}",
            "deleted nothing, 3 files left alone",
        ],
    )


def test_what_the_run_itself_wrote_is_judged_by_the_next(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    test = 'def test_more(samurai_client): ask(samurai_client, "more")'
    text = f'@pytest.mark.samurai("shared", mode="new_episodes")\n{test}'
    project.tests(shared("one", "two"))
    run(project).assert_outcomes(passed=2)
    project.tests(shared("one") + text)
    run(project).assert_outcomes(passed=2)
    line = "cassettes/shared.yaml: left alone: it was written in the last full run itself"
    assert pruned(capsys) == (0, [line, "nothing unused in the full run of ~, 1 file left alone"])
    run(project).assert_outcomes(passed=2)
    assert pruned(capsys)[1][0] == "cassettes/shared.yaml: no test played interaction 2: two"


def test_a_file_that_the_run_could_not_read_is_left_alone_for_that_reason(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    project.tests(shared("one", "two"))
    run(project).assert_outcomes(passed=2)
    project.tests(shared("one"))
    run(project).assert_outcomes(passed=1)
    unreadable = tmp_path / "cassette.yaml"
    unreadable.mkdir()
    assert _digest(unreadable, datetime.now(UTC) + timedelta(days=1)) is None
    note = Path(".pytest_cache/v") / NOTE
    full = json.loads(note.read_text())
    full["files"] = dict.fromkeys(full["files"])
    note.write_text(json.dumps(full))
    line = "cassettes/shared.yaml: left alone: it could not be read in the last full run"
    assert pruned(capsys)[1][0] == line


def test_files_that_are_no_cassettes_of_ours_are_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.tests(own("kept") + own("gone"))
    run(project).assert_outcomes(passed=2)
    project.tests(own("kept"))
    root = project.pytester.path / "cassettes"
    gone = root / "test_it/test_gone.yaml"
    text = gone.read_text()
    (root / "damaged.yaml").write_text(text[:400])
    (root / "settings.yaml").write_text("answer: 42")
    (root / "notes.txt").write_text("mine")
    (root / "test_it/test_gone.yaml.0123abcd.new.journal").write_text(text)
    # In vcrpy's layout.
    head, _, _ = text.partition("    samurai:")
    gone.write_text(head.partition("\n")[2] + "version: 1\n")
    if sys.platform != "win32":
        (root / "link.yaml").symlink_to(gone)
    run(project).assert_outcomes(passed=1)
    status, lines = pruned(capsys, "--write")
    assert status == 0
    assert lines[0].startswith("cassettes/damaged.yaml:")
    assert lines[0].endswith("; left alone")
    assert lines[1:] == [
        "cassettes/test_it/test_gone.yaml: left alone: another tool wrote it, and may use it",
        "deleted nothing, 2 files left alone",
    ]


def test_a_file_that_cannot_be_read_fails_no_run_and_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(own("kept") + own("gone"))
    run(project).assert_outcomes(passed=2)
    project.tests(own("kept"))
    run(project).assert_outcomes(passed=1)
    read, open_ = Path.read_bytes, REAL.open

    def refuse(path: str | os.PathLike[str]) -> None:
        if os.fspath(path).endswith("test_gone.yaml"):
            raise PermissionError(13, os.strerror(13))

    def read_bytes(path: Path) -> bytes:
        refuse(path)
        return read(path)

    def opened(path: str, *flags: Any) -> int:
        refuse(path)
        return open_(path, *flags)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    monkeypatch.setattr(REAL, "open", opened)
    line = "cassettes/test_it/test_gone.yaml: cannot be read: Permission denied; left alone"
    assert pruned(capsys)[1][0] == line
    run(project).assert_outcomes(passed=1)
    assert pruned(capsys)[1][0] == line


def test_a_prompt_is_shown_without_secrets_and_controls(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(own("kept") + own("gone"))
    run(project).assert_outcomes(passed=2)
    project.tests(own("kept"))
    path = project.pytester.path / "cassettes/test_it/test_gone.yaml"
    path.write_text(path.read_text().replace('"gone"', r'"hunter2-hunter2 \u001b[31m"'))
    run(project).assert_outcomes(passed=1)
    monkeypatch.setenv("MY_API_KEY", "hunter2-hunter2")
    assert pruned(capsys)[1][1] == r"cassettes/test_it/test_gone.yaml: interaction 1: [REDACTED] \x1b[31m"


# --- what makes a run a full one


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-k", "one"], "1 of its tests were deselected"),
        (["-m", "samurai"], "1 of its tests were deselected"),
        (["--deselect", "test_it.py::test_other"], "1 of its tests were deselected"),
        (["-k", "one", "-n", "1"], "1 of its tests were deselected"),
        (["-k", "one", "-n", "2"], "1 of its tests were deselected"),
        (["--lf"], "--lf was given"),
        (["--ignore", "test_b.py"], "--ignore was given"),
        (["--ignore-glob", "*b.py"], "--ignore-glob was given"),
        (["test_it.py"], "paths were given"),
        (["--setup-plan"], "--setup-plan was given"),
        (["--setup-only"], "--setup-only was given"),
        (["--collect-only"], "--collect-only was given"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_run_that_is_not_full_makes_nothing_look_unused(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    project.tests(own("one") + OTHER)
    project.run().assert_outcomes(passed=2)
    run(project, *arguments)
    assert f"no full run is noted yet, and the last run was not full: {why}; " in refused(capsys)


@pytest.mark.parametrize(
    ("text", "arguments", "why"),
    [
        ("def test_fails(): assert False", [], "it did not pass"),
        ("def test_fails(): assert False\n" + OTHER, ["-x"], "it did not pass"),
        ("def test_error(unknown): pass", [], "it did not pass"),
        ("pytest.skip(allow_module_level=True)", [], "test_b.py was skipped as a whole"),
        ("pytest.skip(allow_module_level=True)", ["-n", "1"], "test_b.py was skipped as a whole"),
        ("def test_exit(): pytest.exit('enough', 0)\n" + OTHER, [], "it ended before 2 of its tests had run"),
    ],
)
def test_nor_does_one_that_failed_or_stopped_or_skipped_a_module(
    project: Project, capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], why: str
) -> None:
    project.tests(own("one"), "test_a.py")
    project.run().assert_outcomes(passed=1)
    project.tests(text, "test_b.py")
    run(project, *arguments)
    assert f"the last run was not full: {why}; run all tests with `pytest`" in refused(capsys)


def test_nor_does_one_that_was_started_below_the_root_directory(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pytester.makeini("[pytest]")
    (project.pytester.path / "below").mkdir()
    project.tests(own("one"), "below/test_it.py")
    monkeypatch.chdir(project.pytester.path / "below")
    run(project).assert_outcomes(passed=1)
    monkeypatch.chdir(project.pytester.path)
    assert "the last run was not full: it was not started in pytest's root directory; " in refused(capsys)


def test_a_plugin_that_drops_tests_without_a_word_makes_no_full_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.pytester.makeconftest("def pytest_collection_modifyitems(items): del items[1:]")
    project.tests(own("one") + OTHER)
    run(project).assert_outcomes(passed=1)
    assert "the last run was not full: 1 of its tests were deselected; " in refused(capsys)


def test_what_a_later_part_of_the_tests_plays_counts_too(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.tests(own("gone") + shared("one", "two"))
    run(project).assert_outcomes(passed=3)
    project.tests(shared("one"))
    run(project).assert_outcomes(passed=1)
    assert len(pruned(capsys)[1]) == 4
    project.tests(own("gone") + shared("two"))
    run(project, "-k", "gone").assert_outcomes(passed=1, deselected=1)
    assert pruned(capsys)[1][:-1] == ["cassettes/shared.yaml: no test played interaction 2: two"]
    run(project, "test_it.py").assert_outcomes(passed=2)
    assert pruned(capsys) == NOTHING


# --- the note


def test_without_a_note_it_refuses(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.tests(own("one"))
    project.run().assert_outcomes(passed=1)
    error = refused(capsys)
    assert "no full run is noted in .pytest_cache/v/samurai/full_run: run all tests with `pytest`" in error
    assert "(for another cache directory, use --cache-dir; `-p no:cacheprovider` keeps no note)" in error
    run(project, "-o", "cache_dir=elsewhere").assert_outcomes(passed=1)
    assert "no full run is noted in" in refused(capsys)
    assert pruned(capsys, "--cache-dir=elsewhere") == NOTHING


def test_a_suite_without_cassettes_writes_no_note(project: Project) -> None:
    project.tests(OTHER)
    run(project).assert_outcomes(passed=1)
    assert not (project.pytester.path / ".pytest_cache/v/samurai").exists()


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("{", "full_run cannot be read (Expecting property name"),
        ("[]", "full_run was written by another version: "),
        ('{"plays": [], "absent": [], "more": 1}', "full_run was written by another version: "),
    ],
)
def test_a_note_that_is_none_is_refused(tmp_path: Path, note: str, why: str) -> None:
    (tmp_path / "v" / NOTE).parent.mkdir(parents=True)
    (tmp_path / "v" / NOTE).write_text(note)
    with pytest.raises(SettingsError) as caught:
        last_full_run(tmp_path)
    assert why in str(caught.value)


@pytest.mark.parametrize("mode", ["all", "live"])
def test_a_full_run_that_did_not_replay_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    project.tests(own("one"))
    run(project).assert_outcomes(passed=1)
    run(project, f"--samurai-mode={mode}").assert_outcomes(passed=1)
    assert f"the last full run was in mode {mode}, which plays nothing: run all tests" in refused(capsys)


# --- deletion


@pytest.fixture
def unused(project: Project) -> tuple[prune.Unused, prune.Unused, FullRun]:
    """An unused interaction and an unused cassette, and the run that shows it."""
    project.tests(own("gone") + shared("one", "two"))
    run(project).assert_outcomes(passed=3)
    project.tests(shared("one"))
    run(project).assert_outcomes(passed=1)
    full = last_full_run(Path(".pytest_cache"))
    interaction, whole = prune.judge(full, Path(), environ={}).unused
    return interaction, whole, full


def test_what_changes_while_it_is_judged_is_not_deleted(
    unused: tuple[prune.Unused, prune.Unused, FullRun],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    interaction, whole, full = unused
    judged = prune.judge(full, Path(), environ={})
    for one in (interaction, whole):
        cassette.save(one.path, [replace(item, recorded_at=None) for item in one.interactions])
    before = [one.path.read_bytes() for one in (interaction, whole)]
    monkeypatch.setattr("pytest_samurai.commands.cli.prune.judge", lambda *_, **__: judged)
    status, lines = pruned(capsys, "--write")
    assert status == 1
    assert lines[-3:] == [
        "cassettes/shared.yaml: changed while it was being checked; left alone",
        "cassettes/test_it/test_gone.yaml: changed while it was being checked; left alone",
        "deleted nothing",
    ]
    assert [one.path.read_bytes() for one in (interaction, whole)] == before


def test_a_file_that_cannot_be_deleted_is_an_error_that_says_why(
    unused: tuple[prune.Unused, prune.Unused, FullRun],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(path: Path) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "unlink", fail)
    status, lines = pruned(capsys, "--write")
    assert (status, lines[-2:]) == (
        1,
        ["cassettes/test_it/test_gone.yaml: cannot be deleted: Permission denied", "deleted 1 interaction"],
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_directory_and_a_cassette_may_be_links(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    root = project.pytester.path
    (root / "elsewhere").mkdir()
    (root / "cassettes").symlink_to("elsewhere")
    project.tests(own("kept") + shared("one") + own("gone"))
    run(project).assert_outcomes(passed=3)
    (root / "elsewhere/shared.yaml").rename(root / "elsewhere/real.yaml")
    (root / "elsewhere/shared.yaml").symlink_to("real.yaml")
    project.tests(own("kept") + shared("one"))
    run(project).assert_outcomes(passed=2)
    assert pruned(capsys)[1][:-1] == [
        "elsewhere/test_it/test_gone.yaml: no test opened it",
        "elsewhere/test_it/test_gone.yaml: interaction 1: gone",
    ]


def test_a_note_is_json_that_comes_back_equal(unused: tuple[prune.Unused, prune.Unused, FullRun]) -> None:
    full = unused[2]
    assert FullRun.from_json(json.loads(json.dumps(full.as_json()))) == full


@pytest.mark.parametrize("after", ["", "def test_after(): pass\n"])
def test_a_first_cassette_that_a_test_itself_imports_a_recorder_for_counts_too(project: Project, after: str) -> None:
    text = """
import os, sys

def test_before(): pass

def test_opens():
    assert not {"httpx", "httpx2", "pytest_samurai.intercept"} & sys.modules.keys()
    import httpx
    from pytest_samurai import use_cassette
    with use_cassette("cassettes/opened.yaml"):
        url = os.environ["SAMURAI_BASE_URL"] + "/chat/completions"
        body = {"model": "samurai-small", "messages": [{"role": "user", "content": "Hello"}]}
        httpx.post(url, json=body, headers={"Authorization": "Bearer KEY"})
"""
    path = project.pytester.path / "test_it.py"
    path.write_text(text + after, encoding="utf-8")
    project.pytester.runpytest_subprocess("-p", "cacheprovider").assert_outcomes(passed=3 if after else 2)
    note = json.loads((project.pytester.path / ".pytest_cache/v/samurai/full_run").read_text())
    assert [play.cassette for play in FullRun.from_json(note).plays] == ["cassettes/opened.yaml"]


def test_it_works_in_any_directory_below_the_root(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tests(own("mine") + own("gone"))
    run(project)
    project.tests(own("mine"))
    run(project)
    (project.pytester.path / "deep").mkdir()
    monkeypatch.chdir(project.pytester.path / "deep")
    status, lines = pruned(capsys)
    assert (status, lines[0]) == (1, "cassettes/test_it/test_gone.yaml: no test opened it")
    assert pruned(capsys, "--write")[0] == 0
    assert project.cassettes() == ["test_it/test_mine.yaml"]
