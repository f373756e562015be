"""The cassettes that no longer have a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_samurai.errors import CassetteError
from pytest_samurai.report.fullrun import FullRun
from pytest_samurai.text import visible

_MOST_NAMED = 10


def orphaned(run: FullRun | None, name: str, content: bytes) -> bool | None:
    """Whether no test of the last full run has a cassette with this content; None if unknown."""
    if run is None:
        return None
    if any(play.cassette == name for play in run.plays):
        return False
    return None if run.doubt(name, content) else True


def orphans(run: FullRun, root: Path) -> list[str]:
    """Our own cassettes that existed in a full run and that no test opened, relative to the root directory."""
    played = {play.cassette for play in run.plays}
    return [name for name in run.files if name not in played and _is_orphan(run, root, name)]


def _is_orphan(run: FullRun, root: Path, name: str) -> bool:
    # It loads YAML, and every run with a test imports this package.
    from pytest_samurai import cassette

    try:
        content = cassette.read(root / name)
    except (CassetteError, FileNotFoundError):
        # Nothing is said about an unreadable file: it may not be a cassette at all.
        return False
    return cassette.is_ours(content) and orphaned(run, name, content) is True


def orphan_lines(names: Sequence[str]) -> list[str]:
    """The summary's lines about cassettes that no longer have a test, after a full run."""
    if not names:
        return []
    more = [f"  and {len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else []
    return [
        f"samurai: no test has {'this cassette' if len(names) == 1 else f'these {len(names):,} cassettes'} any more:",
        *(f"  {visible(name)}" for name in names[:_MOST_NAMED]),
        *more,
        "  To delete what is unused: pytest-samurai prune --write",
        "  To give it to a test that was renamed: pytest-samurai mv OLD NEW",
    ]
