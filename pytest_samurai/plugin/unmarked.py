"""Calls made while no recorder is open."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.refusals import Refusals
from pytest_samurai.plugin.state import RUN, RunState
from pytest_samurai.settings import Settings
from pytest_samurai.text import visible

if TYPE_CHECKING:
    from pytest_samurai.recorder import ModelHosts, Recorder, Suspect


class Unmarked:
    """Counts the calls that a test makes while no recorder is open, and refuses them if `block` is set."""

    def __init__(self, test: str, settings: Settings, refusals: Refusals, *, block: bool, advice: str) -> None:
        self.endpoints = settings.matcher.endpoints
        self.block = block
        self.calls = 0
        self._settings = settings
        self._hosts: ModelHosts | None = None
        self._refusals = refusals
        self._test = test
        self._advice = advice

    def refused(self, url: str) -> RequestNotRecorded:
        from pytest_samurai.redaction import environment_secrets, shown_url

        where = visible(shown_url(url, environment_secrets(os.environ)))
        return self._refusals.refuse(
            f"{where} is a model call, but no recorder is open, and no call may go live unrecorded here.\n"
            f"  test      {visible(self._test)}\n"
            f"  {self._advice}"
        )

    def went_live(self) -> None:
        self.calls += 1

    @property
    def replays(self) -> bool:
        """Whether the test can only replay."""
        return self._hosts is not None

    def suspect(self, url: str) -> Suspect | None:
        """Whether a URL outside the endpoints may be a model's, in a test that can only replay."""
        from pytest_samurai.recorder import is_ignored, suspect

        if self._hosts is None or is_ignored(self._settings, urlsplit(url).hostname or ""):
            return None
        return suspect(self._hosts, url)

    def connected(self, hosts: Sequence[str], port: int) -> None:
        """Judge a connection from a client that no hook sees. Raises RequestNotRecorded if it leads to a model."""
        from pytest_samurai.recorder import why_unseen

        reached = None if self._hosts is None else why_unseen(self._hosts, self._settings, hosts, port)
        if reached is None:
            return
        host, why = reached
        if self._settings.unseen == "warn":
            self.went_live()
            return
        raise self._refusals.refuse(
            f"a connection to {visible(host)}:{port}, which serves models ({why}), was opened while no recorder was"
            " open, and no call may go live unrecorded here.\n"
            f"  test      {visible(self._test)}\n"
            f"  {self._advice}"
        )

    def only_replays(self, hosts: ModelHosts, settings: Settings) -> None:
        """From now on, refuse live calls to these hosts."""
        self.block, self._hosts, self._settings = True, hosts, settings

    def forget(self) -> None:
        """The test has ended. This object lives until the end of the run, and its hosts hold the cassette."""
        self._hosts = None


UNMARKED = pytest.StashKey[Unmarked]()


def watch(item: pytest.Item, *, may_call: bool) -> bool:
    """Watch the calls that a test makes while no recorder is open. Returns whether they are watched.

    A test without the marker never has a recorder. A marked test has none while wider fixtures are torn down. With
    `may_call`, a library that makes calls is imported.
    """
    run = item.config.stash[RUN]
    settings = run.settings
    replays = is_marked(item) and not _may_go_live(settings)
    block = settings.unmarked == "block" or replays
    if settings.unmarked == "allow" and not block:
        return False
    if not block and not may_call:
        return False
    _watch(item, block=block, replays=replays)
    return True


def only_replays(item: pytest.Item, recorder: Recorder) -> None:
    """Refuse the later calls of a test that turned out to be a replay, once its recorder has closed."""
    run = item.config.stash[RUN]
    if not run.watched:
        _watch(item, block=True)
        run.watched = True
    item.stash[UNMARKED].only_replays(recorder.hosts, recorder.settings)


def _watch(item: pytest.Item, *, block: bool, replays: bool = False) -> None:
    from pytest_samurai import intercept
    from pytest_samurai.recorder import ModelHosts
    from pytest_samurai.wire import Recordings

    run = item.config.stash[RUN]
    if not run.watching:
        run.watching = True
        intercept.install(later=block)
    intercept.patch_imported()
    advice = (
        "Calls made in the teardown of a wider-scoped fixture cannot be recorded."
        if is_marked(item)
        else "Mark the test with @pytest.mark.samurai to record and replay it."
    )
    item.stash[UNMARKED] = unmarked = Unmarked(item.nodeid, run.settings, run.refusals, block=block, advice=advice)
    if replays:
        # The hosts of its cassette come with its recorder.
        unmarked.only_replays(ModelHosts(Recordings(), run.settings.endpoints, tuple), run.settings)
    intercept.watch(unmarked)


def _may_go_live(settings: Settings) -> bool:
    from pytest_samurai.recorder import RECORD_MODES

    return RECORD_MODES[settings.mode].may_go_live


def unwatch(run: RunState) -> None:
    """Stop watching: the test has ended."""
    item, run.item = run.item, None
    if (imported := sys.modules.get("pytest_samurai.intercept")) is not None:
        imported.judge_by(None)
    if item is not None and run.watched:
        item.stash[UNMARKED].forget()
        from pytest_samurai import intercept

        run.watched = False
        intercept.watch(None)
