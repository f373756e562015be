"""The projects of `docs/examples`: each does what its page says, offline, and its recordings are up to date."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pytest_samurai.commands import cli
from tests.conftest import Size
from tests.example_answers import EXAMPLES, SCRIPTS
from tests.record_examples import ALONE
from tests.scripted_model import ScriptedModel
from tests.test_docs import blocks, dead_links
from tests.test_tutorial import KINDS, Reader

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/pyproject.toml"))
NEEDED = {"faq-search": "openai", "review-triage": "pydantic_ai", "shop-agent": "openai", "streaming": "fastapi"}


@pytest.fixture(params=NAMES)
def example(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> str:
    """The name of a project, which is in the test's directory."""
    name: str = request.param
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason=f"the example {name} needs {NEEDED[name]}")
    shutil.copytree(EXAMPLES / name, pytester.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return name


def recordings(directory: Path) -> dict[str, bytes]:
    """The cassettes and the lock of a project, byte for byte."""
    paths = [*directory.rglob("*.yaml"), directory / "samurai.lock"]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def test_an_example_does_what_its_page_says_without_a_key(
    example: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    reader = Reader(pytester, monkeypatch)
    for block in blocks(EXAMPLES / example / "README.md"):
        reader.follow(block)
    assert recordings(pytester.path) == recordings(EXAMPLES / example)


def recorded_anew(name: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, certificates: Path) -> Path:
    """A copy of an example, recorded again in a separate process, because an SDK may leave its loop open."""
    copy = pytester.path / name
    shutil.copytree(EXAMPLES / name, copy)
    with ScriptedModel(SCRIPTS[name], certificates) as model, monkeypatch.context() as patch:
        patch.chdir(copy)
        for key, value in {**model.environment, "PYTEST_ADDOPTS": ALONE}.items():
            patch.setenv(key, value)
        assert pytester.runpytest_subprocess("--samurai-mode=all", "--samurai-update", "--rootdir=.").ret == 0
    return copy


def test_examples_are_recorded_as_they_stand_there(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    size: Size,
) -> None:
    compared = 0
    for name in ("streaming", *sorted(NEEDED.keys() - {"streaming"}), "release-notes")[: size(1, len(NAMES))]:
        copy = recorded_anew(name, pytester, monkeypatch, tmp_path_factory.mktemp("certificates"))
        committed = sorted((EXAMPLES / name / "cassettes").rglob("*.yaml"))
        assert sorted(path.name for path in copy.rglob("*.yaml")) == sorted(path.name for path in committed)
        for path in committed:
            capsys.readouterr()
            status = cli.main(["diff", str(path), str(copy / path.relative_to(EXAMPLES / name))])
            assert (status, capsys.readouterr().out) == (0, "no difference\n")
            compared += 1
        assert (copy / "samurai.lock").read_bytes() == (EXAMPLES / name / "samurai.lock").read_bytes()
    size.tell(f"{compared} cassettes of examples, recorded anew, are as they were")


def test_each_example_is_in_the_list_with_a_page_of_its_own() -> None:
    listed = re.findall(r"\]\(([\w-]+)/README\.md\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == NAMES == sorted(SCRIPTS)
    assert len(NAMES) == 5


def test_no_block_of_an_example_is_left_out() -> None:
    pages = [EXAMPLES / name / "README.md" for name in NAMES]
    assert [block.place for page in pages for block in blocks(page) if block.kind not in KINDS] == []


def test_every_link_of_an_example_leads_to_a_file() -> None:
    assert [link for page in EXAMPLES.rglob("*.md") for link in dead_links(page)] == []


def test_no_recording_of_an_example_holds_a_key_or_the_address_of_this_machine() -> None:
    texts = [path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.yaml")]
    assert len(texts) >= 15
    assert not [text for text in texts if re.search(r"sk-\w|bearer|authorization|127\.0\.0\.1", text, re.IGNORECASE)]
