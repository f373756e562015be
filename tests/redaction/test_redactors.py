"""The redactors of a run."""

from __future__ import annotations

from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.redaction.redactors import Redactors
from pytest_samurai.wire.http import Request


def test_of_many_keys_those_that_came_last_are_known() -> None:
    made: dict[frozenset[str], Redactor] = {}
    redactors = Redactors({}, made)
    for number in range(100):
        request = Request("POST", "http://h/", (("authorization", f"Bearer made-up-key-{number:04d}"),), b"{}")
        assert redactors.of(request).text(f"a made-up-key-{number:04d}") == "a [REDACTED]"
    assert len(made) == 64
    assert frozenset({"made-up-key-0099"}) in made
