"""The forms of a report, as users ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Form(NamedTuple):
    """A form of report: whether the user names its file, what it is, in Markdown, and whether it tells single calls."""

    takes_path: bool
    meaning: str
    has_calls: bool = False


FORMS: Final[Mapping[str, Form]] = {
    "json": Form(True, "all there is, in the form that [report.schema.json](report.schema.json) describes", True),
    "md": Form(True, "Markdown, for a comment on a pull request"),
    "html": Form(True, "a page with the conversations of the tests, which needs nothing else", True),
    "github": Form(False, "an annotation at each test that failed because of pytest-samurai, and the step summary"),
    "benchmark": Form(True, "tokens and cost in the form `customSmallerIsBetter` of github-action-benchmark"),
}
"""Every form by its name. `report.forms` has a function for each."""

SPELLED: Final = tuple(f"{name}:PATH" if form.takes_path else name for name, form in FORMS.items())
"""The forms as users write them after `--samurai-report` and `report --to`."""


# Not a dataclass, which takes much longer to define.
class Target(NamedTuple):
    """A report that the user asks for: one of `FORMS`, and the path of its file, empty if the form has no file."""

    form: str
    path: str

    @property
    def has_calls(self) -> bool:
        return FORMS[self.form].has_calls


def parse_target(value: str) -> Target:
    """A report as the user writes it, for example `md:report.md`. Raises ValueError that says what would be right."""
    name, colon, path = value.partition(":")
    form = FORMS.get(name)
    if form is None or form.takes_path != bool(path) or (colon and not path):
        raise ValueError(f"one of {', '.join(SPELLED)}")
    return Target(name, path)


def forms_table() -> str:
    """The forms with their meanings, in Markdown: the table in docs/report.md."""
    rows = [f"| `{spelled}` | {form.meaning} |" for spelled, form in zip(SPELLED, FORMS.values(), strict=True)]
    return "\n".join(["| | |", "| --- | --- |", *rows, ""])
