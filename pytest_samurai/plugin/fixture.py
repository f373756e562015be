"""The recorder of a fixture with a wider scope."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_samurai.plugin.internals import fail_again
from pytest_samurai.plugin.marker import file_of
from pytest_samurai.plugin.place import fixture_cassette_path, of_same_scope, relative
from pytest_samurai.plugin.state import RUN, config_layer, settings_of, shared_of
from pytest_samurai.plugin.varying import note_variations
from pytest_samurai.plugin.verdict import held_against_lock
from pytest_samurai.text import visible

if TYPE_CHECKING:
    from pytest_samurai.plugin.refusals import Refusals
    from pytest_samurai.recorder import Recorder


@pytest.hookimpl(wrapper=True)
def fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Record the calls of a fixture with a wider scope to a separate cassette, if a marked test uses it.

    Otherwise the calls would belong to whichever test runs first, and the other tests would lack them.
    """
    run = request.config.stash[RUN]
    item = run.item
    wide = fixturedef.scope != "function" and fixturedef.argname not in _SETTINGS_FIXTURES
    if item is None or not wide or fixturedef.argname not in run.recorded_fixtures:
        return (yield)
    from pytest_samurai.bill import TestFigures, fixture_key
    from pytest_samurai.context import Session
    from pytest_samurai.plugin.recording import note_play, note_spoken, owner_of
    from pytest_samurai.plugin.renamed import renamed_of
    from pytest_samurai.recorder import Recorder
    from pytest_samurai.report import NOTE_PROPERTY

    label = f"{fixturedef.scope} fixture {fixturedef.argname}"
    path = fixture_cassette_path(item, fixturedef, request)
    config = config_layer(item, of_same_scope(request, "samurai_config", {}))
    settings = settings_of(request.config, config)
    owner = owner_of(item, label, shared=True, is_fixture=True)
    if fixturedef.scope in ("module", "class"):
        owner.renamed = partial(renamed_of(request.config).commands_of_fixture, file_of(item.nodeid))
    recorder = Recorder(path, settings, owner, shared_of(request.config))
    # A test that gets the key from this fixture may print it much later.
    recorder.sent = run.sent
    session = Session(recorder, placeholders=True)
    run.refusals.opened(recorder)
    try:
        with session:
            result = yield from _without_misses(fixturedef, request, recorder, run.refusals)
            session.passed = True
            key = fixture_key(label, relative(path, request.config).as_posix())
            regression = held_against_lock(item, recorder, key)
            if regression is not None:
                raise regression
        return result
    finally:
        run.refusals.closed(recorder)
        note_play(item, recorder, label, passed=session.passed)
        note_spoken(item, recorder, label)
        note_variations(item, recorder, {"samurai_config": config})
        if recorder.calls:
            figures = TestFigures.of(label, recorder.calls, recorded=recorder.recorded)
            item.user_properties.append(figures.fixture_property())
        item.user_properties += [(NOTE_PROPERTY, visible(note, keep="\n")) for note in recorder.notes]


def _without_misses(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, recorder: Recorder, refusals: Refusals
) -> Generator[None, object, object]:
    """Set up a fixture. If it swallows a miss, every test that uses it fails, not only the first."""
    try:
        result = yield
        refusals.listen()
    except BaseException as error:
        refusals.listen()
        if not recorder.misses or refusals.ends_the_run(error):
            raise
        if not refusals.overrules(error):
            refusals.causes.append((error, recorder.misses[0]))
            raise
        fail_again(fixturedef, request, recorder.misses[0])
        raise recorder.misses[0] from None
    if recorder.misses:
        fail_again(fixturedef, request, recorder.misses[0])
        raise recorder.misses[0]
    return result


_SETTINGS_FIXTURES = frozenset({"samurai_config", "samurai_cassette_dir", "vcr_config", "vcr_cassette_dir", "vcr"})
"""The fixtures whose values a recorder is made from."""
