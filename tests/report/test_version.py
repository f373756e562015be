"""The package's version is the installed one."""

from __future__ import annotations

from importlib.metadata import version as installed

import pytest

from pytest_samurai.report.version import own_version


def test_the_version_is_that_of_the_package() -> None:
    assert own_version() == installed("pytest-samurai")


def test_a_package_that_is_not_installed_has_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_samurai.report.version.distributions", lambda name: iter(()))
    assert own_version() == "unknown"
