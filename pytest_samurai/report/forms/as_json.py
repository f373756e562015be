"""A run as JSON."""

from __future__ import annotations

from pytest_samurai.files import json
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run
from pytest_samurai.text import visible_json


def render(run: Run) -> Output:
    """The run as docs/report.schema.json describes it."""
    return Output(visible_json(json.dumps(run.as_json(), indent=2, ensure_ascii=False)) + "\n")
