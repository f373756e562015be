"""The headers of a replayed reply, which say why one that was looked for is not among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_samurai.recorder import CutHeaders

if TYPE_CHECKING:
    _Headers = Any
else:
    _Headers = object


class ReplayedHeaders(_Headers):  # type: ignore[misc]  # stands before the class of headers of a library, `plain`
    """Headers that tell `cut`, if they have it, what they lack."""

    plain: Any
    cut: CutHeaders | None = None

    def __getitem__(self, name: str) -> str:
        try:
            value: str = super().__getitem__(name)
        except KeyError as error:
            if self.cut is not None and (why := self.cut.why(name)):
                error.add_note(why)
            raise
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or the default."""
        value = super().get(key)
        if value is None and self.cut is not None:
            self.cut.miss(key)
        return default if value is None else value

    def __reduce__(self) -> Any:
        # A class that is made here cannot be pickled, and live replies can.
        return self.plain, (self.raw, self.encoding)
