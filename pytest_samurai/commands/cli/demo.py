"""The command `demo`: a small test project, recorded from a server on loopback and then replayed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_samurai.commands.cli.command import Command, say
from pytest_samurai.server import ChatServer

_PROJECT = Path(__file__).parents[1] / "demo"
_KEY = "sk-samurai-demo-0123456789abcdef"


def _arguments(_: ArgumentParser) -> None:
    """It takes none."""


def _run(_: Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="pytest-samurai-demo-") as name:
        project = Path(name)
        shutil.copytree(_PROJECT, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        with ChatServer(api_key=_KEY) as server:
            _headline(f"1. Record: four calls go to a chat server, {server.base_url}")
            recorded = _pytest(project, "--samurai-mode=once", SAMURAI_API_KEY=_KEY, SAMURAI_BASE_URL=server.base_url)
            sent = server.requests
            base_url = server.base_url
        _headline("What was written: cassettes/test_capital/test_capital.yaml")
        say((project / "cassettes/test_capital/test_capital.yaml").read_text(encoding="utf-8"))
        _headline("2. Replay: the server is stopped, the key is gone, every connection is refused")
        replayed = _pytest(project, "--samurai-mode=none", SAMURAI_BASE_URL=base_url, DEMO_OFFLINE="1")
        as_told = recorded == replayed == 1 and sent == 4
        say(
            "\nThe red test is meant to fail: its budget is 40 tokens, and it spends more, live and in replay."
            if as_told
            else "\nSomething went wrong; please report it with the output above."
        )
    return 0 if as_told else 1


def _pytest(project: Path, *arguments: str, **environment: str) -> int:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAMURAI_", "OPENAI_", "PYTEST_", "COV_")) and name != "CI"
    }
    command = ["pytest", "-p", "pytest_samurai.plugin", "-p", "no:cacheprovider", *arguments]
    if sys.stdout.isatty():
        command.append("--color=yes")
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        # Only this plugin: other installed ones do not belong to the demo.
        env={**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        check=False,
    ).returncode


def _headline(text: str) -> None:
    say(f"\n{text}\n{'-' * len(text)}")


COMMAND = Command(
    "demo",
    "record a small test project from a server on loopback, then replay it",
    _arguments,
    _run,
    status_1="it did not go as it should",
)
