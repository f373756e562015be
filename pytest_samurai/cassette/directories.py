"""The directories in which no process has left a journal."""

from __future__ import annotations

_MOST = 1000


class Directories:
    """Each directory that was listed without a journal, with the signature that it had then.

    While a directory stays the same it is listed once: it may hold thousands of cassettes, and each test looks.
    """

    def __init__(self) -> None:
        self._signatures: dict[str, tuple[int, ...]] = {}

    def add(self, directory: str, signature: tuple[int, ...]) -> None:
        """A directory had no journal. An empty signature says that it may change without its signature changing."""
        if len(self._signatures) == _MOST:
            self._signatures.clear()
        self._signatures[directory] = signature

    def has_same(self, directory: str, signature: tuple[int, ...]) -> bool:
        """Whether a directory is certainly unchanged since it had no journal."""
        return bool(signature) and self._signatures.get(directory) == signature
