"""How a test went, as far as it matters to its cassette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Course:
    """How a test went.

    `unanswered` counts the requests that got no reply, `unrecorded` the other live calls that were not recorded.
    `numbers` maps the index of each played recording to the number of the call that it answered.
    """

    passed: bool
    unanswered: int
    unrecorded: int
    numbers: Mapping[int, int]

    @property
    def is_whole(self) -> bool:
        """Whether the test ran to its end, and everything it asked was played or recorded."""
        return self.passed and not self.unanswered and not self.unrecorded
