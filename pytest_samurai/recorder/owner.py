"""The test or fixture that owns a recorder."""

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

    - `rerun`: gives the arguments that make pytest run it again, as typed in a shell; None if pytest does not run it.
    - `shared`: whether others play from the same cassette. A block inside another one makes it shared for both.
    - `refusal`: turns a text into the exception for a refused request.
    - `on_live`: called with the name of the test and each call that went live.
    - `is_fixture`: whether it is a fixture. Tests use what a fixture starts, so its calls may be theirs.
    - `renamed`: gives the commands that turn the cassette of a test that is gone into the cassette of this test, which
      has none. It takes the path of this test's cassette, and a function that tells whether the cassette at another
      path answers. None if a cassette belongs neither to one test nor to the fixture
      of one file.
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
        """Whether a recording was made since the run began. `recorded_at` is in UTC and ISO 8601; None if unknown."""
        return recorded_at is not None and recorded_at >= timestamp(self.run_began)

    def command(self, mode: Mode) -> str | None:
        """The command that runs the test again in another mode; None if pytest does not run it."""
        return None if self.rerun is None else record_command(mode, self.rerun())


def record_command(mode: Mode, tests: str) -> str:
    """The command that runs tests again in another mode. `tests` is what a user types in a shell, or `--lf`."""
    return f"pytest --samurai-mode={mode} {tests}"
