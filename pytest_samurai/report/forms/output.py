"""What a form makes of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """A report: the content of its file, and the lines to print unchanged.

    If the user names no file, `variable` is the environment variable that does. The report is then added to that file;
    without such a variable, it is not written.
    """

    content: str
    lines: tuple[str, ...] = ()
    variable: str = ""
