"""What fails a test that raised nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_samurai.errors import BudgetExceeded, SamuraiFailure
from pytest_samurai.recorder.calls import Calls
from pytest_samurai.recorder.keeper import Keeper
from pytest_samurai.recorder.unused import unused, unused_fails, unused_text

if TYPE_CHECKING:
    from pytest_samurai.recorder.recorder import Recorder


def verdict_of(recorder: Recorder, calls: Calls, keeper: Keeper | None) -> BaseException | None:
    """A swallowed miss, a broken budget, or an old cassette that stays, in this order; None if all is well so far.

    `unused_of` separately judges what was not played, because the test's fixtures may play it during their teardown.
    """
    unknown = calls.spend()
    recorder.children.listen(recorder.refuse)
    if recorder.misses:
        return recorder.misses[0]
    judged = calls.verdict(recorder.settings.budget, only_children=has_only_started_children(recorder))
    if broken := "\n".join(filter(None, [judged, unknown])):
        return BudgetExceeded(broken)
    if keeper is not None and (text := keeper.stale(calls.takes(), recorder.unrecorded)):
        return SamuraiFailure(text)
    return None


def has_unused(recorder: Recorder) -> bool:
    """Whether the test must still play recordings, or else fail."""
    settings = recorder.settings
    fails = unused_fails(recorder.playback, settings)
    return fails and bool(unused(recorder.playback, settings, recorder.owner))


def unused_of(recorder: Recorder) -> SamuraiFailure | None:
    """What fails a successful test that has not played everything; None if it has, or if that only deserves a note."""
    settings = recorder.settings
    text = unused_text(recorder.playback, settings, recorder.owner, lambda: recorder.shown_path)
    if text and unused_fails(recorder.playback, settings):
        return SamuraiFailure(text)
    recorder.notes += filter(None, [text])
    return None


def has_only_started_children(recorder: Recorder) -> bool:
    """Whether child processes were started, and may have made all the calls."""
    may_be_them = recorder.children.were_started and not recorder.owner.is_fixture
    return may_be_them and not (recorder.calls or recorder.misses or recorder.unrecorded)
