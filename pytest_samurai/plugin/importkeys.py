"""Keys for the clients that a module of tests, or what it imports, makes when it is imported."""

from __future__ import annotations

import re
import sys

import pytest

from pytest_samurai.plugin.state import RUN, cassette_root

_TRIED = pytest.StashKey[set[str]]()
"""The keys with which the import of a module has been tried again."""


def imported_with_keys(collector: pytest.Module, failed: pytest.CollectReport) -> pytest.CollectReport | None:
    """Import a module again, with placeholders, if its import has failed for want of keys, in a suite that replays.

    Not before that: tests decide by the keys that they find at import whether they are skipped, and applications which
    provider they use. None if no key was missed, or if the second import fails too: the first one's error is the cause.
    """
    if not _replays(collector.config):
        return None
    from pytest_samurai.recorder import Placeholders

    placeholders = Placeholders(collector.config.stash[RUN].settings.keys)
    tried = collector.stash.setdefault(_TRIED, set())
    missed = placeholders.give_missed(_error(failed.longreprtext)) - tried
    try:
        if not missed:
            return None
        # An application that empties a key as it is imported would miss it for ever.
        tried |= missed
        _forget(collector)
        again: pytest.CollectReport = collector.ihook.pytest_make_collect_report(collector=collector)
    finally:
        placeholders.remove()
    return None if again.failed else again


def _replays(config: pytest.Config) -> bool:
    """Whether this is a run of a suite with cassettes, in which recorded tests replay."""
    from pytest_samurai.recorder import RECORD_MODES

    mode = RECORD_MODES[config.stash[RUN].settings.mode]
    return (mode.only_replays_once_recorded or not mode.may_go_live) and cassette_root(config).is_dir()


def _forget(collector: pytest.Module) -> None:
    """Take out what `--import-mode=importlib` leaves of an import that failed.

    It would be taken for the module, and the tests below the line that failed would be missing without a word.
    """
    if collector.config.getoption("importmode") != "importlib":
        return
    files = {str(collector.path), *(str(parent / "__init__.py") for parent in collector.path.parents)}
    for name, module in [*sys.modules.items()]:
        # Not by `getattr`: what stands there may be no module, and import something when it is asked.
        if getattr(module, "__dict__", {}).get("__file__") in files:
            del sys.modules[name]


def _error(text: str) -> str:
    """The error's own lines of a traceback: the code above them may name keys that nobody misses."""
    lines = re.findall(r"^E .*$", text, re.MULTILINE)
    return "\n".join(lines) or text
