"""The directories without abandoned journals."""

from __future__ import annotations

_MOST = 1000


class Directories:
    """The directories where no journal was found, each with its signature at that time.

    An unchanged directory is listed only once: it may hold thousands of cassettes, and every test looks there.
    """

    def __init__(self) -> None:
        self._signatures: dict[str, tuple[int, ...]] = {}

    def add(self, directory: str, signature: tuple[int, ...]) -> None:
        """Note that a directory has no journal. An empty signature never counts as the same."""
        # Threads that add at the same time may go past the limit.
        if len(self._signatures) >= _MOST:
            self._signatures.clear()
        self._signatures[directory] = signature

    def has_same(self, directory: str, signature: tuple[int, ...]) -> bool:
        """Whether a directory is surely unchanged since it was found without a journal."""
        return bool(signature) and self._signatures.get(directory) == signature
