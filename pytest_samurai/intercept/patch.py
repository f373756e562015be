"""An attribute of another library, replaced until it is put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        self._attributes = vars(owner)
        # None for a method that the owner inherits.
        self._own = self._attributes.get(name)
        self._replacement = wrap(getattr(owner, name), self)
        setattr(owner, name, self._replacement)

    def pause(self) -> None:
        """Put back what was there; but what somebody else has put in place of ours stays."""
        self.active = False
        if self._attributes.get(self._name) is self._replacement:
            if self._own is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)

    def resume(self) -> bool:
        """Put the replacement in again if what it replaced is what is there. Returns whether it is in."""
        self.active = self._attributes.get(self._name) is self._own
        if self.active:
            setattr(self._owner, self._name, self._replacement)
        return self.active

    def remove(self) -> None:
        """Put back what was there, for good."""
        self.pause()
        # The replacement knows this patch. Such a circle would stay until the next garbage collection.
        self._replacement = None


class Patches:
    """Patches that are put in for one test after the other.

    They are made anew only where what they replace has changed: to make them takes as long as to read a file.
    """

    def __init__(self) -> None:
        self.are_in = False
        self._patches: list[Patch] = []
        self._of: object = None

    def put_in(self, make: Callable[[], Iterable[Patch]], of: object) -> None:
        """Put in what `make` makes; `of` tells by its value whether that would still replace the same attributes."""
        if self.are_in:
            return
        self.are_in = True
        if of != self._of or not all(map(Patch.resume, self._patches)):
            for patch in self._patches:
                patch.remove()
            self._patches, self._of = [*make()], of

    def take_out(self) -> None:
        """Put back what was there."""
        for patch in self._patches:
            patch.pause()
        self.are_in = False
