"""Runs rows. The entrants take turns within each repeat, each in a process of its own environment.

So changes in the machine's speed affect all of them equally. A ratio is the median of the repeats' ratios.
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
from benchmarks.counting import count_calls, count_pytest
from benchmarks.environments import ROOT
from benchmarks.rows import Entrant, Number, Row, Target
from benchmarks.suites import environment, project_suite, run_suite

Turns = dict[str, list[dict[str, Any]]]
"""The measurements of each entrant in a row, by its label."""

_PATIENCE = 300.0
"""The most seconds that a turn may take."""
_SLOW = 8.0
"""A peer whose turn took longer than this, in seconds, gets no second one."""
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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(dict(job)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Refused(f"its process ended with status {self._process.wait()}") from None
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
    """Runs rows in these environments. Each name has a Python; for a missing one, `missing` has the reason.

    `origin` is the address of the loopback server.
    """

    def __init__(self, pythons: Mapping[str, Path], missing: Mapping[str, str], directory: Path, origin: str) -> None:
        self._pythons = pythons
        self._origin = origin
        self._done: set[tuple[str, str]] = set()
        self._missing = missing
        self._directory = directory
        self._workers: dict[str, Worker] = {}

    def run(self, row: Row) -> tuple[Turns, dict[str, str]]:
        """What was measured, and why something is missing, by the entrants' labels."""
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
                        # Do not publish where this machine has its files.
                        refused[entrant.label] = str(reason).replace(f"{self._directory}/", "").replace(f"{ROOT}/", "")
                        self._end(entrant.contender)
        finally:
            for contender in list(self._workers):
                self._end(contender)
        return turns, refused

    @staticmethod
    def _has_had_its_turn(entrant: Entrant, turns: list[dict[str, Any]]) -> bool:
        return bool(turns) and entrant.contender not in _OWN and turns[-1]["took"] > _SLOW

    def _turn(self, entrant: Entrant) -> dict[str, Any]:
        python, name = self._python(entrant.contender), entrant.contender
        job = {**entrant.job, **({"origin": self._origin} if "origin" in entrant.job else {})}
        if entrant.before is not None:
            self._before(*entrant.before)
        match entrant.runs:
            case "suite":
                return self._suite(name, job)
            case "projected":
                return self._projected(name, job)
            case "calls":
                return dict(count_calls(python, self._directory, name, job))
            case "pytest":
                return dict(count_pytest(python, self._directory, name, **job))
            case "fresh":
                self._end(name)
        return self._worker(name).turn(job)

    def _python(self, contender: str) -> Path:
        environment = CONTENDERS[contender].environment
        if environment not in self._pythons:
            raise Refused(self._missing.get(environment, "its environment is not installed"))
        return self._pythons[environment]

    def _before(self, contender: str, job: Mapping[str, Any]) -> None:
        done = (contender, json.dumps(dict(job)))
        if done not in self._done:
            self._worker(contender).turn(job)
            self._end(contender)
            self._done.add(done)

    def _suite(self, contender: str, job: Mapping[str, Any]) -> dict[str, Any]:
        told = {name: value for name, value in job.items() if name not in ("arguments", "samples")}
        written = self._worker(contender).turn({"do": "write_suite", **told})
        suite, arguments = Path(written["directory"]), job.get("arguments", ())
        return run_suite(self._python(contender), suite, contender, arguments, _PATIENCE)

    def _projected(self, contender: str, job: Mapping[str, Any]) -> dict[str, Any]:
        small = {
            (tests, calls): self._suite(contender, {**job, "tests": tests, "calls": calls})["cpu"]
            for tests, calls in job["samples"]
        }
        return {"cpu": project_suite(small, job["tests"], job["calls"]), "note": "projected"}

    def _worker(self, contender: str) -> Worker:
        if contender not in self._workers:
            self._workers[contender] = Worker(self._python(contender), self._directory, contender)
        return self._workers[contender]

    def _end(self, contender: str) -> None:
        worker = self._workers.pop(contender, None)
        if worker is not None:
            worker.close()


def values(turns: Turns, number: Number) -> list[float]:
    """A number of an entrant for each turn."""
    return [turn[number[1]] for turn in turns.get(number[0], ())]


def measured(turns: Turns, target: Target) -> float | None:
    """The result of a target's comparison; None if one side is missing."""
    if target.to is None:
        alone = values(turns, target.of)
        return statistics.median(alone) if alone else None
    pairs = list(zip(values(turns, target.of), values(turns, target.to), strict=False))
    if not pairs:
        return None
    if target.by == "difference":
        return statistics.median(ours - theirs for ours, theirs in pairs)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def say(text: str) -> None:
    """Tell a person who is waiting."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
