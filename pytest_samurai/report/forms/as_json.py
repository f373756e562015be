"""A run as JSON."""

from __future__ import annotations

from pytest_samurai.files import json
from pytest_samurai.report.causes import causes
from pytest_samurai.report.forms.output import Output
from pytest_samurai.report.run import Run
from pytest_samurai.text import visible_json


def render(run: Run) -> Output:
    """The run, as docs/report.schema.json describes it."""
    groups = [
        {
            "name": group.cause.name,
            "kind": group.cause.kind,
            "what": group.cause.what,
            "difference": list(group.cause.difference),
            "tests": list(group.tests),
        }
        for group in causes(run)
    ]
    written = run.as_json() | {"causes": groups}
    return Output(visible_json(json.dumps(written, indent=2, ensure_ascii=False)) + "\n")
