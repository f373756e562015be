"""What the collection of a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest


class Collection:
    """Counts from the start of every run: whether there is anything of ours is known only when collection has ended.

    `made` are the ids of the tests of each function with parameters, by its own.

    `seen` and `deselected` count tests. `skipped` are the ids of modules that were skipped as a whole, `marked` those
    of the tests that are ours, and `files` those of all files with tests.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.deselected = 0
        self.skipped: list[str] = []
        self.marked: set[str] = set()
        self.files: set[str] = set()
        self.made: dict[str, set[str]] = {}

    def see(self, report: pytest.CollectReport) -> None:
        """Remember the tests with parameters that a module or a class has: all of them, whichever are selected."""
        for item in report.result:
            function = getattr(item, "originalname", None)
            if function is not None and function != item.name:
                self.made.setdefault(f"{report.nodeid}::{function}", set()).add(item.nodeid)

    def pytest_itemcollected(self) -> None:
        self.seen += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # Counted, because some plugins drop tests and call no hook for it.
        self.deselected = self.seen - len(session.items)

    def told(self) -> dict[str, Any]:
        """What a worker of xdist tells its controller, which collects nothing."""
        return {
            "samurai_deselected": self.deselected,
            "samurai_collected": sorted(self.marked),
            "samurai_collected_files": sorted(self.files),
        }

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take over what a worker told, which is the same for all of them; nothing, if it crashed."""
        self.deselected = max(self.deselected, told.get("samurai_deselected", 0))
        self.marked.update(told.get("samurai_collected", ()))
        self.files.update(told.get("samurai_collected_files", ()))
