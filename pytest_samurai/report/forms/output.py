"""What a form makes of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """A report: the content of its file, and the lines that are printed as they are.

    The user names the file, or an environment variable does, whose name is `variable`: what is there already stays
    above the report, and where the variable is not set, there is no file.
    """

    content: str
    lines: tuple[str, ...] = ()
    variable: str = ""
