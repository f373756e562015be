"""The runs in the pictures: an example of the docs, replayed after a small change of its text."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


@dataclass(frozen=True)
class RedRun:
    """A run of pytest: the example, the file of it that is changed, the words before and after, and the arguments."""

    example: str
    file: str
    before: str
    after: str
    arguments: tuple[str, ...]

    def prepare(self, directory: Path) -> None:
        """Copy the example into an empty directory, and change it.

        Raises:
            ValueError: the file does not have the words exactly once, so the picture would be of another run.
        """
        shutil.copytree(EXAMPLES / self.example, directory, dirs_exist_ok=True, ignore=_CACHES)
        text = (directory / self.file).read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            raise ValueError(
                f"{self.example}/{self.file} has {self.before!r} {text.count(self.before)} times, not once"
            )
        (directory / self.file).write_text(text.replace(self.before, self.after), encoding="utf-8")


_CACHES = shutil.ignore_patterns("__pycache__", ".pytest_cache")

COLUMNS = 110

TERMINAL = RedRun("release-notes", "release_notes.py", "that has no change.", "that is empty.", ("--tb=short",))
PAGE = RedRun(
    "shop-agent", "test_agent.py", "any more. Refund it, please.", "any more.", ("--samurai-report=html:run.html",)
)

OTHERS = ("asyncio", "cassetter", "hypothesispytest", "pytest_httpx", "recording", "respx", "time_machine", "xdist")
"""Plugins that this environment has and a reader does not."""

ENVIRONMENT: Mapping[str, str] = {
    "COLUMNS": str(COLUMNS),
    # Without the lines that say which Python and which plugins: they are of no interest, and change with each release.
    "PYTEST_ADDOPTS": " ".join(["--no-header", "-p no:cacheprovider", *(f"-p no:{name}" for name in OTHERS)]),
}
"""Variables in the environment of a picture's run."""

CI_NAMES = ("CI", "BUILD_NUMBER")
"""Variables that must not be set: in CI, pytest and our plugin behave differently."""
