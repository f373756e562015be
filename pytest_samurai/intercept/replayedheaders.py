"""The headers of a replayed reply, which explain why a header is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_samurai.recorder import CutHeaders

if TYPE_CHECKING:
    _Headers = Any
else:
    _Headers = object


class ReplayedHeaders(_Headers):  # type: ignore[misc]  # stands before the class of headers of a library, `plain`
    """Headers that tell `cut` which names were not found. A pickled copy is of the library's own class, `plain`."""

    plain: Any
    cut: CutHeaders

    def __getitem__(self, name: str) -> str:
        try:
            value: str = super().__getitem__(name)
        except KeyError as error:
            if why := self.cut.why(name):
                error.add_note(why)
            raise
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or the default."""
        try:
            return super().__getitem__(key)
        except KeyError:
            self.cut.miss(key)
            return default

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:
        """All values of a header."""
        values: list[str] = super().get_list(key, split_commas)
        if not values:
            self.cut.miss(key)
        return values

    def __contains__(self, key: str) -> bool:
        contained: bool = super().__contains__(key)
        if not contained:
            self.cut.miss(key)
        return contained

    def __reduce__(self) -> Any:
        # This class is made at run time, so it cannot be pickled, but live replies can.
        return self.plain, (self.raw, self.encoding)
