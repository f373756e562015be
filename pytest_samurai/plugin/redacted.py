"""The report of a test without secrets, in its arguments, locals and captured output."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any, cast

import pytest

from pytest_samurai.plugin.internals import rewrite_subtest, rewrite_texts
from pytest_samurai.plugin.marker import is_marked
from pytest_samurai.plugin.state import RECORDER, RUN, SENT, RunState


def redact(report: pytest.TestReport, item: pytest.Item) -> None:
    """Remove from a report the secrets of the environment and of the calls so far."""
    shown = _rewriter(item)
    report.longrepr = rewrite_texts(report.longrepr, shown)
    report.sections = [(title, shown(text)) for title, text in report.sections]
    carried = cast("Any", report)
    if reason := getattr(report, "wasxfail", ""):
        carried.wasxfail = shown(reason)
    if failure := getattr(report, "samurai_failure", None):
        carried.samurai_failure = rewrite_texts(failure, shown)


def redact_properties(report: pytest.TestReport, item: pytest.Item) -> None:
    """Remove them from what the test recorded for JUnit's file with `record_property`."""
    # Our properties hold figures, and hardly any test has others.
    if any(isinstance(value, str) and not name.startswith("samurai") for name, value in report.user_properties):
        shown = _rewriter(item)
        report.user_properties = [
            (name, value if name.startswith("samurai") else rewrite_texts(value, shown))
            for name, value in report.user_properties
        ]


def redact_subtest(report: pytest.TestReport, run: RunState) -> None:
    """Remove them from the report of a subtest. It is a copy of the test's report, and gets its title later."""
    item = run.item
    if hasattr(report, "context") and item is not None and is_marked(item):
        redact(report, item)
        rewrite_subtest(report, _rewriter(item))


def redact_warning(message: warnings.WarningMessage, item: pytest.Item | None) -> None:
    """Remove them from a warning that a test caused."""
    if item is not None and is_marked(item):
        text = str(message.message)
        if (shown := _rewriter(item)(text)) != text:
            message.message = UserWarning(shown)


def _rewriter(item: pytest.Item) -> Callable[[str], str]:
    from pytest_samurai.redaction import MadeRedactors, environment_secrets, without_halves

    run = item.config.stash[RUN]
    recorder = item.stash.get(RECORDER, None)
    made = MadeRedactors() if run.shared is None else run.shared.redactors
    made.secrets |= environment_secrets(os.environ, made.kinds) | _keys_sent(run, item)
    secrets = frozenset(made.secrets)
    redactor = made.of(secrets, (run.settings if recorder is None else recorder.settings).redact)
    return lambda text: without_halves(redactor.text(text), secrets)


def _keys_sent(run: RunState, item: pytest.Item) -> frozenset[str]:
    """The keys that a test and its fixtures have sent. A replay looks at none of them."""
    lists = [item.stash.get(SENT, []), run.sent]
    keys: set[str] = set()
    for sent in filter(None, lists):
        from pytest_samurai.intercept import headers_of
        from pytest_samurai.redaction import request_secrets

        while sent:
            headers, url = sent.pop()
            keys |= request_secrets(headers_of(headers), url)
    return frozenset(keys)
