"""The hooks of a run that has none of our tests yet.

A suite without marked tests should not notice the plugin. So the modules that gather and watch, and everything they
need, are imported only when there is something to gather or watch.
"""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from pytest_samurai.plugin.state import RUN, cassette_root

_LIBRARIES = ("httpx", "httpx2")
_CALLERS = (*_LIBRARIES, "pytest_samurai.recorder")
"""Modules that let a test make calls we can see."""


def gather(config: pytest.Config, session: pytest.Session | None = None) -> None:
    """From now on, gather what reports carry. With a session, also take over the tests that ran before."""
    if not config.stash[RUN].gathers:
        from pytest_samurai.plugin import work

        work.gather(config, session)


def be_at_work(config: pytest.Config, session: pytest.Session | None = None) -> None:
    """From now on, watch the calls that tests make."""
    if not config.stash[RUN].at_work:
        from pytest_samurai.plugin import work

        work.be_at_work(config, session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Watch a test that could call an API. For any other test, this is all the plugin does."""
    run = item.config.stash[RUN]
    if run.at_work or not sys.modules.keys().isdisjoint(_CALLERS):
        be_at_work(item.config, item.session)
        from pytest_samurai.plugin.unmarked import watch

        if item.nodeid in run.collection.marked:
            # Import it before a fixture of the test patches the functions it takes hold of.
            import pytest_samurai.plugin.recording  # noqa: F401 - see above
        run.item = item
        run.watched = watch(item, may_call=not sys.modules.keys().isdisjoint(_LIBRARIES))
        intercept = sys.modules.get("pytest_samurai.intercept")
        if intercept is not None:
            intercept.judge_by(run.refusals)
    run.begun.add(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Start to gather by the end of the run: the last test may have been the one to import `use_cassette`."""
    proof = session.config.stash[RUN].proof
    try:
        result = yield
        if proof is not None:
            proof.prove(session)
        return result
    except BaseException:
        # Happens after `-x` or Ctrl-C.
        if proof is not None and proof.line is None and proof.error is None:
            proof.leave_out()
        raise
    finally:
        if "pytest_samurai.intercept" in sys.modules or cassette_root(session.config).is_dir():
            gather(session.config, session)
