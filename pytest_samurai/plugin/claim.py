"""Which of the collected tests are ours, and whether they can all run the way they ask."""

from __future__ import annotations

import pytest

from pytest_samurai.errors import SettingsError
from pytest_samurai.plugin.idle import be_at_work
from pytest_samurai.plugin.marker import file_of, is_marked, marker_of
from pytest_samurai.plugin.state import RUN, TEST, lock_of, prices_of, settings_of
from pytest_samurai.plugin.worker import is_worker


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each marked test its recorder, and report all mistakes in markers at once."""
    run, distributed = config.stash[RUN], is_worker(config)
    mistakes = []
    for item in items:
        # Do this before any test is deselected, and before xdist adds a group to the id.
        if distributed:
            item.stash[TEST] = item.nodeid
        run.collection.files.add(file_of(item.nodeid))
        try:
            marker = marker_of(item)
            if marker is None and not is_marked(item):
                continue
            settings_of(config, *(marker[1:] if marker else ()))
            prices_of(config)
            lock_of(config)
        except SettingsError as error:
            mistakes.append(str(error))
        be_at_work(config)
        from pytest_samurai.plugin.order import open_first

        open_first(item)
        run.collection.marked.add(item.nodeid)
        run.recorded_fixtures.update(item.fixturenames)  # type: ignore[attr-defined]  # functions have it
    # An xdist worker cannot show the mistakes, so its fixture raises each one in its test.
    if mistakes and not distributed:
        raise pytest.UsageError("\n".join(dict.fromkeys(mistakes)))
