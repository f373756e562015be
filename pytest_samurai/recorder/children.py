"""The child processes of a test."""

from __future__ import annotations

from typing import Any

_LONGEST = 4096

UNSEEN_CHILD = (
    "a child process was started, and no call was seen: what a child process calls is neither recorded nor replayed;"
    " make the call in the test's own process, or ignore this if the child calls no model"
)
"""What is said of a test without a call that started a child process."""


class Children:
    """What a recorder knows of the processes that were started while it was open.

    A forked child has a copy of the recorder (`is_copy`), which must not act: what it did would be lost with the child.
    What a copy refused is `told` to the process that has the recorder.
    """

    __slots__ = ("_memory", "is_copy", "were_started")

    def __init__(self) -> None:
        self.were_started = False
        self.is_copy = False
        self._memory: Any = None

    def forking(self) -> None:
        """This process is about to be copied: share some memory with the copy."""
        self.were_started = True
        if self._memory is None:
            from mmap import mmap

            self._memory = mmap(-1, _LONGEST)

    def tell(self, text: str) -> None:
        """Let the process that has the recorder know what this copy has refused. The first text stays."""
        if self.is_copy and not self._memory[0]:
            written = text.encode()[: _LONGEST - 1]
            self._memory[: len(written)] = written

    def told(self) -> str | None:
        """What a copy has refused; None if none did, or not yet."""
        if self.is_copy or self._memory is None or not self._memory[0]:
            return None
        return bytes(self._memory[:]).rstrip(b"\0").decode(errors="replace")
