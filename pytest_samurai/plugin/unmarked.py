"""Calls that are made while no recorder is open."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.refusal import RefusedInTest
from pytest_samurai.plugin.state import RUN, RunState
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible


class Unmarked:
    """Counts the calls that a test makes while no recorder is open, and refuses them if `block` says so."""

    def __init__(self, test: str, settings: Settings, *, block: bool, advice: str) -> None:
        self.endpoints = settings.matcher.endpoints
        self.block = block
        self.refusals: list[RequestNotRecorded] = []
        self.calls = 0
        self._test = test
        self._advice = advice

    def refused(self, url: str) -> RequestNotRecorded:
        from pytest_samurai.redaction import environment_secrets, shown_url

        where = visible(shown_url(url, environment_secrets(os.environ)))
        refusal = RefusedInTest(
            f"{where} is a chat call for which no recorder is open, and no call may go live unrecorded here.\n"
            f"  test      {visible(self._test)}\n"
            f"  {self._advice}"
        )
        self.refusals.append(refusal)
        return refusal

    def went_live(self) -> None:
        self.calls += 1


UNMARKED = pytest.StashKey[Unmarked]()


def watch(item: pytest.Item) -> bool:
    """Watch the calls that a test makes while no recorder is open. Returns whether they are watched.

    A test without the marker has no recorder at all. One with it has none while fixtures of wider scope are torn down.
    """
    run = item.config.stash[RUN]
    marked = is_marked(item)
    settings = run.settings
    block = settings.unmarked == "block" or (marked and not _may_go_live(settings))
    if settings.unmarked == "allow" and not block:
        return False
    if not block and "httpx" not in sys.modules and "httpx2" not in sys.modules:
        return False
    from pytest_samurai import intercept

    if not run.watching:
        run.watching = True
        intercept.install(later=block)
    intercept.patch_imported()
    advice = (
        "Calls that a fixture of wider scope makes as it is torn down cannot be recorded."
        if marked
        else "Mark the test with @pytest.mark.samurai to record and replay it."
    )
    item.stash[UNMARKED] = unmarked = Unmarked(item.nodeid, settings, block=block, advice=advice)
    intercept.watch(unmarked)
    return True


def _may_go_live(settings: Settings) -> bool:
    from pytest_samurai.recorder import RECORD_MODES

    return RECORD_MODES[settings.mode].may_go_live


def unwatch(run: RunState) -> None:
    """Stop watching: the test has ended."""
    run.item = None
    if run.watched:
        from pytest_samurai import intercept

        run.watched = False
        intercept.watch(None)
