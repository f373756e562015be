"""An error that ended a stream during recording is raised again in replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from pytest_samurai import SamuraiError, use_cassette
from tests.conftest import KEY
from tests.intercept.scripted import API, HEADERS, SSE, Pieces, Scripted, body, event

PEER_CLOSED = "peer closed connection without sending complete message body (incomplete chunked read)"


def broken(path: Path, error: Exception) -> None:
    stream = Pieces(event("Hi"), error)
    transport = Scripted(httpx.Response(200, headers=SSE, stream=stream))
    with (
        use_cassette(path),
        httpx.Client(transport=transport, headers=HEADERS) as client,
        pytest.raises(type(error)),
    ):
        client.post(API, json=body(stream=True))


def replayed(path: Path, module: Any = httpx) -> Exception:
    with use_cassette(path, mode="none"), pytest.raises(Exception) as raised:  # noqa: PT011 - only the type is tested
        module.post(API, json=body(stream=True))
    return raised.value


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("name", ["RemoteProtocolError", "ReadTimeout", "ReadError", "CloseError"])
def test_it_says_what_it_said_and_its_cause_and_a_note_tell_of_the_recording(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    monkeypatch.chdir(cassettes.parent)
    path = cassettes / "a.yaml"
    broken(path, getattr(httpx, name)(PEER_CLOSED))
    error = replayed(path, module)
    assert (type(error), str(error)) == (getattr(module, name), PEER_CLOSED)
    assert isinstance(error.__cause__, SamuraiError)
    assert str(error.__cause__) == (
        f"cassettes/a.yaml: the connection broke here when this was recorded ({name}: {PEER_CLOSED})"
    )
    assert error.__notes__ == [str(error.__cause__)]


def test_one_that_said_nothing_says_what_was_recorded(cassettes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(cassettes.parent)
    path = cassettes / "a.yaml"
    broken(path, httpx.ReadError(""))
    error = replayed(path)
    assert str(error) == "cassettes/a.yaml: the connection broke here when this was recorded (ReadError)"
    assert str(error.__cause__) == str(error)
    assert "      error:" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [ConnectionResetError, TimeoutError, BrokenPipeError])
def test_an_error_of_the_system_is_one_in_replay_too(cassettes: Path, kind: type[OSError]) -> None:
    path = cassettes / "a.yaml"
    broken(path, kind(104, "gone"))
    error = replayed(path)
    assert type(error) is kind
    assert str(error) == "[Errno 104] gone"


@pytest.mark.parametrize("kind", [ValueError, ZeroDivisionError, type("Odd", (Exception,), {})])
def test_any_other_error_is_a_dropped_connection_whose_cause_names_it(cassettes: Path, kind: type[Exception]) -> None:
    path = cassettes / "a.yaml"
    broken(path, kind("odd: end\nof it"))
    error = replayed(path)
    assert (type(error), str(error)) == (httpx.RemoteProtocolError, "odd: end\nof it")
    assert f"({kind.__name__}: odd: end\nof it)" in str(error.__cause__)


def test_a_key_in_what_it_said_is_not_written(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    broken(path, httpx.ReadError(f"no answer for {KEY}"))
    assert "error: no answer for [REDACTED]" in path.read_text(encoding="utf-8").replace('"', "")
    assert str(replayed(path)) == "no answer for [REDACTED]"
