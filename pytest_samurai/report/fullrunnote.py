"""The note on the last full run, in pytest's cache directory."""

from __future__ import annotations

from pathlib import Path

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.report.fullrun import FullRun

NOTE = "samurai/full_run"
"""The note's name in pytest's cache."""

RUN_ALL = "run all tests with `pytest`, without paths, -k or -m, from its root directory; then prune from there"
"""How to get a full run."""


def last_full_run(cache: Path) -> FullRun:
    """The last full run, from pytest's cache directory.

    Raises SettingsError if there is no note, or if it cannot be read.
    """
    # Pytest keeps its cached values in this directory.
    note = cache / "v" / NOTE
    try:
        value = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"no full run is noted in {note}: {RUN_ALL} (for another cache directory, use --cache-dir;"
            " `-p no:cacheprovider` keeps no note)"
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{note} cannot be read ({error}): {RUN_ALL}") from None
    if isinstance(value, dict) and "not_full" in value:
        raise SettingsError(f"no full run is noted yet, and the last run was not full: {value['not_full']}; {RUN_ALL}")
    try:
        run = FullRun.from_json(value)
    except (KeyError, TypeError):
        raise SettingsError(f"{note} was written by another version: {RUN_ALL}") from None
    return run
