"""What fails a test whose body went through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_samurai.errors import BudgetExceeded, SamuraiFailure
from pytest_samurai.recorder.calls import Calls
from pytest_samurai.recorder.keeper import Keeper
from pytest_samurai.recorder.unused import unused_fails, unused_text

if TYPE_CHECKING:
    from pytest_samurai.recorder.recorder import Recorder


def verdict_of(recorder: Recorder, calls: Calls, keeper: Keeper | None) -> BaseException | None:
    """A swallowed miss, a broken budget, or what was not played, in this order; None if all is well."""
    unknown = calls.spend()
    recorder.children.listen(recorder.refuse)
    if recorder.misses:
        return recorder.misses[0]
    settings, owner = recorder.settings, recorder.owner
    judged = calls.verdict(settings.budget, only_children=has_only_started_children(recorder))
    if broken := "\n".join(filter(None, [judged, unknown])):
        return BudgetExceeded(broken)
    if keeper is not None and (text := keeper.stale(calls.takes(), recorder.unrecorded)):
        return SamuraiFailure(text)
    text = unused_text(recorder.playback, settings, owner, lambda: recorder.shown_path)
    if text and unused_fails(recorder.playback, settings):
        return SamuraiFailure(text)
    recorder.notes += filter(None, [text])
    return None


def has_only_started_children(recorder: Recorder) -> bool:
    """Whether child processes were started, and may be all that has made calls."""
    may_be_them = recorder.children.were_started and not recorder.owner.is_fixture
    return may_be_them and not (recorder.calls or recorder.misses or recorder.unrecorded)
