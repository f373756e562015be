"""A run in every form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pytest_samurai.report.forms import as_json, benchmark, github, markdown, page
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run

RENDER: Final[Mapping[str, Callable[[Run], Output]]] = {
    "json": as_json.render,
    "md": markdown.render,
    "html": page.render,
    "github": github.render,
    "benchmark": benchmark.render,
}
"""The function for each form that `settings` names."""
