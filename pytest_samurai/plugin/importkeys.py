"""Keys for clients that are made when a test module, or something it imports, is imported."""

from __future__ import annotations

import re
import sys

import pytest

from pytest_samurai.plugin.state import RUN, cassette_root

_TRIED = pytest.StashKey[set[str]]()
"""The keys that a second import of a module has been tried with."""


def imported_with_keys(collector: pytest.Module, failed: pytest.CollectReport) -> pytest.CollectReport | None:
    """Import a module again with placeholders, if its import failed because keys are missing and the suite replays.

    This never happens before an import fails: some tests check for keys at import to decide whether to skip, and some
    applications to choose a provider. Returns None if no key was missing, or if the second import fails too. Then the
    first import's error is the cause.
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
        # An application that empties a key while it is imported would miss it again and again.
        tried |= missed
        _forget(collector)
        again: pytest.CollectReport = collector.ihook.pytest_make_collect_report(collector=collector)
    finally:
        placeholders.remove()
    return None if again.failed else again


def _replays(config: pytest.Config) -> bool:
    """Whether this run replays recorded tests, in a suite that has cassettes."""
    from pytest_samurai.recorder import RECORD_MODES

    mode = RECORD_MODES[config.stash[RUN].settings.mode]
    return (mode.only_replays_once_recorded or not mode.may_go_live) and cassette_root(config).is_dir()


def _forget(collector: pytest.Module) -> None:
    """Remove the half-imported module that `--import-mode=importlib` leaves behind.

    Pytest would use it as the module, and silently lose the tests below the line that failed.
    """
    if collector.config.getoption("importmode") != "importlib":
        return
    files = {str(collector.path), *(str(parent / "__init__.py") for parent in collector.path.parents)}
    for name, module in [*sys.modules.items()]:
        # `getattr` is not safe here: the entry may not be a module, and may import something when asked.
        if getattr(module, "__dict__", {}).get("__file__") in files:
            del sys.modules[name]


def _error(text: str) -> str:
    """The last lines of a traceback, with the error itself. The code above them may name keys that are not missing."""
    lines = re.findall(r"^E .*$", text, re.MULTILINE)
    return "\n".join(lines) or text
