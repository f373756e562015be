"""How refusals affect the setup and the teardown of a test."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_samurai.plugin.internals import go_on_tearing_down, tear_down
from pytest_samurai.plugin.state import RECORDER, REQUEST, RUN

# First, like the hook of the body, so that they wrap all others.


@pytest.hookimpl(wrapper=True, tryfirst=True)
def runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a setup that was skipped after a refusal. If the setup succeeds, the body fails."""
    refusals = item.config.stash[RUN].refusals
    refusals.begin_test()
    with refusals.phase(item.session, "setup"):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Fail a teardown that swallows a refusal, unless the test is already red."""
    refusals = item.config.stash[RUN].refusals
    result: object = None
    with refusals.phase(item.session, "teardown"):
        try:
            result = yield
        except BaseException as error:
            if refusals.ends_the_run(error):
                raise
            try:
                if RECORDER in item.stash:
                    # The error kept pytest from tearing it down, and the next test would play from its cassette.
                    tear_down(item.stash[REQUEST])
            finally:
                go_on_tearing_down(item, nextitem, error)
            if refusals.pending or not refusals.is_echo(error):
                raise
        if refusals.pending and not refusals.is_red:
            raise refusals.tell()
    return result
