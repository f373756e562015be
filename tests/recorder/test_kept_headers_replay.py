"""`samurai_headers` keeps headers of replies, and a missing header is explained where it is missed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from pytest_samurai import use_cassette
from tests.intercept.scripted import API, Scripted, body
from tests.project import Project

COST = "x-litellm-response-cost"
CAME = {
    COST: "0.003",
    "x-b-1": "1",
    "x-b-token": "t0ken",
    "set-cookie": "a=b",
    "server": "uvicorn",
    "x-request-id": "r",
}


def recorded(path: Path, **options: Any) -> None:
    transport = Scripted(httpx.Response(200, headers=CAME, json={"choices": []}))
    with use_cassette(path, **options), httpx.Client(transport=transport) as client:
        assert client.post(API, json=body()).headers[COST] == "0.003"


def replayed(
    path: Path, look: Callable[[Any], object] = lambda headers: None, module: Any = httpx, **options: Any
) -> Any:
    with use_cassette(path, mode="none", **options):
        headers = module.post(API, json=body()).headers
        look(headers)
    return headers


def test_a_header_that_is_named_is_there_in_replay(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path, headers=["X-LiteLLM-Response-Cost", "x-b-*", "server"])
    assert dict(replayed(path)) == {
        COST: "0.003",
        "x-b-1": "1",
        "server": "uvicorn",
        "x-request-id": "r",
        "content-type": "application/json",
    }
    assert "t0ken" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_one_that_was_cut_is_explained_by_the_error_of_who_reads_it(cassettes: Path, module: Any) -> None:
    path = cassettes / "a.yaml"
    recorded(path)
    headers = replayed(path, module=module)
    with pytest.raises(KeyError) as error:
        headers[COST]
    assert error.value.args == (COST,)
    assert error.value.__notes__ == [
        f"`{COST}` is not in the recording: only listed response headers are kept; if the server sends it,"
        f" samurai_headers = {COST} keeps it; record it again"
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Set-Cookie", "`set-cookie` is not in the recording: it carries a credential, and none may be written to a"),
        ("Content-Length", "`content-length` is not in the recording: only listed response headers are kept; if the"),
        ("x-new", "`x-new` is not in the recording: either the server did not send it, or it was recorded before"),
        ("Content-Encoding", "`content-encoding` is not in the recording: it says how a body was sent, which does"),
        ("x-should-retry", None),
        ("x-\x1b[2J\n::error", "`x-\\x1b[2j\\n::error` is not in the recording: "),
    ],
)
def test_the_explanation_fits_the_header(cassettes: Path, name: str, why: str | None) -> None:
    path = cassettes / "a.yaml"
    recorded(path)
    headers = replayed(path, headers=["x-new"])
    with pytest.raises(KeyError) as error:
        headers[name]
    assert [note[: len(why or "")] for note in getattr(error.value, "__notes__", [])] == ([] if why is None else [why])


def test_what_a_failed_test_did_not_get_is_named_with_the_command_that_keeps_it(project: Project) -> None:
    project.tests(f"""
@pytest.mark.samurai
def test_cost(samurai_client, samurai):
    reply = samurai_client.post("/chat/completions", json=body())
    cost = reply.headers.get("Server")
    for name in ["x-request-id", "request-id", "Content-Length", "date", "date"]:
        reply.headers.get(name)
    assert "X-Via" not in reply.headers or not samurai.replaying
    assert reply.headers.get_list("x-list", split_commas=True) == []
    reply.cookies, reply.headers.get("set-cookie"), reply.headers.get_list("Set-Cookie2")
    assert cost == "uvicorn" or not samurai.replaying
    assert reply.headers.get("{COST}", "none") == "none"
""")
    project.run().assert_outcomes(passed=1)
    project.offline()
    result = project.run()
    result.assert_outcomes(failed=1)
    again = "keeps it; to record it again: pytest --samurai-mode=all test_it.py::test_cost"
    told = [line for line in result.outlines if "is not in the recording" in line]
    assert told == [
        f"samurai: test_it.py::test_cost: header `{name}` is not in the recording: only listed response headers are"
        f" kept; if the server sends it, samurai_headers = {name} {again}"
        for name in ("server", "date", "x-via", "x-list")
    ]


def test_a_passed_test_is_told_nothing(cassettes: Path, recwarn: pytest.WarningsRecorder) -> None:
    path = cassettes / "a.yaml"
    recorded(path)
    assert replayed(path, lambda headers: headers.get(COST)).get("x-other", 1) == 1
    assert list(recwarn) == []


def test_of_headers_that_are_never_kept_nothing_is_said_since_nobody_knows_whether_they_were_sent(
    cassettes: Path,
) -> None:
    path = cassettes / "a.yaml"
    recorded(path)

    def look(headers: Any) -> None:
        for name in ("set-cookie", "Set-Cookie2", "x-gateway-token", "transfer-encoding", "x-other"):
            headers.get(name)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error:
        replayed(path, look)
    assert [note.partition(" is not")[0] for note in error.value.__notes__] == [
        "use_cassette('a.yaml'): header `x-other`"
    ]


def test_only_a_few_are_named(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path)

    def look(headers: Any) -> None:
        for number in range(9):
            headers.get(f"x-{number}")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error:
        replayed(path, look)
    assert len(error.value.__notes__) == 5


def test_the_headers_are_those_of_the_library_in_all_else(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    recorded(path)
    headers = replayed(path)
    plain = httpx.Headers({"x-request-id": "r", "content-type": "application/json"})
    assert isinstance(headers, httpx.Headers)
    assert headers == plain
    assert (headers.get("X-Request-Id"), headers["x-request-id"], "server" in headers) == ("r", "r", False)
    assert headers.get(COST, "none") == "none"
    assert (headers.get_list("X-Request-Id"), headers.get_list(COST)) == (["r"], [])
    assert "X-Request-Id" in headers
    assert repr(headers) == repr(httpx.Headers(headers))
    assert headers.copy() == copy(headers) == deepcopy(headers) == plain
    with pytest.raises(KeyError):
        headers.copy()[COST]
    assert headers.copy().get(COST) is None
    assert type(pickle.loads(pickle.dumps(headers))) is httpx.Headers
    assert pickle.loads(pickle.dumps(headers)) == plain


def test_the_ini_file_says_them(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_headers = Server x-more-*\n")
    project.tests("""
@pytest.mark.samurai
def test_server(samurai_client):
    assert samurai_client.post("/chat/completions", json=body()).headers["server"]

@pytest.mark.samurai
def test_date(samurai_client):
    assert samurai_client.post("/chat/completions", json=body()).headers["date"]
""")
    project.run().assert_outcomes(passed=2)
    project.offline()
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *KeyError: 'date'", "E *`date` is not in the recording: *samurai_headers = date*"])


def test_a_credential_in_the_ini_file_ends_the_run_with_the_reason(project: Project) -> None:
    project.pytester.makeini("[pytest]\nsamurai_headers = Set-Cookie\n")
    project.tests("@pytest.mark.samurai\ndef test_it(samurai): pass\n")
    result = project.run()
    assert result.ret != 0
    text = "\n".join([*result.outlines, *result.errlines])
    assert "'Set-Cookie' carries a credential, and none may be written to a cassette; leave it out" in text
