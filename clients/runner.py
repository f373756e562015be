"""Runs rows: each is recorded, then replayed, missed and limited after the server has gone; or it is refused.

All rows of an environment share two processes, because importing the clients takes most of the time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.environments import ROOT
from clients.gateway import Exchange, Gateway
from clients.rows import Row

_PATIENCE: Final = 900.0
"""The most seconds for one pytest run. On a busy machine, importing some clients takes a minute."""

_PLUGINS: Final = ("-p", "no:cacheprovider", "-p", "no:cassetter", "-p", "no:asyncio")
"""What pytest does not load. Two of the other recorders in the suite's environment cannot be loaded together."""

_KEYS: Final = (
    *("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY"),
    *("GROQ_API_KEY", "TOGETHER_API_KEY", "HF_TOKEN", "CO_API_KEY"),
)
"""Set in the environment of a recording, but not of a replay."""

_SILENCE: Final[Mapping[str, str]] = {
    "AGNO_TELEMETRY": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OTEL_SDK_DISABLED": "true",
}
"""Keeps clients from sending anything except calls. `project/conftest.py` refuses and notes anything else they send."""


@dataclass
class Phase:
    """What one pytest run said about a row's tests, by test name, and everything it printed."""

    tests: Mapping[str, dict[str, Any]]
    printed: str

    def test(self, name: str) -> dict[str, Any]:
        """What is known about a test; if it never ran, only that."""
        return self.tests.get(name, {"outcome": "not run", "text": self.printed, "sends": 0, "outside": []})


@dataclass
class Result:
    """The result of a row. `live` counts the connections to the server in the replay, which must be none."""

    row: Row
    recording: Phase
    replay: Phase
    exchanges: list[Exchange]
    live: int


def run(rows: Sequence[Row], python: Path, directory: Path, real_url: str, real_key: str) -> list[Result]:
    """Run rows in the environment of `python`, in a new directory.

    Two processes run them all, each with its own server.
    """
    shutil.copytree(Path(__file__).parent / "project", directory)
    (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    with ExitStack() as stack:
        gateways = {row.key: stack.enter_context(Gateway(real_url, real_key)) for row in rows}
        told = {row.key: {"call": row.call, "options": row.options, "url": gateways[row.key].url} for row in rows}
        (directory / "rows.json").write_text(json.dumps(told), encoding="utf-8")
        recording = _pytest(python, directory, "once", *_recorded_tests(rows))
        for gateway in gateways.values():
            gateway.leave()
        replay = _pytest(python, directory, "none", "test_rows.py")
        return [
            Result(
                row,
                _phase(row, *recording),
                _phase(row, *replay),
                gateways[row.key].exchanges,
                gateways[row.key].connections,
            )
            for row in rows
        ]


def _recorded_tests(rows: Sequence[Row]) -> Iterator[str]:
    """The tests of a recording. If no recorder sees a client, they include the one whose budget fails."""
    for row in rows:
        for test in ("test_call", "test_budget") if row.refused else ("test_call",):
            yield f"test_rows.py::{test}[{row.key}]"


def _phase(row: Row, tests: Mapping[str, dict[str, Any]], printed: str) -> Phase:
    own = {name.partition("[")[0]: test for name, test in tests.items() if name.endswith(f"[{row.key}]")}
    return Phase(own, printed)


def _pytest(python: Path, directory: Path, mode: str, *tests: str) -> tuple[dict[str, dict[str, Any]], str]:
    """What was noted about the tests, and what was printed."""
    told, printed = directory / f"told-{mode}.json", directory / f"printed-{mode}.txt"
    command = [str(python), "-m", "pytest", *_PLUGINS, f"--samurai-mode={mode}", *tests]
    with printed.open("w", encoding="utf-8") as output:
        try:
            subprocess.run(
                command,
                cwd=directory,
                env=_environment(directory, told, with_keys=mode != "none"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            output.write(f"\ntook longer than {_PATIENCE:.0f} s\n")
    tests_told = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
    return tests_told, printed.read_text(encoding="utf-8", errors="replace")


def _environment(directory: Path, told: Path, *, with_keys: bool) -> dict[str, str]:
    """As little of this machine's environment as possible: no key, no proxy, no home directory with settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    return {
        **kept,
        **_SILENCE,
        **(dict.fromkeys(_KEYS, "sk-of-a-recording-0123456789abcdef") if with_keys else {}),
        "HOME": str(directory),
        "PYTHONPATH": str(ROOT),
        "CLIENTS_ROWS": str(directory / "rows.json"),
        "CLIENTS_TOLD": str(told),
    }
