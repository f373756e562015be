"""When two requests count as the same recording."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.matching import Matcher
from pytest_samurai.settings import Settings


def identity(settings: Settings) -> Matcher:
    """The matcher of a test; where functions tell requests apart, all that is compared by default counts too.

    The functions cannot be asked for a key, and nothing that was recorded may be lost because they are left out.
    """
    matcher = settings.matcher
    if not settings.functions:
        return matcher
    return replace(matcher, match_on=(*matcher.match_on, "method", "endpoint", "chat"))
