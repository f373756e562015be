"""The cassette that a marker names: a file name that works on every system, and belongs to no other name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.cassette.naming import cassette_name, named_cassette, placed_cassette, safe_cassette
from pytest_samurai.errors import SettingsError
from tests.project import Project

NAMES = st.text("aAcoCO.:/~ -\u00e9e\u0301\x1b\n", min_size=1, max_size=6) | st.sampled_from(
    ["con", "nul.x", "Com1", "name", "Name", "a/Name", "A/name", "name.yml", "name.yaml", "name.YAML"]
)
DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def safe(name: str) -> Path | None:
    """Where the cassette with a name is; None for an invalid name."""
    try:
        return safe_cassette(named_cassette(name))
    except SettingsError:
        return None


@given(NAMES)
@example("con")
@example("aux/a")
@example("lpt1.txt")
@example("a. /b")
@example("x" * 200)
@example(f"{'x' * 300}/a")
def test_every_name_can_be_a_file_on_every_system(name: str) -> None:
    for part in getattr(safe(name), "parts", ()):
        assert re.fullmatch(r"[A-Za-z0-9_.,=+\-\[\]~]{0,204}[A-Za-z0-9_,=+\-\[\]~]", part)
        assert not DEVICES.match(part)


@given(NAMES, NAMES)
@example("Name", "name")
@example("A/x", "a/x")
@example("a:b", "a-b")
@example("\u00e9", "e\u0301")
@example("a ", "a")
def test_two_names_never_share_a_file_even_on_a_file_system_without_case(one: str, other: str) -> None:
    first, second = safe(one), safe(other)
    if first is not None and second is not None:
        alike = str(first).casefold() == str(second).casefold()
        assert alike == (named_cassette(one) == named_cassette(other))


@pytest.mark.parametrize(
    ("name", "begin"),
    [("con", "con~"), ("a:b", "a-b~"), ("Name", "Name~"), ("two words", "two-words~"), ("Shared/japan", "Shared~")],
)
def test_a_name_that_is_not_safe_is_read_before_the_digest(name: str, begin: str) -> None:
    assert str(safe(name)).startswith(begin)


@pytest.mark.parametrize("parts", [["con"], ["aux"], ["com1"], ["Con", "test_x"], ["nul[a]"]])
def test_a_test_or_a_fixture_with_the_name_of_a_device_has_a_digest(parts: list[str]) -> None:
    is_device = DEVICES.match(".".join(parts)) is not None
    assert ("~" in cassette_name(parts)) == is_device


def test_a_cassette_that_is_there_by_its_very_name_stays_the_one(tmp_path: Path) -> None:
    name, new = Path("Shared/Japan.yaml"), safe_cassette(Path("Shared/Japan.yaml"))
    assert placed_cassette(tmp_path, name) == tmp_path / new
    (tmp_path / "Shared").mkdir()
    assert placed_cassette(tmp_path, name) == tmp_path / new
    (tmp_path / "Shared" / "japan.yaml").touch()
    assert placed_cassette(tmp_path, name) == tmp_path / new
    (tmp_path / "Shared" / "Japan.yaml").touch()
    assert placed_cassette(tmp_path, name) == tmp_path / name
    (tmp_path / new).parent.mkdir()
    (tmp_path / new).touch()
    assert placed_cassette(tmp_path, name) == tmp_path / new


# --- as a user meets it


ONE = """
@pytest.mark.samurai({name!r})
def test_{number}(samurai_client): ask(samurai_client, "{number}")
"""


def test_tests_with_such_names_record_and_replay_each_from_its_own_file(project: Project) -> None:
    names = ["con", "a:b", "a-b", "Name", "name", "x\x1b[2J\n::add-mask::y"]
    project.tests("".join(ONE.format(name=name, number=number) for number, name in enumerate(names)))
    project.run().assert_outcomes(passed=6)
    files = project.cassettes()
    assert len({file.casefold() for file in files}) == 6
    assert {"a-b.yaml", "name.yaml"} < set(files)
    assert all(re.fullmatch(r"[A-Za-z0-9\[-]+(~[0-9a-f]{10})?\.yaml", file) for file in files)
    project.offline()
    project.run("--samurai-mode=none").assert_outcomes(passed=6)


def test_the_cassette_of_a_skipped_test_is_not_pruned_whichever_name_it_has(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    from pytest_samurai.commands import cli

    text = ONE.format(name="Name", number=1) + ONE.format(name="Other", number=2)
    project.tests(text)
    project.run()
    root = project.pytester.path / "cassettes"
    [other] = root.glob("Other~*")
    other.rename(root / "Other.yaml")
    project.tests(text.replace("\n@pytest.mark.samurai", "\n@pytest.mark.skip\n@pytest.mark.samurai"))
    project.pytester.runpytest_inprocess()
    capsys.readouterr()
    assert cli.main(["prune"]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"cassettes/(Name~|Other\.)\w+.*: left alone: test_it.py::test_(\d), which may use it", said) == [
        ("Name~", "1"),
        ("Other.", "2"),
    ]
