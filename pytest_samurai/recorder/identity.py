"""When two requests count as the same recording."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.matching import Matcher
from pytest_samurai.settings import Settings


def identity(settings: Settings) -> Matcher:
    """The matcher of a test. If functions tell requests apart, everything that is compared by default counts too.

    The functions have no key to compare, and leaving them out must not lose a recording.
    """
    matcher = settings.matcher
    if not settings.functions:
        return matcher
    return replace(matcher, match_on=(*matcher.match_on, "method", "endpoint", "chat"))
