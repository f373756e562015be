"""The test or fixture that a recorder belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pytest_samurai.bill import Call
from pytest_samurai.errors import RequestNotRecorded
from pytest_samurai.settings import Mode
from pytest_samurai.text import timestamp


@dataclass(slots=True)
class Owner:
    """The owner of a recorder: a test, a fixture or a block.

    `rerun` gives the arguments with which pytest runs it again, as typed in a shell; None where pytest does not run
    it. `shared` says that others play from the same cassette; a block within another makes it so for both. `refusal`
    makes, of a text, what is raised for a request that is refused. `on_live` is called with the name of the test and
    each call that went live. `is_fixture` says that it is a fixture, whose calls need not be its own: tests use what it
    starts. `renamed` gives the commands that make the cassette of a test that is gone that of this test, which has
    none: it takes the path of its own, and what tells of the path of another whether it answers; None where a cassette
    is not of one test, nor of a fixture that belongs to a file.
    """

    test: str
    run_began: datetime
    rerun: Callable[[], str] | None = None
    shared: bool = False
    refusal: Callable[[str], RequestNotRecorded] = RequestNotRecorded
    on_live: Callable[[str, Call], None] | None = None
    is_fixture: bool = False
    renamed: Callable[[Path, Callable[[Path], bool]], Sequence[str]] | None = None

    def recorded_in_this_run(self, recorded_at: str | None) -> bool:
        """Whether a recording was made since the run began; `recorded_at` is in UTC and ISO 8601, None if unknown."""
        return recorded_at is not None and recorded_at >= timestamp(self.run_began)

    def command(self, mode: Mode) -> str | None:
        """The command that runs the test again in another mode; None where pytest does not run it."""
        return None if self.rerun is None else record_command(mode, self.rerun())


def record_command(mode: Mode, tests: str) -> str:
    """The command that runs tests again in another mode; `tests` are as typed in a shell, or `--lf`."""
    return f"pytest --samurai-mode={mode} {tests}"
