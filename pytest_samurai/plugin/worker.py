"""A process that runs tests for an xdist controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from pytest_samurai.plugin.state import RUN


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for a controller, which makes the run's reports."""
    return hasattr(config, "workerinput")


def worker_input(config: pytest.Config) -> Mapping[str, Any] | None:
    """What the controller told this worker; None in any other process."""
    return cast("Mapping[str, Any] | None", getattr(config, "workerinput", None))


class Worker:
    """Tells the controller at the end of a worker what was collected."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = cast("dict[str, Any]", session.config.workeroutput)  # type: ignore[attr-defined]  # xdist sets it
        output.update(session.config.stash[RUN].collection.told())
