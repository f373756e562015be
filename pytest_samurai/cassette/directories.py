"""The directories in which no process has left a journal."""

from __future__ import annotations

_MOST = 1000


class Directories:
    """The directories in which no journal was found, each with its signature at that time.

    A directory that does not change is listed only once: it may hold thousands of cassettes, and each test looks.
    """

    def __init__(self) -> None:
        self._signatures: dict[str, tuple[int, ...]] = {}

    def add(self, directory: str, signature: tuple[int, ...]) -> None:
        """Note that a directory has no journal. An empty signature is never the same again."""
        if len(self._signatures) == _MOST:
            self._signatures.clear()
        self._signatures[directory] = signature

    def has_same(self, directory: str, signature: tuple[int, ...]) -> bool:
        """Whether a directory is certainly unchanged since it had no journal."""
        return bool(signature) and self._signatures.get(directory) == signature
