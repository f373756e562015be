"""What an xdist controller sends its workers and gets back from them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.plugin.idle import gather
from pytest_samurai.plugin.state import RUN, lock_of


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker about the run: when the controller started it, and the limits that all workers share."""
    from pytest_samurai.text import timestamp

    run = node.config.stash[RUN]
    node.workerinput["samurai_began"] = timestamp(run.began)
    if run.tally is not None:
        node.workerinput["samurai_tally"] = run.tally.path
    gather(node.config)
    try:
        # The controller collects nothing, and a worker cannot show what is wrong with the lock.
        lock_of(node.config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker collected."""
    node.config.stash[RUN].collection.hear(getattr(node, "workeroutput", {}))
