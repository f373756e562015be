"""Everybody uses what was taken hold of before a test patches it."""

from __future__ import annotations

import ast

from tests.test_house import TREES, package_of

# Rooms that work while a test runs. `server` is the test's, commands have no test, and pytest's doors are its own.
WHILE_A_TEST_RUNS = {"bill", "cassette", "context", "intercept", "matching", "recorder", "redaction", "text", "wire"}

OF_THE_DISK = {
    *("chmod", "exists", "fsync", "is_dir", "is_file", "iterdir", "listdir", "mkdir", "read_bytes", "read_text"),
    *("rmdir", "scandir", "stat", "touch", "unlink", "write_bytes", "write_text"),
}


# Not `time.sleep`: a replay waits as the application would, and its `sleep` may be a test's.
OF_THE_CLOCK = {"datetime.now", *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "perf_counter"))}


def in_rooms() -> list[tuple[str, ast.Module]]:
    return [
        (module, tree)
        for module, tree in TREES.items()
        if package_of(module).removeprefix("pytest_samurai.") in WHILE_A_TEST_RUNS
    ]


def test_json_and_the_clock_are_those_of_files() -> None:
    others = [
        f"{module}:{node.lineno} {alias.name}"
        for module, tree in in_rooms()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in ("json", "uuid", "shutil")
    ]
    others += [
        f"{module}:{node.lineno} {node.attr}"
        for module, tree in in_rooms()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (node.attr in ("utcnow", "today", "fromtimestamp") or ast.unparse(node) in OF_THE_CLOCK)
    ]
    assert len(in_rooms()) > 100
    assert others == []


def test_files_are_read_and_written_by_those_of_files() -> None:
    past = [
        f"{module}:{node.lineno} {node.func.attr}"
        for module, tree in in_rooms()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in OF_THE_DISK
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "REAL")
    ]
    assert past == []
