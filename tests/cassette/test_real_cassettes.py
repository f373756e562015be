"""Cassettes that vcrpy, pytest-recording and cassetter really write are loaded, imported, and replayed unchanged."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.frame import MARK
from pytest_samurai.cassette.reader import load
from pytest_samurai.commands.importer import import_cassettes
from pytest_samurai.server.chat_server import ChatServer
from pytest_samurai.wire.interaction import Interaction
from tests.conftest import FOREIGN, KEY
from tests.recorders import CARRIED, SEES_HTTPX2, body_of

ROOT = Path(__file__).parents[2]
BINARY: Final = bytes(range(256))


class Gateway(BaseHTTPRequestHandler):
    """Passes a request on to the chat server, and sends the reply the way that the first part of the path says."""

    protocol_version = "HTTP/1.1"
    port: int

    def do_POST(self) -> None:
        _, carried, path = self.path.split("/", 2)
        body = self.rfile.read(int(self.headers["content-length"]))
        chat = http.client.HTTPConnection("127.0.0.1", self.port)
        kept = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
        chat.request("POST", f"/{path}", body, kept)
        reply = chat.getresponse()
        content, headers = reply.read(), {"content-type": reply.headers["content-type"]}
        chat.close()
        if carried == "binary":
            content, headers = BINARY, {"content-type": "audio/mpeg"}
        elif carried == "empty":
            content = b""
        elif carried == "crlf-stream":
            content = content.replace(b"\n", b"\r\n")
        elif carried.startswith("gzip"):
            content, headers = gzip.compress(content), {**headers, "content-encoding": "gzip"}
        elif carried == "deflate":
            content, headers = zlib.compress(content), {**headers, "content-encoding": "deflate"}
        self.send_response(reply.status)
        for name, value in {**headers, "set-cookie": "session=0123456789abcdef", "x-request-id": "1"}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Print nothing: this would go to stderr."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ChatServer(api_key=KEY) as chat:
        handler = type("Handler", (Gateway,), {"port": int(chat.base_url.split(":")[2].removesuffix("/v1"))})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


Recorded = tuple[Path, dict[str, list[dict[str, Any]]]]


def recorded(tool: str, url: str, directory: Path) -> Recorded:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.recorders", tool, url, directory],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return directory, json.loads((directory / "calls.json").read_text())


@pytest.fixture(scope="module")
def of_vcrpy(url: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return recorded("vcrpy", url, tmp_path_factory.mktemp("vcrpy"))


@pytest.fixture(scope="module")
def of_cassetter(url: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return recorded("cassetter", url, tmp_path_factory.mktemp("cassetter"))


def meaning(content: bytes, tool: str) -> object:
    """What must be equal: the bytes. cassetter only keeps the value of JSON, so only that."""
    if tool == "cassetter":
        try:
            return json.loads(content)
        except ValueError:
            pass
    return content


def replays(path: Path, calls: list[dict[str, Any]], tool: str) -> None:
    """Every call in a cassette gets the answer that the other tool recorded, and nothing goes live."""
    with use_cassette(path, mode="none") as recorder, httpx.Client(verify=False) as client:
        for one in calls:
            # Another client, and a URL where only the endpoint is the same.
            reply = client.post("http://127.0.0.1:9/v1/chat/completions", content=one["body"].encode())
            assert reply.status_code == one["status"]
            assert meaning(reply.content, tool) == meaning(one["content"].encode("latin-1"), tool)
    told = [call.usage is not None for call in recorder.calls]
    assert told == [b'"total_tokens"' in one["content"].encode() or one["status"] != 200 for one in calls]


def check(tool: str, directory: Path, calls: dict[str, list[dict[str, Any]]]) -> int:
    """Load, replay, import and replay again every cassette. Returns how many there are."""
    before: dict[str, list[Interaction]] = {}
    for name, made in calls.items():
        before[name] = load(directory / name)
        assert len(before[name]) == len(made)
        replays(directory / name, made, tool)
    outcomes = list(import_cassettes([directory / name for name in calls], environ={}))
    assert not [outcome.text for outcome in outcomes if outcome.failed]
    assert len(outcomes) == len(calls)
    for name, made in calls.items():
        path = (directory / name).with_suffix(".yaml")
        text = path.read_text()
        assert text.startswith(MARK)
        assert not re.search(f"{KEY}|session=|user-agent", text)
        assert [item.reply.body for item in load(path)] == [item.reply.body for item in before[name]]
        replays(path, made, tool)
    return len(calls)


def test_cassettes_of_vcrpy(of_vcrpy: Recorded) -> None:
    assert check("vcrpy", *of_vcrpy) == (51 if SEES_HTTPX2 else 39)


def test_cassettes_of_cassetter(of_cassetter: Recorded) -> None:
    directory, calls = of_cassetter
    assert check("cassetter", directory, calls) == 28
    assert all(item.recorded_at is not None for name in calls for item in load(directory / name))


# --- pytest-recording

TESTS = """
import json
import os

