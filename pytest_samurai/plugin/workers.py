"""What the processes of a run tell each other, under xdist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.plugin.idle import gather
from pytest_samurai.plugin.state import RUN, lock_of


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for a controller, which makes the reports of the run."""
    return hasattr(config, "workerinput")


def worker_input(config: pytest.Config) -> Mapping[str, Any] | None:
    """What the controller told this worker; None in any other process."""
    return cast("Mapping[str, Any] | None", getattr(config, "workerinput", None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of the run: it began when the controller did, and its limits hold for all workers together."""
    run = node.config.stash[RUN]
    node.workerinput["samurai_began"] = run.began.isoformat()
    if run.tally is not None:
        node.workerinput["samurai_tally"] = run.tally.path
    gather(node.config)
    try:
        # The controller collects nothing, and a worker cannot show what is wrong.
        lock_of(node.config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker collected."""
    node.config.stash[RUN].collection.hear(getattr(node, "workeroutput", {}))


class Worker:
    """Tells the controller at the end of a worker what was collected."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = cast("dict[str, Any]", session.config.workeroutput)  # type: ignore[attr-defined]  # xdist puts it there
        output.update(session.config.stash[RUN].collection.told())
