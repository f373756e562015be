"""What a form makes of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """A report: the content of its file, and the lines that are printed as they are.

    If the user names no file, the environment does: `variable` is the name of the variable. The report is then added to
    what the file has; without such a variable it is not written.
    """

    content: str
    lines: tuple[str, ...] = ()
    variable: str = ""
