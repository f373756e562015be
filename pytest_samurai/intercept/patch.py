"""An attribute of another library, replaced until it is put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def outside(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call what was there before. Others may make this wait for ever: see `is_waiting`."""
    return function(*arguments, **options)


class Patch:
    """One replaced attribute of a class or a module.

    `wrap` is given what was there and this patch, and returns the replacement. Once the patch is no longer `active`,
    the replacement has to hand everything through: somebody may have wrapped it and call it for ever.
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any, Patch], Any]) -> None:
        self.active = True
        self._owner = owner
        self._name = name
        # None for a method that the owner inherits.
        self._own = vars(owner).get(name)
        self._replacement = wrap(getattr(owner, name), self)
        setattr(owner, name, self._replacement)

    def pause(self) -> None:
        """Put back what was there; but what somebody else has put in place of ours stays."""
        self.active = False
        if vars(self._owner).get(self._name) is self._replacement:
            if self._own is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)

    def resume(self) -> bool:
        """Put the replacement in again. False if there is something else than was replaced: then it stays out."""
        if vars(self._owner).get(self._name) is not self._own:
            return False
        self.active = True
        setattr(self._owner, self._name, self._replacement)
        return True

    def remove(self) -> None:
        """Put back what was there, for good."""
        self.pause()
        # The replacement knows this patch. Such a circle would stay until the next garbage collection.
        self._replacement = None
