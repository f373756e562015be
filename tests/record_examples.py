"""`python -m tests.record_examples [NAME...]` records the projects of `docs/examples` again, and writes their locks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.example_answers import EXAMPLES, SCRIPTS
from tests.scripted_model import ScriptedModel

PLUGINS = (
    *("anyio", "asyncio", "cassetter", "fakefs", "hypothesispytest", "pytest_httpx", "recording", "respx"),
    *("time_machine", "cacheprovider"),
)
"""Plugins that an example does not load."""

ALONE = " ".join(f"-p no:{name}" for name in PLUGINS)


def record(name: str) -> int:
    """Record one example in its own directory. Returns pytest's exit status."""
    environment = {key: value for key, value in os.environ.items() if key not in ("CI", "SAMURAI_BASE_URL")}
    with tempfile.TemporaryDirectory() as directory, ScriptedModel(SCRIPTS[name], Path(directory)) as model:
        command = [sys.executable, "-m", "pytest", "--samurai-mode=all", "--samurai-update"]
        environment |= {**model.environment, "PYTEST_ADDOPTS": ALONE, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, cwd=EXAMPLES / name, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(max(record(name) for name in sys.argv[1:] or SCRIPTS))
