"""If something cannot be put back, it is named, and nothing else is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_samurai.cassette.writer import save
from pytest_samurai.commands.git import Repository
from pytest_samurai.commands.inifile import project_settings
from pytest_samurai.commands.putback import PutBack
from pytest_samurai.commands.tests import Suite
from pytest_samurai.commands.versions import Reader, Tree
from pytest_samurai.errors import CassetteError
from tests.commands.recorded import git, item, user


def refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("function", "done"), [("replace_whole", "cannot be written"), ("remove", "cannot be deleted")]
)
def test_a_file_that_may_not_be_changed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, done: str
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet")
    Path("pytest.ini").touch()
    save(Path("cassettes/old.yaml"), [item((1, 2), user("a"))])
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=recorded")
    save(Path("cassettes/old.yaml"), [item((1, 2), user("b"))])
    save(Path("cassettes/new.yaml"), [item((1, 2), user("c"))])
    tree = Tree(
        Suite(tmp_path), Repository(tmp_path), Reader(project_settings(tmp_path).matcher, frozenset()), "cassettes"
    )
    span = tree.repository.span("HEAD")
    [new, old] = tree.versions(span, [])
    before = {path: path.read_bytes() for path in Path("cassettes").iterdir()}
    monkeypatch.setattr(f"pytest_samurai.commands.putback.{function}", refuse)
    put_back = PutBack(tree, span, tmp_path / "samurai.lock")
    with pytest.raises(CassetteError, match=f"{done}: Permission denied"):
        put_back(old if function == "replace_whole" else new)
    assert {path: path.read_bytes() for path in Path("cassettes").iterdir()} == before
