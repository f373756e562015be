"""A replaced attribute of another library, until it is restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def outside(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call the original. Others may make this wait endlessly: see `is_waiting`."""
    return function(*arguments, **options)


class Patch:
    """One replaced attribute of a class or a module.

    `wrap` gets the original and this patch, and returns the replacement. Once the patch is no longer `active`, the
    replacement must pass everything through: somebody may have wrapped it and keep calling it.
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
        """Restore the original, unless somebody else has since replaced ours."""
        self.active = False
        if self._attributes.get(self._name) is self._replacement:
            if self._own is None:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, self._own)

    def resume(self) -> bool:
        """Patch again if the original is in place. Returns whether the patch is active."""
        self.active = self._attributes.get(self._name) is self._own
        if self.active:
            setattr(self._owner, self._name, self._replacement)
        return self.active

    def remove(self) -> None:
        """Restore the original for good."""
        self.pause()
        # The replacement knows this patch. This cycle would stay until the next garbage collection.
        self._replacement = None


class Patches:
    """Patches that are used for one test after another.

    They are only made again if the attributes they replace have changed, because making them takes as long as reading a
    file.
    """

    def __init__(self) -> None:
        self.are_in = False
        self._patches: list[Patch] = []
        self._of: object = None

    def put_in(self, make: Callable[[], Iterable[Patch]], of: object) -> None:
        """Put in what `make` makes. The value of `of` changes if other attributes would be replaced."""
        if self.are_in:
            return
        self.are_in = True
        if of != self._of or not all(map(Patch.resume, self._patches)):
            for patch in self._patches:
                patch.remove()
            self._patches, self._of = [*make()], of

    def take_out(self) -> None:
        """Restore the originals."""
        for patch in self._patches:
            patch.pause()
        self.are_in = False
