"""`check --fix` cuts secrets out of our own cassettes, adds what varies to the ini file, and changes nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_samurai import cassette
from pytest_samurai.files import whole
from pytest_samurai.wire import Chunk
from tests.commands.test_check import GITHUB, KEY, ODD, OURS, URL, interaction, run, write
from tests.commands.test_check_noise import journal
from tests.project import Project

PLAIN = "hunter2-hunter2-hunter2"
UUID = "123e4567-e89b-42d3-a456-426614174000"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("cassettes", "tmp"):
        (tmp_path / name).mkdir()


def test_a_secret_is_cut_out_and_every_other_byte_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_API_KEY", PLAIN)
    keyed = interaction(f"My key: {KEY}", reply=json.dumps({"a": PLAIN}).encode())
    path = write(interaction("Hi"), keyed, interaction())
    before = path.read_text()
    at = [number for number, line in enumerate(before.splitlines(), 1) if line == "- request:"][1]
    assert run(capsys, "--fix") == (
        0,
        [
            f"{OURS}:{at}: fixed: SAM102 a key (sk-...) in the request body",
            f"{OURS}:{at}: fixed: SAM101 the value of SAMURAI_API_KEY in the reply body",
            "1 cassette, 3 interactions: 2 fixed, 0 findings",
        ],
    )
    after = path.read_text()
    seals = [re.findall("seal: (.*)", text) for text in (before, after)]
    assert [old == new for old, new in zip(*seals, strict=True)] == [True, False, True]
    meant = before.replace(KEY, "[REDACTED]").replace(PLAIN, "[REDACTED]").replace(seals[0][1], seals[1][1])
    assert after == meant
    # This is the tool's own edit, not one by hand.
    assert not any(each.edited for each in cassette.load(path))
    assert run(capsys, "--fix") == (0, ["1 cassette, 3 interactions: 0 fixed, 0 findings"])
    assert path.read_text() == after


def test_a_stream_a_url_a_header_and_a_rule_are_cut_as_they_are_when_they_are_recorded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events = [
        b"data: %b\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode()
        for text in ("It is sk-samurai-", "0123456789", "abcdefghij.")
    ]
    path = write(
        interaction(
            "From me@example.com",
            url=f"{URL}?api_key={ODD}",
            headers=(("x-note", "mine"), ("authorization", f"Bearer {ODD}"), ("content-type", "application/json")),
            reply=b"".join(events),
            chunks=tuple(Chunk(len(event), 0.5) for event in events),
            reply_headers=(("x-mine", f"yes {GITHUB}"), ("set-cookie", f"session={ODD}")),
        )
    )
    assert run(capsys, "--fix", "--redact=email")[1][-1] == "1 cassette, 1 interaction: 6 fixed, 0 findings"
    [found] = cassette.load(path)
    assert found.request.url == f"{URL}?api_key=[REDACTED]"
    # Only headers that consist of nothing but a key are lost.
    assert found.request.headers == (("x-note", "mine"), ("content-type", "application/json"))
    assert found.reply.headers == (("x-mine", "yes [REDACTED]"),)
    assert b"From [REDACTED]" in found.request.body
    assert found.reply.body.count(b"data: ") == 3
    assert [chunk.at for chunk in found.reply.chunks or ()] == [0.5] * 3
    assert sum(chunk.length for chunk in found.reply.chunks or ()) == len(found.reply.body)


def test_what_was_edited_stays_marked_and_what_had_no_seal_gets_one(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction(f"Hi {KEY}"), interaction(f"Ho {GITHUB}"), interaction("Hu"))
    first, second, third = path.read_text().split("- request:\n")[1:]
    head = path.read_text().partition("- request:\n")[0]
    second = re.sub("seal: .*", "seal: none", second).replace("code: 200", "code: 201")
    third = re.sub("seal: .*", "seal: none", third)
    path.write_text("- request:\n".join([head, first.replace('"Hi', '"Hello'), second, third]))
    assert run(capsys, "--fix", "--ignore=SAM4") == (
        0,
        [
            f"{OURS}:3: fixed: SAM102 a key (sk-...) in the request body",
            f"{OURS}:{head.count(chr(10)) + first.count(chr(10)) + 2}: fixed: SAM102 a GitHub token (ghp_...)"
            " in the request body",
            "1 cassette, 3 interactions: 2 fixed, 0 findings",
        ],
    )
    text = path.read_text()
    assert (text.count("edited: true"), text.count("seal: none"), "Hello [REDACTED]" in text) == (2, 1, True)
    # What was not touched is unchanged, including its missing seal.
    assert text.endswith(f"- request:\n{third}")
    assert [each.unsealed for each in cassette.load(path)] == [False, False, True]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda text: text.partition("\n")[2],
            f"{OURS}: another tool wrote this file; `pytest-samurai import {OURS}` takes the secrets out",
        ),
        (
            lambda text: text.replace("\n", "\r\n", 3),
            f"{OURS}: a formatter has rewritten this file; take the secrets out by hand, or record it again",
        ),
        (
            lambda text: f"---\n{text}",
            f"{OURS}: a formatter has rewritten this file; take the secrets out by hand, or record it again",
        ),
        (
            lambda text: text.replace('"user",', '"user",\n       '),
            f"{OURS}: interaction 1 was edited, and cannot be written again as it is; take the secrets out by hand,"
            " or record it again",
        ),
        (
            lambda text: re.sub("seal: .*", "seal: none  # mine", text),
            f"{OURS}: interaction 1 was edited, and cannot be written again as it is; take the secrets out by hand,"
            " or record it again",
        ),
        (lambda text: text[:-20], f"{OURS}: cannot be read, so nothing was cut out"),
    ],
    ids=["another tool", "mixed line ends", "formatter", "layout", "comment", "damage"],
)
def test_what_would_lose_what_others_wrote_is_refused_and_said(
    change: object, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(interaction(f"My key: {KEY}"))
    path.write_bytes(change(path.read_text()).encode())  # type: ignore[operator]  # one of the functions above
    before = path.read_bytes()
    status, lines = run(capsys, "--fix", "--ignore=SAM4")
    assert status == 1
    assert [line for line in lines if line.startswith("not fixed: ")] == [f"not fixed: {reason}"]
    assert lines[-1].split(": ")[1].startswith("0 fixed, ")
    assert path.read_bytes() == before
    assert f"not fixed: {reason}" in run(capsys, "--fix", "-q")[1]


def test_line_ends_of_git_on_windows_stay(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction(f"My key: {KEY}"), interaction())
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    lines = path.read_bytes().count(b"\r\n")
    assert run(capsys, "--fix")[0] == 0
    content = path.read_bytes()
    assert (content.count(b"\r\n"), content.count(b"\n"), b"[REDACTED]" in content) == (lines, lines, True)


def test_a_secret_beside_the_recordings_and_a_journal_are_left_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction())
    path.write_text(path.read_text().replace("interactions:\n", f"# {GITHUB}\ninteractions:\n"))
    left = journal(interaction(KEY))
    status, lines = run(capsys, "--fix")
    assert status == 1
    assert [line for line in lines if line.startswith("not fixed: ")] == [
        f"not fixed: {left}: left by a run that died, so it is not changed; the next run of its test recovers it",
        f"not fixed: {OURS}: the rest is outside of the recordings, or cannot safely be cut out; remove it by hand",
    ]
    report = json.loads("\n".join(run(capsys, "--fix", "--json")[1]))
    assert [len(report[name]) for name in ("findings", "fixed", "not_fixed")] == [2, 0, 2]


def test_an_interaction_in_which_a_secret_would_be_left_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A header with one value that is a key and another that is not: no allowed name is dropped.
    mixed = interaction(reply_headers=(("set-cookie", f"session={ODD}"), ("set-cookie", "theme=dark")))
    path = write(mixed, interaction(KEY))
    before = path.read_text()
    status, lines = run(capsys, "--fix")
    assert status == 1
    assert path.read_text().startswith(before.partition("\n- request:\n")[0])
    assert [line.split(": ")[1].split()[0] for line in lines[1:2]] == ["SAM103"]
    assert lines[-1] == "1 cassette, 2 interactions: 1 fixed, 1 finding"


def test_a_file_that_cannot_be_written_is_as_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(interaction(KEY))
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole, "write_all", refuse)
    status, lines = run(capsys, "--fix", "-q")
    assert (status, lines[1:]) == (
        1,
        [f"not fixed: {OURS}: cannot be written: No space left on device; the old file is unchanged"],
    )
    assert path.read_bytes() == before


# --- what varies


def test_what_varies_gets_its_entries_in_the_ini_file(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(f"{UUID} at /tmp/x1"))
    Path("pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    status, lines = run(capsys, "--fix")
    assert status == 0
    assert lines[2:] == [
        f"{Path.cwd()}/pytest.ini: samurai_normalize is uuid tmp_path now",
        "1 cassette, 1 interaction: 2 fixed, 0 findings",
    ]
    assert [line.split(": ")[1:3] for line in lines[:2]] == [
        ["fixed", "SAM501 advice"],
        ["fixed", "SAM503 advice"],
    ]
    assert Path("pytest.ini").read_text() == "[pytest]\nsamurai_normalize = uuid tmp_path\naddopts = -ra\n"
    assert run(capsys, "--fix") == (0, ["1 cassette, 1 interaction: 0 fixed, 0 findings"])


@pytest.mark.parametrize(
    "written",
    [
        'def samurai_config():\n    return {\n        "normalize": ["date"],\n    }\n',
        'async def samurai_config():\n    return dict(mode="once",\n        normalize=["date"])\n',
    ],
)
def test_what_goes_before_the_ini_file_is_named_and_nothing_is_said_to_be_fixed(
    capsys: pytest.CaptureFixture[str], written: str
) -> None:
    write(interaction(UUID))
    Path("pytest.ini").write_text("[pytest]\n")
    Path("conftest.py").write_text(f"import pytest\n@pytest.fixture\n{written}")
    status, lines = run(capsys, "--fix")
    assert (status, len(lines), lines[-1]) == (0, 3, "1 cassette, 1 interaction: 0 fixed, 0 findings")
    assert " SAM501 advice" in lines[0]
    assert lines[1] == "not fixed: conftest.py:5: `samurai_config` overrides the ini file; add to its `normalize`: uuid"
    assert Path("pytest.ini").read_text() == "[pytest]\n"

    Path("conftest.py").write_text(f"import pytest\n@pytest.fixture\n{written}".replace('"date"', '"date", "uuid"'))
    assert run(capsys) == (0, ["1 cassette, 1 interaction: 0 findings"])


@pytest.mark.parametrize("nearer", ["def samurai_config(): return {}\n", "def (", "other = 1\n"])
def test_the_nearest_samurai_config_counts(capsys: pytest.CaptureFixture[str], nearer: str) -> None:
    Path("cassettes/test_a").mkdir()
    write(interaction(UUID), path="cassettes/test_a/test_x.yaml")
    Path("conftest.py").write_text("def samurai_config(): return {'normalize': ['date']}\n")
    Path("pytest.ini").write_text("[pytest]\nsamurai_normalize = uuid\n")
    Path("test_a.py").write_text(nearer)
    advised = "samurai_config" not in nearer
    assert len(run(capsys)[1]) == 1 + advised


def test_without_an_ini_file_it_is_said_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(UUID))
    status, lines = run(capsys, "--fix")
    assert status == 0
    assert lines[1] == "not fixed: pytest has no ini file here; make one with `samurai_normalize = uuid`"


def test_what_was_ignored_is_not_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction(f"{KEY} {UUID}"))
    before = path.read_bytes()
    assert run(capsys, "--fix", "--ignore=SAM") == (0, ["1 cassette, 1 interaction: 0 fixed, 0 findings"])
    assert path.read_bytes() == before


def test_what_was_imported_stays_marked(capsys: pytest.CaptureFixture[str]) -> None:
    imported = replace(interaction(KEY), imported=True)
    path = write(imported)
    assert run(capsys, "--fix", "--ignore=SAM402")[0] == 0
    [found] = cassette.load(path)
    assert found == replace(imported, request=replace(imported.request, body=found.request.body))


def test_a_recording_that_was_fixed_still_answers(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.tests("""
@pytest.mark.samurai
def test_it(samurai_client): ask(samurai_client, "My note is plain-text-note-1")
""")
    project.run().assert_outcomes(passed=1)
    path = project.pytester.path / "cassettes" / "test_it" / "test_it.yaml"
    assert run(capsys, "--fix", r"--redact=plain-text-note-\d", str(path))[0] == 0
    assert "plain-text-note" not in path.read_text()
    (project.pytester.path / "pytest.ini").write_text("[pytest]\nsamurai_redact = plain-text-note-\\d\n")
    project.offline()
    project.run().assert_outcomes(passed=1)
