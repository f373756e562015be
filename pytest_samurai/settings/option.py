"""One option: its names, where it may be set, how its value is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing import ParamSpec

    _Parameters = ParamSpec("_Parameters")

PLACES: Final[Mapping[str, str]] = {
    "ini": "in the ini file",
    "cli": "on the command line",
    "env": "in the environment",
    "test": "in the marker, the `samurai_config` fixture or `use_cassette`",
    "budget": "in `samurai.budget()`",
}
"""Where options are set, and how messages call that."""


def _higher(_: Any, higher: Any) -> Any:
    return higher


class Option:
    """One option. `places` are among `PLACES`, separated by blanks.

    `parse` turns what was written into the value, or raises ValueError with what would be right. `meaning` and `shown`,
    the default as people read it, are Markdown; the help of the command line shows them too. `many` says that the value
    is a list, `lines` that each line of an ini file is an entry of it; `combine` makes one value of those of a lower
    and a higher layer.
    """

    # No dataclass: every start of pytest would wait while one is written and compiled.
    def __init__(
        self,
        parse: Callable[[object], Any],
        default: Any,
        places: str,
        meaning: str,
        *,
        shown: str = "",
        many: bool = False,
        lines: bool = False,
        combine: Callable[[Any, Any], Any] = _higher,
    ) -> None:
        self.name = ""
        self.parse = parse
        self.default = default
        self.places = frozenset(places.split())
        self.meaning = meaning
        self.default_text = shown or f"`{default}`"
        self.many = many
        self.lines = lines
        self.combine = combine

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off: its name alone on the command line, `true` or `false` in an ini file."""
        return isinstance(self.default, bool)

    def read(self, written: object) -> Any:
        """The value of what was written. Raises ValueError with what would be right."""
        # An ini file has only text.
        if self.is_switch and "ini" in self.places and isinstance(written, str):
            written = {"true": True, "false": False}.get(written.lower(), written)
        return self.parse(written)

    @property
    def ini(self) -> str:
        """The ini key. It has no `run_`: all limits in an ini file are those of the run."""
        return f"samurai_{self.name.removeprefix('run_')}"

    @property
    def flag(self) -> str:
        return f"--{self.ini.replace('_', '-')}"

    def spelled(self, place: str) -> str:
        """The option's name as it is written in a place."""
        return {"ini": self.ini, "cli": self.flag, "env": self.ini.upper()}.get(place, self.name)


def _of_any_type(make: Callable[_Parameters, object]) -> Callable[_Parameters, Any]:
    return make


option = _of_any_type(Option)
"""An option as a row of the table. To a type checker it is of any type, since the row is a field with the value's."""
