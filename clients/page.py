"""The table as Markdown, for the page: its prose stays, and the table goes between its marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.judge import RECORDED_COLUMNS, REFUSED_COLUMNS
from clients.rows import Row

BEGIN: Final = "<!-- written by `make test-clients` from here -->"
END: Final = "<!-- to here -->"


@dataclass(frozen=True)
class Line:
    """The result of a row. `cells` is empty if its environment could not be made, for the `reason`."""

    row: Row
    versions: Mapping[str, str]
    endpoints: Sequence[str]
    cells: Mapping[str, str]
    reason: str = ""


def table(lines: Sequence[Line]) -> str:
    """The tables of what is recorded, what is refused and what could not run, if they have rows."""
    ran = [line for line in lines if line.cells]
    parts = [
        _table(
            ("client", "called by", "API", *RECORDED_COLUMNS),
            ((_client(line), line.row.called, ", ".join(line.endpoints), *_cells(line, RECORDED_COLUMNS))
             for line in ran if not line.row.refused),
        ),
        _table(
            ("refused", "called by", *REFUSED_COLUMNS),
            ((_client(line), line.row.called, *_cells(line, REFUSED_COLUMNS)) for line in ran if line.row.refused),
        ),
        _table(
            ("not run", "called by", "because"),
            ((_client(line), line.row.called, _cell(line.reason)) for line in lines if not line.cells),
        ),
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


def in_page(page: str, text: str) -> str:
    """The page with `text` between its marks. Raises ValueError if it lacks them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    body = ["| " + " | ".join(row) + " |\n" for row in rows]
    rule = "| " + " | ".join("---" for _ in head) + " |\n"
    return "".join(["| " + " | ".join(head) + " |\n", rule, *body]) if body else ""


def _client(line: Line) -> str:
    return ", ".join(f"{name} {line.versions.get(name, '')}".strip() for name in line.row.named)


def _cells(line: Line, columns: Sequence[str]) -> list[str]:
    return [_cell(line.cells[column]) for column in columns]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
