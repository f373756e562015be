"""Rows are run: the entrants take turns within each repeat, each in a process of its own environment.

So that what drifts on the machine weighs on all of them alike. A ratio is the median of the ratios of the repeats.
"""

from __future__ import annotations

import json
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, Refused
from benchmarks.environments import ROOT
from benchmarks.rows import Entrant, Number, Row, Target
from benchmarks.suites import environment, run_suite

Turns = dict[str, list[dict[str, Any]]]
"""The measurements of each entrant of a row, by its label."""

_PATIENCE = 300.0
"""Seconds that a turn may take."""
_SLOW = 8.0
"""A peer whose turn took longer, in seconds, has had its only one."""
_OWN = ("floor", "samurai")


class Worker:
    """A contender's process."""

    def __init__(self, python: Path, directory: Path, contender: str) -> None:
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.worker", str(directory), contender],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def turn(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """One measurement. Raises Refused with the contender's reason, or if it does not answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(dict(job)) + "\n")
        self._process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            if not waiting.select(_PATIENCE):
                raise Refused(f"took longer than {_PATIENCE:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise Refused(f"its process ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class Runner:
    """Runs rows in these environments: a Python for each name; a missing one has its reason in `missing`."""

    def __init__(self, pythons: Mapping[str, Path], missing: Mapping[str, str], directory: Path) -> None:
        self._pythons = pythons
        self._missing = missing
        self._directory = directory
        self._workers: dict[str, Worker] = {}

    def run(self, row: Row) -> tuple[Turns, dict[str, str]]:
        """What was measured, and why what is missing is missing, by the entrants' labels."""
        turns: Turns = {entrant.label: [] for entrant in row.entrants}
        refused: dict[str, str] = {}
        try:
            for repeat in range(row.repeats):
                for entrant in row.entrants[:: -1 if repeat % 2 else 1]:
                    if entrant.label in refused or self._has_had_its_turn(entrant, turns[entrant.label]):
                        continue
                    try:
                        began = time.perf_counter()
                        measured = self._turn(entrant)
                        turns[entrant.label].append({**measured, "took": time.perf_counter() - began})
                    except Refused as reason:
                        refused[entrant.label] = str(reason)
                        self._end(entrant.contender)
        finally:
            for contender in list(self._workers):
                self._end(contender)
        return turns, refused

    @staticmethod
    def _has_had_its_turn(entrant: Entrant, turns: list[dict[str, Any]]) -> bool:
        return bool(turns) and entrant.contender not in _OWN and turns[-1]["took"] > _SLOW

    def _turn(self, entrant: Entrant) -> dict[str, Any]:
        name = CONTENDERS[entrant.contender].environment
        if name not in self._pythons:
            raise Refused(self._missing.get(name, "its environment is not installed"))
        python = self._pythons[name]
        if entrant.runs == "suite":
            job = dict(entrant.job)
            arguments = job.pop("arguments", [])
            written = self._worker(entrant.contender, python).turn({"do": "write_suite", **job})
            return run_suite(python, Path(written["directory"]), entrant.contender, arguments, _PATIENCE)
        if entrant.runs == "fresh":
            self._end(entrant.contender)
        return self._worker(entrant.contender, python).turn(entrant.job)

    def _worker(self, contender: str, python: Path) -> Worker:
        if contender not in self._workers:
            self._workers[contender] = Worker(python, self._directory, contender)
        return self._workers[contender]

    def _end(self, contender: str) -> None:
        worker = self._workers.pop(contender, None)
        if worker is not None:
            worker.close()


def values(turns: Turns, number: Number) -> list[float]:
    """A number of an entrant, turn by turn."""
    return [turn[number[1]] for turn in turns.get(number[0], ())]


def measured(turns: Turns, target: Target) -> float | None:
    """What a target's comparison came to; None where one side is missing."""
    pairs = list(zip(values(turns, target.of), values(turns, target.to), strict=False))
    if not pairs:
        return None
    if target.by == "difference":
        return statistics.median(ours - theirs for ours, theirs in pairs)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def say(text: str) -> None:
    """To whoever is waiting."""
    print(text, file=sys.stderr, flush=True)
