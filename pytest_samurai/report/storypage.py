"""The page of conversations, made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_samurai.report.stories import Story


def story_page(stories: Sequence[Story]) -> str:
    """A page that needs no other file, no network and no script. Its stories hold no secrets any more."""
    # Imported here, since only a page waits for the import.
    from pytest_samurai.report.forms.stories import render

    return render(stories)
