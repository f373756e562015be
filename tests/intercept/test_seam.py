"""How the libraries are patched, and restored."""

from __future__ import annotations

import contextvars
import subprocess
import sys
from pathlib import Path

import httpx

from pytest_samurai import use_cassette
from tests.intercept.scripted import HEADERS, body


def test_without_a_recorder_the_classes_are_as_they_were(cassettes: Path, url: str) -> None:
    # In a separate process: if CI is set, the suite's own run watches its tests.
    code = f"""
import sys, httpx, httpx2
from pytest_samurai import use_cassette
classes = (httpx.Client, httpx.AsyncClient, httpx2.Client, httpx2.AsyncClient)
seams = [kind._transport_for_url for kind in classes]
finders = list(sys.meta_path)
with use_cassette({str(cassettes / "a.yaml")!r}), use_cassette({str(cassettes / "b.yaml")!r}):
    assert not any(kind._transport_for_url is seam for kind, seam in zip(classes, seams))
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
assert [kind._transport_for_url for kind in classes] == seams
assert sys.meta_path == finders
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_somebody_else_wrapped_around_ours_stays_and_ours_falls_silent(cassettes: Path, url: str) -> None:
    # In a separate process, as above.
    code = f"""
import httpx
from pytest_samurai import use_cassette
seen = []
def ask():
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
with use_cassette({str(cassettes / "a.yaml")!r}):
    ours = httpx.Client._transport_for_url
    def theirs(client, url):
        seen.append(str(url))
        return ours(client, url)
    httpx.Client._transport_for_url = theirs
    ask()
assert httpx.Client._transport_for_url is theirs
ask()
with use_cassette({str(cassettes / "b.yaml")!r}) as recorder:
    ask()
print(len(seen), len(recorder.calls))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "3 1\n", done.stderr
    assert (cassettes / "b.yaml").read_text(encoding="utf-8").count("- request:") == 1


def test_where_httpx_is_an_alias_of_httpx2_a_call_is_recorded_once(cassettes: Path, url: str) -> None:
    code = f"""
import httpx2
httpx2.alias_httpx()
import httpx
from pytest_samurai import use_cassette
with use_cassette({str(cassettes / "alias.yaml")!r}) as recorder:
    httpx.post({url!r}, json={body()!r}, headers={HEADERS!r}).raise_for_status()
print(len(recorder.calls))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stderr
    assert (cassettes / "alias.yaml").read_text(encoding="utf-8").count("- request:") == 1


def test_a_recorder_that_is_left_in_a_copied_context_takes_its_patches_with_it(cassettes: Path) -> None:
    before = httpx.Client._transport_for_url
    with use_cassette(cassettes / "outer.yaml"):
        inner = use_cassette(cassettes / "inner.yaml")
        inner.__enter__()
        contextvars.copy_context().run(inner.__exit__, None, None, None)
    assert httpx.Client._transport_for_url is before
