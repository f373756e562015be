"""Instructions instead of time: valgrind counts them, and they do not depend on the machine's load.

Start-up cancels out, because the result is the difference of two runs, one of which does twice as much.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.contenders import Refused
from benchmarks.environments import ROOT
from benchmarks.suites import PLUGINS, environment

_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")


def count_calls(python: Path, directory: Path, contender: str, job: Mapping[str, Any]) -> dict[str, float]:
    """Instructions per replayed call. Raises Refused if valgrind is missing, or with the contender's reason."""
    plays = job["size"] // 2
    jobs = [{**job, "do": "counted", "plays": plays * times} for times in (1, 2)]
    commands = [
        [str(python), "-m", "benchmarks.worker", str(directory), contender, json.dumps(counted)] for counted in jobs
    ]
    # An uncounted run writes the cassette.
    _run(commands[0], ROOT, environment())
    once, twice = _counted(commands, [ROOT, ROOT], environment())
    return {"instructions": (twice - once) / plays}


def count_pytest(python: Path, directory: Path, contender: str, *, plugin: bool, tests: int) -> dict[str, float]:
    """Instructions of pytest with or without a contender's plugin, installed and unused: at `start`, and per `test`."""
    sizes = (tests, 2 * tests)
    directories = []
    for size in sizes:
        suite = directory / f"unmarked-{size}"
        suite.mkdir(exist_ok=True)
        (suite / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        body = "\n\n".join(f"def test_{number}():\n    assert True\n" for number in range(size))
        (suite / "test_unmarked.py").write_text(body, encoding="utf-8")
        directories.append(suite)
    # Installed plugins load themselves, as they do for users.
    variables = {name: value for name, value in environment().items() if name != "PYTEST_DISABLE_PLUGIN_AUTOLOAD"}
    without = [] if plugin else ["-p", f"no:{PLUGINS[contender]}"]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *without]
    for suite in directories:
        _run(command, suite, variables)
    once, twice = _counted([command, command], directories, variables)
    return {"start": 2 * once - twice, "test": (twice - once) / tests}


def _counted(
    commands: Sequence[Sequence[str]], directories: Sequence[Path], variables: Mapping[str, str]
) -> Sequence[int]:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise Refused("valgrind is not installed here, so instructions are not counted")
    tool = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]

    def count(command: Sequence[str], directory: Path) -> int:
        said = _run([*tool, *command], directory, variables)
        counted = _COUNT.search(said)
        if counted is None:
            raise Refused(f"valgrind does not say a number: {said[-200:]}")
        return int(counted[1].replace(",", ""))

    # Other processes do not disturb a count.
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(count, commands, directories))


def _run(command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> str:
    run = subprocess.run(command, cwd=directory, env=dict(variables), capture_output=True, text=True, check=False)
    if run.returncode:
        raise Refused(" ".join((run.stdout + run.stderr).split())[-300:])
    return run.stderr
