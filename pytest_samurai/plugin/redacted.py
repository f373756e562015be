"""The report of a test without the secrets that it would show: in arguments, locals and captured output."""

from __future__ import annotations

import os

import pytest

from pytest_samurai.plugin.internals import rewrite_texts
from pytest_samurai.plugin.state import RECORDER, RUN


def redact(report: pytest.TestReport, item: pytest.Item) -> None:
    """Take the secrets of the environment, and those of the calls so far, out of what a report shows."""
    from pytest_samurai.redaction import Redactor, environment_secrets, known_in, without_halves

    run = item.config.stash[RUN]
    recorder = item.stash.get(RECORDER, None)
    secrets = environment_secrets(os.environ)
    if run.shared is not None:
        secrets |= known_in(run.shared.redactors)
    redactor = Redactor(secrets, (run.settings if recorder is None else recorder.settings).redact)

    def shown(text: str) -> str:
        return without_halves(redactor.text(text), secrets)

    report.longrepr = rewrite_texts(report.longrepr, shown)
    report.sections = [(title, shown(text)) for title, text in report.sections]
