"""The redactors of a run."""

from __future__ import annotations

import re

import pytest

from pytest_samurai.redaction.made import MadeRedactors
from pytest_samurai.redaction.names import VariableKind, kind_of_variable
from pytest_samurai.redaction.redactors import Redactors
from pytest_samurai.wire.http import Request


def test_of_many_keys_those_that_came_last_are_known() -> None:
    made = MadeRedactors()
    redactors = Redactors({}, made)
    for number in range(100):
        request = Request("POST", "http://h/", (("authorization", f"Bearer made-up-key-{number:04d}"),), b"{}")
        assert redactors.of(request).text(f"a made-up-key-{number:04d}") == "a [REDACTED]"
    assert len(made) == 64
    assert made.secrets == {f"made-up-key-{number:04d}" for number in range(100)}


def test_the_redactor_of_the_same_secrets_and_rules_is_made_once() -> None:
    made, rule = MadeRedactors(), re.compile("x")

    assert made.of(frozenset({"a-key"})) is made.of(frozenset({"a-key"}))
    assert made.of(frozenset({"a-key"}), (rule,)) is not made.of(frozenset({"a-key"}))


def test_a_name_of_a_variable_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def kind(name: str) -> VariableKind:
        looked.append(name)
        return kind_of_variable(name)

    monkeypatch.setattr("pytest_samurai.redaction.credentials.kind_of_variable", kind)
    environ = {"PATH": "/bin", "MY_KEY": "7QzXw7KvJ9pYhWgT", "DB_URL": "pg://u:4QzXw7KvJ9pYhWgT@h"}
    redactors = Redactors(environ, made := MadeRedactors())
    redactors.look_again()
    environ["MY_KEY"] = "8QzXw7KvJ9pYhWgT"
    redactors.look_again()

    assert looked == ["PATH", "MY_KEY", "DB_URL"]
    assert redactors.secrets == {"7QzXw7KvJ9pYhWgT", "8QzXw7KvJ9pYhWgT", "4QzXw7KvJ9pYhWgT"}
    assert made.kinds == {"PATH": "", "MY_KEY": "secret", "DB_URL": "address"}
