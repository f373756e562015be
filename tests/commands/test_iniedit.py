"""An option in the ini file gets more entries, and no other byte of the file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.commands.iniedit import add_entries
from pytest_samurai.commands.inifile import project_settings
from pytest_samurai.errors import SettingsError
from pytest_samurai.files import whole
from pytest_samurai.matching import parse_substitution

KEY = "samurai_normalize"


def added(path: Path, *entries: str) -> str | None:
    line = add_entries(path.parent, KEY, entries)
    assert line is None or line.startswith(f"{path}: {KEY} is ")
    return line and line.removeprefix(f"{path}: {KEY} is ")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -ra\n", "[pytest]\nsamurai_normalize = uuid tmp_path\naddopts = -ra\n"),
        ("pytest.ini", "# mine\n[pytest]", "# mine\n[pytest]\nsamurai_normalize = uuid tmp_path\n"),
        ("pytest.ini", "[pytest]\r\nx = 1\r\n", "[pytest]\r\nsamurai_normalize = uuid tmp_path\r\nx = 1\r\n"),
        (
            "tox.ini",
            "[tox]\nx = 1\n[pytest]\n[y]\n",
            "[tox]\nx = 1\n[pytest]\nsamurai_normalize = uuid tmp_path\n[y]\n",
        ),
        ("setup.cfg", "[tool:pytest]\n", "[tool:pytest]\nsamurai_normalize = uuid tmp_path\n"),
        (
            "pytest.ini",
            "[pytest]\nsamurai_normalize = uuid  \nx = 1\n",
            "[pytest]\nsamurai_normalize = uuid tmp_path\nx = 1\n",
        ),
        (
            "pytest.ini",
            "[pytest]\nsamurai_normalize:\n    uuid\n    datetime\nx = 1\n",
            "[pytest]\nsamurai_normalize: tmp_path\n    uuid\n    datetime\nx = 1\n",
        ),
        (
            "pyproject.toml",
            '[project]\nname = "x"\n\n[tool.pytest.ini_options]\naddopts = "-ra"  # why\n\n[tool.y]\nz = 1\n',
            '[project]\nname = "x"\n\n[tool.pytest.ini_options]\nsamurai_normalize = ["uuid", "tmp_path"]\n'
            'addopts = "-ra"  # why\n\n[tool.y]\nz = 1\n',
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nsamurai_normalize = 'uuid'\n",
            '[tool.pytest.ini_options]\nsamurai_normalize = ["uuid", "tmp_path"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest]\nsamurai_normalize = [\n  "uuid",\n]  # why\n',
            '[tool.pytest]\nsamurai_normalize = ["uuid", "tmp_path"]  # why\n',
        ),
        ("pytest.toml", "[pytest]\n", '[pytest]\nsamurai_normalize = ["uuid", "tmp_path"]\n'),
    ],
)
def test_entries_are_added_where_the_option_stands_or_below_the_head_of_its_section(
    name: str, before: str, after: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(before.encode())
    said = (
        ('["uuid", "tmp_path"] now',) if path.suffix == ".toml" else ("uuid tmp_path now", "uuid datetime tmp_path now")
    )
    assert added(path, "uuid", "tmp_path") in said
    assert path.read_bytes().decode() == after
    assert set(map(parse_substitution, ("uuid", "tmp_path"))) <= set(project_settings(tmp_path).normalize)
    assert added(path, "tmp_path", "uuid") is None
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pytest.ini", "x = 1\n"),
        ("pytest.ini", "\ufeff[pytest]\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nsamurai_normalize = [\n  "datetime",  # why\n]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nsamurai_normalize = """datetime"""\n'),
        ("pyproject.toml", '[ tool . pytest ]\nx = "1"\n'),
        ("pyproject.toml", 'x = """\n[tool.pytest]\n"""\n[tool]\npytest.x = "1"\n'),
    ],
)
def test_a_file_in_which_they_would_not_be_read_back_is_left_alone(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        add_entries(tmp_path, KEY, ["uuid"])
    whole = {"pytest.ini": "uuid"}.get(name, '["datetime", "uuid"]' if "datetime" in content else '["uuid"]')
    told = f"{path}: cannot be changed safely here, so add this yourself: `samurai_normalize = {whole}`"
    assert str(refused.value) == told or "cannot be read" in str(refused.value)
    assert path.read_text(encoding="utf-8") == content


def test_pairs_in_toml_stay_and_what_to_write_by_hand_is_toml(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    before = '[tool.pytest.ini_options]\nsamurai_normalize = [["[0-9]+", "<number>"], "uuid"]\n'
    path.write_text(before)
    assert added(path, "uuid") is None
    with pytest.raises(SettingsError) as refused:
        added(path, "uuid", "datetime")
    whole = 'samurai_normalize = [["[0-9]+", "<number>"], "uuid", "datetime"]'
    assert str(refused.value) == f"{path}: cannot be changed safely here, so add this yourself: `{whole}`"
    assert path.read_text() == before
    path.write_text(f"[tool.pytest.ini_options]\n{whole}\n")
    assert project_settings(tmp_path).normalize == (
        parse_substitution(["[0-9]+", "<number>"]),
        parse_substitution("uuid"),
        parse_substitution("datetime"),
    )


def test_a_text_that_cannot_be_cut_into_entries_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "pytest.ini"
    path.write_text("[pytest]\nsamurai_normalize = it's\n")
    for use in (project_settings, lambda directory: add_entries(directory, KEY, ["uuid"])):
        with pytest.raises(SettingsError) as refused:
            use(tmp_path)
        assert str(refused.value) == f'{path}: "it\'s" is not a list of entries: No closing quotation'


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pytest.ini"
    path.write_text("[pytest]\n")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole, "write_all", refuse)
    with pytest.raises(SettingsError) as refused:
        add_entries(tmp_path, KEY, ["uuid"])
    assert str(refused.value) == f"{path}: cannot be written: No space left on device"
    assert path.read_text() == "[pytest]\n"
