"""Every link in the manual leads to an existing heading, on GitHub and on the site."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.test_docs import EVERY_PAGE, ROOT

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"\]\((?!\w+:)([^)#\s]*)#([^)\s]+)\)")


def anchors(page: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    taken: Counter[str] = Counter()
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        taken[name] += 1
        taken[f"{name}-{taken[name] - 1}"] += taken[name] > 1
    return {name for name, times in taken.items() if times}


def dead_anchors(page: str, path: Path) -> list[str]:
    dead = []
    for file, anchor in _ANCHOR.findall(_FENCE.sub("", page)):
        target = page if not file else (path.parent / file).read_text(encoding="utf-8")
        if anchor not in anchors(target):
            dead.append(f"{file}#{anchor}")
    return dead


@pytest.mark.parametrize("path", EVERY_PAGE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_anchor_is_a_heading(path: Path) -> None:
    assert dead_anchors(path.read_text(encoding="utf-8"), path) == []


def test_an_anchor_without_a_heading_is_dead(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text(
        "# Red & `green`\n\n```\n# no heading\n```\n\n## Twice\n\n## Twice\n", encoding="utf-8"
    )
    page = "[a](other.md#red--green) [b](other.md#no-heading) [c](#here) [d](#gone) [e](other.md#twice-1)\n\n## Here\n"
    assert dead_anchors(page, tmp_path / "page.md") == ["other.md#no-heading", "#gone"]
