"""Libraries that are imported while a recorder is open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import httpx2
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.intercept.imports import Finder
from tests.intercept.scripted import HEADERS, body


def test_a_library_that_is_imported_later_is_seen_too(cassettes: Path, url: str) -> None:
    # In a replay: if something may be recorded, the price list is loaded, and it needs one of them itself.
    with use_cassette(cassettes / "late.yaml"):
        for module in (httpx, httpx2):
            module.post(url, json=body(), headers=HEADERS).raise_for_status()
    code = f"""
import sys
from pytest_samurai import use_cassette
with use_cassette({str(cassettes / "late.yaml")!r}, mode="none") as recorder:
    assert "httpx" not in sys.modules and "httpx2" not in sys.modules
    import httpx, httpx2
    assert httpx.__spec__.loader is httpx.__loader__ and "pytest_samurai" not in repr(httpx.__loader__)
    for module in (httpx, httpx2):
        module.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
print(len(recorder.calls))
import importlib.util
assert importlib.util.find_spec("no_such_module") is None
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr


def test_a_missing_library_is_an_import_error_as_ever(cassettes: Path) -> None:
    code = f"""
import sys
from pytest_samurai import use_cassette
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
with use_cassette({str(cassettes / "none.yaml")!r}, mode="none"):
    import httpx2
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError: No module named 'httpx2'" in done.stderr


def test_a_finder_of_the_old_kind_is_passed_over(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path])
    with use_cassette(cassettes / "a.yaml"):
        finder = next(finder for finder in sys.meta_path if isinstance(finder, Finder))
        assert finder.find_spec("httpx", None) is not None
