"""A run as JSON."""

from __future__ import annotations

import json

from pytest_samurai.report.run import Run


def as_json(run: Run) -> str:
    """The run as docs/report.schema.json describes it."""
    return json.dumps(run.as_json(), indent=2, ensure_ascii=False) + "\n"
