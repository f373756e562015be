"""The package is typed for those who use it: a project of theirs is checked strictly, with none of our settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.test_docs import ROOT

PROJECT = ROOT / "tests" / "typed" / "users_project.py"


def mypy(directory: Path, name: str) -> subprocess.CompletedProcess[str]:
    # A process of its own: mypy asks the interpreter that runs it where the packages are.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={os.devnull}", name]
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_a_users_project_passes_mypy_strict(tmp_path: Path) -> None:
    shutil.copy(PROJECT, tmp_path)
    (tmp_path / "wrong.py").write_text(
        "from pytest_samurai import Recorder\n"
        "def test_wrong(samurai: Recorder) -> None:\n"
        "    assert samurai.calls[0].usage.total_tokens\n"
        "    samurai.no_such_name\n",
        encoding="utf-8",
    )
    done = mypy(tmp_path, ".")
    assert [line.partition("  [")[0] for line in done.stdout.splitlines()] == [
        'wrong.py:3: error: Item "None" of "Usage | None" has no attribute "total_tokens"',
        'wrong.py:4: error: "Recorder" has no attribute "no_such_name"',
        "Found 2 errors in 1 file (checked 2 source files)",
    ]
