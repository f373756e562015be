"""The child processes of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_LONGEST = 4096

UNSEEN_CHILD = (
    "a child process was started, and no call was seen: calls made by a child process are neither recorded nor"
    " replayed;"
    " make the call in the test's own process, or ignore this if the child calls no model"
)
"""The note for a test that made no call and started a child process."""


class Children:
    """What a recorder knows about the processes that were started while it was open.

    A forked child has a copy of the recorder (`is_copy`), which must not act: its work would be lost with the child. In
    the recorder's process, `listen` hears what a copy has refused.
    """

    __slots__ = ("_memory", "_was_told", "is_copy", "were_started")

    def __init__(self) -> None:
        self.were_started = False
        self.is_copy = False
        self._memory: Any = None
        self._was_told = False

    def forking(self) -> None:
        """Share some memory with the copy that this process is about to become."""
        self.were_started = True
        if self._memory is None:
            from mmap import mmap

            self._memory = mmap(-1, _LONGEST)

    def tell(self, text: str) -> None:
        """Tell the recorder's process what this copy has refused. Only the first text is kept."""
        if self.is_copy and not self._memory[0]:
            written = text.encode()[: _LONGEST - 1]
            # Write the first byte last. It says that the text is complete, and the other process may look at any
            # moment.
            self._memory[1 : len(written)] = written[1:]
            self._memory[0] = written[0]

    @property
    def has_copies(self) -> bool:
        """Whether this process was ever forked: a copy may live longer than the recorder."""
        return self._memory is not None

    def listen_again(self, refuse: Callable[[str], object]) -> None:
        """Refuse here what a copy has refused since the recorder closed: each time, in the running test."""
        self._was_told = False
        self.listen_last(refuse)

    def listen_last(self, refuse: Callable[[str], object]) -> None:
        """The same as `listen`, for the last time in a test. Anything later is a new text."""
        self.listen(refuse)
        if self._was_told and not self.is_copy:
            self._memory[:] = bytes(_LONGEST)

    def listen(self, refuse: Callable[[str], object]) -> None:
        """Call `refuse` once with what a copy has refused, if it has told us."""
        if self._was_told or self.is_copy or self._memory is None or not self._memory[0]:
            return
        self._was_told = True
        refuse(bytes(self._memory[:]).rstrip(b"\0").decode(errors="replace"))
