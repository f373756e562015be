"""The note of the last full run, in pytest's cache directory."""

from __future__ import annotations

from pathlib import Path

from pytest_samurai.errors import SettingsError
from pytest_samurai.files import json
from pytest_samurai.report.fullrun import FullRun

NOTE = "samurai/full_run"
"""The name of the note of the last full run, in pytest's cache."""

RUN_ALL = "run all tests with `pytest`, without paths, -k or -m, from its root directory; then prune from there"
"""How a full run comes about."""


def last_full_run(cache: Path) -> FullRun:
    """The last full run, from pytest's cache directory.

    Raises SettingsError if none is noted, or if the note cannot be read.
    """
    # Pytest keeps the values of its cache in this directory.
    note = cache / "v" / NOTE
    try:
        value = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"no full run is noted in {note}: {RUN_ALL} (a cache directory of another name has to be given by"
            " --cache-dir, and `-p no:cacheprovider` keeps none)"
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
