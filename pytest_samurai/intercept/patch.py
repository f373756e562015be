"""An attribute of another library, replaced until it is put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patch:
    """An attribute of somebody else's object, replaced until it is put back.

    `wrap` makes what replaces it, out of what was there and the patch itself.
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any, Patch], Any]) -> None:
        self.active = True
        self._owner = owner
        self._name = name
        # A method that the owner inherits is nothing that it has itself.
        self._own = vars(owner).get(name)
        self._replacement = wrap(getattr(owner, name), self)
        setattr(owner, name, self._replacement)

    def remove(self) -> None:
        """Put back what was there, unless somebody has wrapped ours: that stays, and hands everything through."""
        self.active = False
        if vars(self._owner).get(self._name) is self._replacement:
            if self._own is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)
        # It knows this patch: the two would stay until garbage is collected, some for each test.
        self._replacement = None
