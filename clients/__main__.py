"""Try real client libraries with the recorder, each in an environment that has it, and write docs/clients.md.

    python -m clients [--only openai-3,litellm...] [--here] [--keep DIRECTORY]

`make test-clients` runs it; `make test-clients ARGS="--only openai-3.chat"` runs a part of it, and leaves the page
alone. The exit status is 1 if any cell is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.runner import say
from clients.environments import HERE, CannotInstall, make, versions
from clients.judge import cells, wrong
from clients.page import Line, in_page, table
from clients.rows import ROWS, Row
from clients.runner import Result, run
from tests.real_server import RealServer

PAGE = ROOT / "docs" / "clients.md"


def main() -> int:
    """Run the chosen rows, and return the exit status."""
    parser = argparse.ArgumentParser(prog="clients", description=__doc__)
    parser.add_argument("--only", default="", help="keys of rows, or how they begin, separated by commas")
    parser.add_argument("--here", action="store_true", help="only what the environment of this Python has")
    parser.add_argument("--environments", type=Path, default=ROOT / ".clients", help="where they are made, and kept")
    parser.add_argument("--keep", type=Path, help="a new directory for the projects of the rows, to look into")
    parser.add_argument("--list", action="store_true", help="name the rows")
    given = parser.parse_args()
    chosen = [row for row in ROWS if _is_chosen(row.key, given.only) and (row.environment == HERE or not given.here)]
    if not chosen:
        sys.exit(f"no row begins with {given.only!r}; there are:\n{_names(ROWS)}")
    if given.list:
        sys.stdout.write(_names(chosen))
        return 0
    with tempfile.TemporaryDirectory(prefix="samurai-clients-") as directory:
        lines = _run(chosen, given.environments, given.keep or Path(directory))
    text = table(lines)
    sys.stdout.write(text)
    if len(chosen) == len(ROWS):
        PAGE.write_text(in_page(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
        say(f"wrote {PAGE.relative_to(ROOT)}")
    return int(any(line.reason or wrong(line.cells) for line in lines))


def _names(rows: Iterable[Row]) -> str:
    return "".join(f"{row.key:40} {row.called}\n" for row in rows)


def _is_chosen(key: str, only: str) -> bool:
    return not only or any(key.startswith(word) for word in only.split(","))


def _run(rows: Sequence[Row], environments: Path, directory: Path) -> list[Line]:
    by_environment: dict[str, list[Row]] = {}
    for row in rows:
        by_environment.setdefault(row.environment, []).append(row)
    with RealServer() as server, ThreadPoolExecutor(os.cpu_count()) as pool:

        def lines_of(name: str) -> list[Line]:
            own = by_environment[name]
            try:
                python = make(environments, name)
            except CannotInstall as reason:
                say(f"{name} cannot be installed: {reason}")
                return [Line(row, {}, (), {}, str(reason)) for row in own]
            began = time.perf_counter()
            results = run(own, python, directory / name, server.base_url.removesuffix("/v1"), server.api_key)
            say(f"{name}: {time.perf_counter() - began:.0f} s")
            return [_line(result, python) for result in results]

        done = [line for lines in pool.map(lines_of, by_environment) for line in lines]
    return sorted(done, key=lambda line: rows.index(line.row))


def _line(result: Result, python: Path) -> Line:
    endpoints = dict.fromkeys(call[0] or "none known" for call in result.recording.test("test_call").get("calls", ()))
    line = Line(result.row, versions(python, result.row.named), tuple(endpoints), cells(result))
    say(f"{result.row.key}: {'; '.join(wrong(line.cells)) or 'right'}")
    return line


if __name__ == "__main__":
    sys.exit(main())
