"""The recorder of a test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_samurai.bill import FIGURE_PROPERTIES, TestFigures
from pytest_samurai.cassette import placed_cassette
from pytest_samurai.context import Session
from pytest_samurai.files import REAL, exists
from pytest_samurai.plugin.marker import is_of_another_tool, marker_of
from pytest_samurai.plugin.place import Location, cassette_location, default_cassette_dir, own_cassette, relative
from pytest_samurai.plugin.renamed import renamed_of
from pytest_samurai.plugin.state import (
    PASSED,
    PLAYS,
    RECORDER,
    REQUEST,
    RUN,
    SENT,
    SPOKEN,
    UNUSED,
    config_layer,
    settings_of,
    shared_of,
)
from pytest_samurai.plugin.unmarked import only_replays
from pytest_samurai.plugin.varying import note_variations
from pytest_samurai.plugin.verdict import forget, target, test_id
from pytest_samurai.recorder import RECORD_MODES, Owner, Recorder, or_compressed, transformed, unused_of
from pytest_samurai.report import NOTE_PROPERTY, Play, Spoken
from pytest_samurai.settings import Layer, Settings
from pytest_samurai.text import visible

if TYPE_CHECKING:
    from pytest_samurai.plugin.moved import Moved


def recorded(
    request: pytest.FixtureRequest, samurai_config: dict[str, Any], samurai_cassette_dir: Path
) -> Iterator[Recorder]:
    """The value of the fixture `samurai`."""
    item = cast("pytest.Item", request.node)
    name, layer = marker_of(item) or (None, Layer(item.nodeid, "test", {}))
    others = _moved(request, item) if is_of_another_tool(item) else None
    config = config_layer(item, samurai_config)
    layers = [config, *([] if others is None else [others.layer]), layer]
    settings = settings_of(request.config, *layers)
    location = _location(request, settings, samurai_cassette_dir, name, others)
    owner = owner_of(item, item.nodeid, shared=location.is_shared)
    recorder = Recorder(location.path, settings, owner, shared_of(request.config))
    # If the test runs again (pytest-rerunfailures), its last run counts.
    forget(item)
    session = Session(recorder)
    if recorder.replaying:
        only_replays(item, recorder)
    refusals = request.config.stash[RUN].refusals
    refusals.opened(recorder)
    item.stash[RECORDER] = recorder
    item.stash[REQUEST] = request
    # A report that is made after the recorder is gone must know the keys too.
    item.stash[SENT] = recorder.sent
    item.stash[PASSED] = False
    item.stash[UNUSED] = None
    try:
        with session:
            yield recorder
            session.passed = item.stash.get(PASSED, False) and _has_played_all(item, recorder)
    finally:
        refusals.listen()
        refusals.closed(recorder)
        del item.stash[RECORDER], item.stash[REQUEST]
        # A test that runs again counts once.
        item.user_properties[:] = [pair for pair in item.user_properties if pair[0] not in FIGURE_PROPERTIES]
        figures = TestFigures.of(item.nodeid, recorder.calls, recorded=recorder.recorded)
        item.user_properties += figures.properties()
        item.user_properties += [(NOTE_PROPERTY, visible(note, keep="\n")) for note in recorder.notes]
    note_play(item, recorder, test_id(item), passed=session.passed)
    note_spoken(item, recorder, item.nodeid)
    of_others = {} if others is None else {"vcr_config": others.layer}
    note_variations(item, recorder, {"marker": layer, **of_others, "samurai_config": config})


def _has_played_all(item: pytest.Item, recorder: Recorder) -> bool:
    """Judge what was not played, after the test's other fixtures are torn down: they may have played the rest."""
    item.stash[UNUSED] = failure = unused_of(recorder)
    return failure is None


def _moved(request: pytest.FixtureRequest, item: pytest.Item) -> Moved:
    """What another recorder's fixtures say about a test with its marker. Only a suite that moved in has such tests."""
    from pytest_samurai.plugin.moved import moved

    return moved(request, item)


def _location(
    request: pytest.FixtureRequest, settings: Settings, directory: Path, name: Path | None, others: Moved | None
) -> Location:
    """Where the cassette of a test is. `others` is what another recorder's fixtures say."""
    if settings.cassette_library_dir is not None:
        directory = REAL.Path(REAL.getcwd(), settings.cassette_library_dir)
    elif others is not None and directory == default_cassette_dir(request):
        directory = others.directory
    else:
        directory = REAL.Path(directory)
    named = None if others is None else others.name if name is None else name
    if named is None:
        location = cassette_location(request, directory, name, RECORD_MODES[settings.mode])
    else:
        from pytest_samurai.plugin.moved import refuse_second

        location = Location(placed_cassette(directory, named), True)
        refuse_second(own_cassette(request, directory), location.path, request.node.nodeid)
    return location._replace(path=or_compressed(transformed(location.path, settings)))


def note_play(item: pytest.Item, recorder: Recorder, user: str, *, passed: bool) -> None:
    """Note what a test or fixture played from its cassette. `user` is its name: see `Use`."""
    if not exists(recorder.cassette_path) and not recorder.dropped:
        return
    unknown = ""
    if not recorder.record_mode.plays:
        unknown = f"{user} ran in mode {recorder.mode}"
    elif not passed:
        unknown = f"{user} did not run to its end"
    elif recorder.settings.unused == "ignore":
        unknown = f"`unused` is `ignore` for {user}"
    playback = recorder.playback
    # Dropped interactions are no longer in the cassette.
    unplayed = [] if recorder.dropped else playback.unplayed()
    origins = playback.recordings.origins
    play = Play(
        str(recorder.cassette_path),
        len(playback.recordings),
        unplayed,
        recorder.owner.shared,
        unknown,
        [user],
        updates=recorder.record_mode.updates,
        dropped=recorder.dropped,
        edited=origins.edited,
        imported=origins.imported,
        unsealed=origins.unsealed,
        moved=playback.is_foreign or origins.imported > 0,
    )
    item.stash.setdefault(PLAYS, []).append(play)


def note_spoken(item: pytest.Item, recorder: Recorder, user: str) -> None:
    """Note for the reports which calls a test or fixture made with its cassette. `user` is its name."""
    if not any(target.has_calls for target in item.config.stash[RUN].settings.report):
        return
    if recordings := recorder.recordings:
        cassette = relative(recorder.cassette_path, item.config).as_posix()
        item.stash.setdefault(SPOKEN, []).append(Spoken.of(user, cassette, recordings))


def owner_of(item: pytest.Item, name: str, *, shared: bool, is_fixture: bool = False) -> Owner:
    """The owner of a recorder: a test, or a fixture with a label."""
    config = item.config
    run = config.stash[RUN]
    # Recording again right after a recording would not help.
    rerun = None if run.proves else partial(target, item)
    owner = Owner(visible(name), run.began, rerun, shared, run.refusals.refuse, is_fixture=is_fixture)
    owner.on_live = None if run.progress is None else run.progress.call
    if not shared:
        owner.renamed = lambda cassette, answers: renamed_of(config).commands(test_id(item), cassette, answers)
    return owner