import httpx
import pytest

with open("bodies.json") as file:
    BODIES = json.load(file)


def post(carried):
    headers = {"Authorization": "Bearer KEY", "Content-Type": "application/json"}
    url = f"URL/{carried}/v1/chat/completions"
    return httpx.post(url, content=BODIES[carried].encode(), headers=headers, verify=False)


def meaning(content):
    # Only ours undoes how a body was laid out.
    try:
        return json.loads(content)
    except ValueError:
        return content.replace(b"\\r\\n", b"\\n")


@pytest.fixture(scope="module")
def vcr_config():
    return {"filter_headers": ["user-agent"]}


@pytest.fixture(scope="module")
def samurai_cassette_dir(request):
    return request.path.parent / "cassettes" / request.path.stem


@pytest.mark.MARKER
@pytest.mark.parametrize("carried", CARRIED)
def test_ask(carried):
    reply = post(carried)
    assert reply.status_code == (429 if carried == "error" else 200)
    path = f"answer-{carried}"
    if not os.path.exists(path):
        with open(path, "xb") as file:
            file.write(reply.content)
    if "MORE" in os.environ:
        post("more")
    with open(path, "rb") as file:
        assert SAME(file.read()) == SAME(reply.content)


class TestClass:
    @pytest.mark.MARKER
    def test_twice(self):
        assert post("plain").content == post("plain").content
"""


class Project:
    """A project that is tested first with pytest-recording and then with ours."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        self.root = pytester.path
        self.tests = pytester.mkdir("tests")
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self._url = url

    def run(self, marker: str, *arguments: str, url: str | None = None) -> pytest.RunResult:
        bodies = {carried: body_of("Hello, é 🙂", carried).decode() for carried in (*CARRIED, "more")}
        (self.root / "bodies.json").write_text(json.dumps(bodies))
        words = {"MARKER": marker, "URL": url or self._url, "CARRIED": repr(CARRIED), "KEY": KEY}
        words["SAME"] = "meaning" if marker == "vcr" else "bytes"
        text = re.sub("MARKER|URL|CARRIED|KEY|SAME", lambda found: words[found[0]], TESTS)
        (self.tests / "test_it.py").write_text(text, encoding="utf-8")
        if marker != "vcr":
            return self._pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)
        # vcrpy patches the libraries of the whole process, and the server is in this one.
        loaded = " ".join(f"-p no:{name}" for name in FOREIGN if name != "recording")
        with self._monkeypatch.context() as patch:
            patch.setenv("PYTEST_ADDOPTS", loaded)
            return self._pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    @property
    def cassettes(self) -> list[Path]:
        return sorted((self.tests / "cassettes").rglob("*.yaml"))


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str) -> Project:
    return Project(pytester, monkeypatch, url)


NOBODY = "http://127.0.0.1:9"
COUNT = len(CARRIED) + 1


def test_cassettes_of_pytest_recording_import_and_replay_where_they_lie(project: Project) -> None:
    project.run("vcr", "--record-mode=once").assert_outcomes(passed=COUNT)
    assert len(project.cassettes) == COUNT
    # Unchanged, and imported.
    project.run("samurai", url=NOBODY).assert_outcomes(passed=COUNT)
    outcomes = list(import_cassettes([project.tests / "cassettes"], environ={}))
    assert [outcome.failed for outcome in outcomes] == [False] * COUNT
    assert not any(KEY in path.read_text() for path in project.cassettes)
    project.run("samurai", url=NOBODY).assert_outcomes(passed=COUNT)


def test_pytest_recording_replays_ours_and_writes_them_again_and_nothing_is_lost(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run("samurai").assert_outcomes(passed=COUNT)
    before = {path: load(path) for path in project.cassettes}
    project.run("vcr", "--record-mode=none").assert_outcomes(passed=COUNT)
    assert {path: load(path) for path in project.cassettes} == before
    # One more call in each, so that it writes the cassettes again.
    monkeypatch.setenv("MORE", "1")
    project.run("vcr", "--record-mode=new_episodes", "-k", "test_ask").assert_outcomes(passed=COUNT - 1)
    monkeypatch.delenv("MORE")
    for path, items in before.items():
        rewritten = MARK not in path.read_text()
        assert rewritten is ("test_ask" in path.name)
        assert [by_name(item) for item in load(path)[: len(items)]] == [by_name(item) for item in items]
        assert len(load(path)) == len(items) + rewritten
    project.run("samurai", "--samurai-unused=ignore", url=NOBODY).assert_outcomes(passed=COUNT)


def by_name(item: Interaction) -> Interaction:
    """vcrpy writes the headers of a reply in the order of their names."""
    return replace(item, reply=replace(item.reply, headers=tuple(sorted(item.reply.headers))))
