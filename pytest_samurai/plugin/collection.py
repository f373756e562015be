"""What the collection of a run came to, marked or not."""

from __future__ import annotations

import pytest


class Collection:
    """Counts from the beginning: whether there is anything to gather is known only when it has ended."""

    def __init__(self) -> None:
        self.seen = 0
        self.skipped: list[str] = []

    def pytest_itemcollected(self) -> None:
        self.seen += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)
