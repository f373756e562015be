"""How a test went, as far as its cassette depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Course:
    """How a test went.

    `unanswered` counts the requests that got no reply, `unrecorded` the other calls that went live without being
    recorded. `numbers` has, by the index of each recording that was played, the number of the call that it answered.
    """

    passed: bool
    unanswered: int
    unrecorded: int
    numbers: Mapping[int, int]

    @property
    def is_whole(self) -> bool:
        """Whether the test has come to its end, and all that it asked on its way was played or recorded."""
        return self.passed and not self.unanswered and not self.unrecorded
