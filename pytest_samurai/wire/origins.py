"""Which recordings are no longer as their calls left them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from pytest_samurai.wire.interaction import Interaction


@dataclass(frozen=True, slots=True)
class Origins:
    """How many recordings were edited by hand, imported from another tool, or have no seal. One may count twice.

    A recording without a seal may have been edited, but nobody can tell, so it doesn't count as edited.
    """

    edited: int = 0
    imported: int = 0
    unsealed: int = 0

    @classmethod
    def of(cls, interactions: Iterable[Interaction]) -> Origins:
        """The origins of these interactions."""
        edited = imported = unsealed = 0
        for each in interactions:
            edited += each.edited and not each.unsealed
            imported += each.imported
            unsealed += each.unsealed
        return cls(edited, imported, unsealed)

    @classmethod
    def sum(cls, origins: Iterable[Origins]) -> Origins:
        """The sum over several cassettes."""
        return cls(*map(sum, zip((0, 0, 0), *map(astuple, origins), strict=True)))

    @property
    def told(self) -> str:
        """The origins in words; empty if everything is as recorded."""
        counts = {"edited by hand": self.edited, "imported": self.imported, "without a seal": self.unsealed}
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
