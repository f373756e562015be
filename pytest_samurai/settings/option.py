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
"""The places where options are set, and their names in messages."""


def _higher(_: Any, higher: Any) -> Any:
    return higher


class Option:
    """One option. `places` are among `PLACES`, separated by blanks.

    `parse` turns the written text into the value, or raises ValueError that says what would be right. `meaning` and
    `shown`, the default for people, are Markdown; the help of the command line shows them too. `many` says that the
    value is a list, `lines` that each line of an ini file is an entry of it; `combine` merges the values of a lower and
    a higher layer.
    """

    # Not a dataclass: every start of pytest would wait for its code to be generated.
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
        """Whether it is on or off: its bare name on the command line, `true` or `false` in an ini file."""
        return isinstance(self.default, bool)

    def read(self, written: object) -> Any:
        """The value of what was written. Raises ValueError that says what would be right."""
        # An ini file only has text.
        if self.is_switch and "ini" in self.places and isinstance(written, str):
            written = {"true": True, "false": False}.get(written.lower(), written)
        return self.parse(written)

    @property
    def ini(self) -> str:
        """The ini key. It leaves out `run_`: all limits in an ini file are for the run."""
        return f"samurai_{self.name.removeprefix('run_')}"

    @property
    def flag(self) -> str:
        return f"--{self.ini.replace('_', '-')}"

    def spelled(self, place: str) -> str:
        """The option's name as users write it in a place."""
        return {"ini": self.ini, "cli": self.flag, "env": self.ini.upper()}.get(place, self.name)


def _of_any_type(make: Callable[_Parameters, object]) -> Callable[_Parameters, Any]:
    return make


option = _of_any_type(Option)
"""An option as a row of the table. Type checkers see any type, because the row is a field with the value's type."""
