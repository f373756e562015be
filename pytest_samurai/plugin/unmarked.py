"""Calls that are made while no recorder is open."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.refusals import Refusals
from pytest_samurai.plugin.state import RUN, RunState
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible


class Unmarked:
    """Counts the calls that a test makes while no recorder is open, and refuses them if `block` says so."""

    def __init__(self, test: str, settings: Settings, refusals: Refusals, *, block: bool, advice: str) -> None:
        self.endpoints = settings.matcher.endpoints
        self.block = block
        self.calls = 0
        self._refusals = refusals
        self._test = test
        self._advice = advice

    def refused(self, url: str) -> RequestNotRecorded:
        from pytest_samurai.redaction import environment_secrets, shown_url

        where = visible(shown_url(url, environment_secrets(os.environ)))
        return self._refusals.refuse(
            f"{where} is a chat call for which no recorder is open, and no call may go live unrecorded here.\n"
            f"  test      {visible(self._test)}\n"
            f"  {self._advice}"
        )

    def went_live(self) -> None:
        self.calls += 1


UNMARKED = pytest.StashKey[Unmarked]()


def watch(item: pytest.Item) -> bool:
    """Watch the calls that a test makes while no recorder is open. Returns whether they are watched.

    A test without the marker has no recorder at all. One with it has none while fixtures of wider scope are torn down.
    """
    run = item.config.stash[RUN]
    settings = run.settings
    block = settings.unmarked == "block" or (is_marked(item) and not _may_go_live(settings))
    if settings.unmarked == "allow" and not block:
        return False
    if not block and "httpx" not in sys.modules and "httpx2" not in sys.modules:
        return False
    _watch(item, block=block)
    return True


def only_replays(item: pytest.Item) -> None:
    """Refuse the calls of a test that has turned out to be a replay, once its recorder has closed."""
    run = item.config.stash[RUN]
    if run.watched:
        item.stash[UNMARKED].block = True
    else:
        _watch(item, block=True)
        run.watched = True


def _watch(item: pytest.Item, *, block: bool) -> None:
    from pytest_samurai import intercept

    run = item.config.stash[RUN]
    if not run.watching:
        run.watching = True
        intercept.install(later=block)
    intercept.patch_imported()
    advice = (
        "Calls that a fixture of wider scope makes as it is torn down cannot be recorded."
        if is_marked(item)
        else "Mark the test with @pytest.mark.samurai to record and replay it."
    )
    item.stash[UNMARKED] = unmarked = Unmarked(item.nodeid, run.settings, run.refusals, block=block, advice=advice)
    intercept.watch(unmarked)


def _may_go_live(settings: Settings) -> bool:
    from pytest_samurai.recorder import RECORD_MODES

    return RECORD_MODES[settings.mode].may_go_live


def unwatch(run: RunState) -> None:
    """Stop watching: the test has ended."""
    run.item = None
    intercept = sys.modules.get("pytest_samurai.intercept")
    if intercept is not None:
        intercept.judge_by(None)
        intercept.watch(None)
    run.watched = False
