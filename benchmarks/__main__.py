"""Measure pytest-samurai against its peers and the floor, and write benchmarks/results.md and results.json.

    python -m benchmarks [--only REPLAY,SUITE...] [--scale full|quick|smoke] [--here]

`make bench` runs it; `make bench ARGS="--only replay --quick"` runs a part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS
from benchmarks.environments import REQUIREMENTS, ROOT, make, versions
from benchmarks.loopback import serving
from benchmarks.render import page
from benchmarks.rows import FULL, QUICK, SMOKE, Row, rows
from benchmarks.runner import Runner, measured, say
from benchmarks.suites import SETTINGS

_SCALES = {scale.name: scale for scale in (FULL, QUICK, SMOKE)}

_PREFACE = [
    "Contenders take turns within each repeat, each in a process of its own environment; numbers are medians of the",
    "repeats, ratios medians of the ratios within each repeat. Times are of the processor, where nothing else is said.",
    "Every answer was compared with the recorded one before its time counted. Nothing left 127.0.0.1.",
]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="keys of rows, or how they begin, separated by commas")
    parser.add_argument("--scale", choices=_SCALES, default="full")
    parser.add_argument("--quick", action="store_const", const="quick", dest="scale", help="the same as --scale quick")
    parser.add_argument("--repeats", type=int, help="instead of those of each row")
    parser.add_argument("--here", action="store_true", help="in this environment only, without the peers")
    parser.add_argument("--environments", type=Path, default=ROOT / ".bench", help="where they are made, and kept")
    parser.add_argument(
        "--out", type=Path, help="the page; of a part of the rows it is results.md with the environments"
    )
    parser.add_argument("--list", action="store_true", help="name the rows")
    given = parser.parse_args()
    every = rows(_SCALES[given.scale])
    names = "\n".join(f"{row.key:24} {row.title}" for row in every)
    chosen = [row for row in every if _is_chosen(row.key, given.only)]
    if given.list:
        sys.stdout.write(f"{names}\n")
        return
    if not chosen:
        sys.exit(f"no row begins with {given.only!r}; there are:\n{names}")
    pythons, missing = _environments(given.environments, here=given.here)
    whole = given.scale == "full" and not given.only
    out = given.out or (ROOT / "benchmarks" if whole else given.environments) / "results.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    run: dict[str, Any] = {
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "scale": given.scale,
        "machine": _machine(),
        "preface": _PREFACE,
        "versions": _versions(pythons),
        "missing": missing,
        "settings": {name: (kind.setting, SETTINGS.get(name)) for name, kind in CONTENDERS.items()},
        "rows": [],
    }
    with tempfile.TemporaryDirectory(prefix="samurai-bench-") as directory, serving() as origin:
        runner = Runner(pythons, missing, Path(directory), origin)
        for row in chosen:
            run["rows"].append(_result(runner, row, given.repeats))
            # After each row, so that an interrupted run keeps what it has measured.
            out.write_text(page(run), encoding="utf-8")
            out.with_suffix(".json").write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"wrote {out}")


def _is_chosen(key: str, only: str) -> bool:
    return not only or any(key.startswith(word) for word in only.split(","))


def _environments(directory: Path, *, here: bool) -> tuple[dict[str, Path], dict[str, str]]:
    if here:
        return {"samurai": Path(sys.executable)}, {}
    pythons, missing = {}, {}
    for name in REQUIREMENTS:
        try:
            pythons[name] = make(directory, name)
        except RuntimeError as error:
            missing[name] = str(error)
            say(f"{name} cannot be installed: {error}")
    return pythons, missing


def _result(runner: Runner, row: Row, repeats: int | None) -> dict[str, Any]:
    began = time.perf_counter()
    row = row if repeats is None else replace(row, repeats=repeats)
    turns, refused = runner.run(row)
    targets = []
    for target in row.targets:
        value = measured(turns, target)
        targets.append({**asdict(target), "measured": value, "met": None if value is None else value <= target.limit})
    met = sum(target["met"] is True for target in targets)
    say(f"{row.key}: {met} of {len(targets)} targets met ({time.perf_counter() - began:.0f} s)")
    return {
        "key": row.key,
        "title": row.title,
        "repeats": row.repeats,
        "notes": list(row.notes),
        "entrants": [
            {
                "label": entrant.label,
                "contender": entrant.contender,
                "job": dict(entrant.job),
                "turns": turns[entrant.label],
                "refused": refused.get(entrant.label),
            }
            for entrant in row.entrants
        ],
        "targets": targets,
        "seconds": round(time.perf_counter() - began, 1),
    }


def _machine() -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    described = subprocess.run(
        [git, "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unknown"


def _versions(pythons: dict[str, Path]) -> dict[str, str]:
    installed: dict[str, set[str]] = {}
    for python in pythons.values():
        for name, version in versions(python).items():
            installed.setdefault(name, set()).add(version)
    return {name: " and ".join(sorted(several)) for name, several in sorted(installed.items())}


if __name__ == "__main__":
    main()
