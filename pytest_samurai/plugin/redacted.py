"""The report of a test without the secrets that it would show: in arguments, locals and captured output."""

from __future__ import annotations

import os

import pytest

from pytest_samurai.plugin.internals import rewrite_texts
from pytest_samurai.plugin.state import RECORDER, RUN, SENT, RunState


def redact(report: pytest.TestReport, item: pytest.Item) -> None:
    """Take the secrets of the environment, and those of the calls so far, out of what a report shows."""
    from pytest_samurai.redaction import MadeRedactors, environment_secrets, without_halves

    run = item.config.stash[RUN]
    recorder = item.stash.get(RECORDER, None)
    made = MadeRedactors() if run.shared is None else run.shared.redactors
    made.secrets |= environment_secrets(os.environ, made.kinds) | _keys_sent(run, item)
    secrets = frozenset(made.secrets)
    redactor = made.of(secrets, (run.settings if recorder is None else recorder.settings).redact)

    def shown(text: str) -> str:
        return without_halves(redactor.text(text), secrets)

    report.longrepr = rewrite_texts(report.longrepr, shown)
    report.sections = [(title, shown(text)) for title, text in report.sections]


def _keys_sent(run: RunState, item: pytest.Item) -> frozenset[str]:
    """The keys of the requests of a test, and of the fixtures around it. A replay looks at none of them."""
    lists = [item.stash.get(SENT, []), run.sent]
    keys: set[str] = set()
    for sent in filter(None, lists):
        from pytest_samurai.intercept import headers_of
        from pytest_samurai.redaction import request_secrets

        while sent:
            headers, url = sent.pop()
            keys |= request_secrets(headers_of(headers), url)
    return frozenset(keys)
