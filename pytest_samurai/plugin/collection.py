"""What a run collected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest


class Collection:
    """Counts from the start of every run, because only the end of collection shows whether any test is ours.

    `made` maps the id of each parametrized function to the ids of its tests.

    `seen` and `deselected` count tests. `skipped` holds the ids of modules that were skipped as a whole, `marked` the
    ids of our tests, and `files` the ids of all files with tests.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.deselected = 0
        self.skipped: list[str] = []
        self.marked: set[str] = set()
        self.files: set[str] = set()
        self.made: dict[str, set[str]] = {}

    def see(self, report: pytest.CollectReport) -> None:
        """Remember all parametrized tests of a module or a class, whether they are selected or not."""
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
        # Counted here, because some plugins drop tests without calling a hook.
        self.deselected = self.seen - len(session.items)

    def told(self) -> dict[str, Any]:
        """What an xdist worker tells its controller, which collects nothing itself."""
        return {
            "samurai_deselected": self.deselected,
            "samurai_collected": sorted(self.marked),
            "samurai_collected_files": sorted(self.files),
        }

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take over what a worker reported. All workers report the same; a crashed one reports nothing."""
        self.deselected = max(self.deselected, told.get("samurai_deselected", 0))
        self.marked.update(told.get("samurai_collected", ()))
        self.files.update(told.get("samurai_collected_files", ()))
