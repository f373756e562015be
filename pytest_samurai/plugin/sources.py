"""The source of the user's own modules."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_samurai.files import REAL, without_fakes


class Sources:
    """The source of the user's modules. A text that occurs in it is the same in every run."""

    def __init__(self, libraries: tuple[Path, ...]) -> None:
        self._libraries = libraries
        self._texts: dict[str, str] = {}

    def hold(self, text: str) -> bool:
        """Whether a loaded module contains a text."""
        with without_fakes():
            self._read()
        return any(text in source for source in self._texts.values())

    def _read(self) -> None:
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or not file.endswith(".py") or file in self._texts:
                continue
            is_library = any(REAL.Path(file).is_relative_to(directory) for directory in self._libraries)
            try:
                self._texts[file] = "" if is_library else REAL.Path(file).read_text(encoding="utf-8")
            except (OSError, ValueError):
                # Generated, deleted, or in another encoding: then the file tells nothing.
                self._texts[file] = ""
