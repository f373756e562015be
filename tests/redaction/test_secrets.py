"""Sixty secrets and sixty look-alikes are each planted somewhere in a call, with the whole recorder in between.

No byte of a written file and no printed text contains a secret; no look-alike is changed.
"""

from __future__ import annotations

import base64
import json
import random
import re
import signal
import string
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from pytest_samurai.commands import cli
from tests.conftest import Size, uncovered

# --- where something may be planted


def chat(content: object, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def completion(content: str | None, **message: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    return json.dumps({"id": "chatcmpl-1", "model": "m-1", "choices": [choice], "usage": usage}).encode()


def error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "auth_error", "code": 401}}).encode()


def event(delta: dict[str, Any]) -> bytes:
    return f"data: {json.dumps({'id': 'c', 'choices': [{'index': 0, 'delta': delta}]})}\n\n".encode()


def spoken(*texts: str) -> list[bytes]:
    return [*(event({"content": text}) for text in texts), b"data: [DONE]\n\n"]


def pieces(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def arguments(text: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"arguments": text}}]}


@dataclass(frozen=True)
class Exchange:
    """What a client sends and a server answers, in pieces for a stream."""

    asked: dict[str, Any] = field(default_factory=lambda: chat("Please keep it."))
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    reason: str = "OK"
    replied: bytes = completion("Yes.")
    stream: tuple[bytes, ...] = ()
    reply_headers: Mapping[str, str] = field(default_factory=dict)


def streamed(*parts: bytes) -> Exchange:
    return Exchange(stream=parts)


def halves(data: bytes, at: bytes) -> tuple[bytes, bytes]:
    middle = data.index(at) + len(at) // 2
    return data[:middle], data[middle:]


PLACES: dict[str, Callable[[str], Exchange]] = {
    # asked
    "the prompt": lambda it: Exchange(chat(f"Here is {it}, please keep it.")),
    "the prompt, on a line of its own": lambda it: Exchange(chat(f"My key:\n{it}\nPlease keep it.")),
    "the prompt, in quotes": lambda it: Exchange(chat(f'export KEY="{it}" # keep it')),
    "the prompt, as JSON": lambda it: Exchange(chat(json.dumps({"key": it, "keep": "it"}))),
    "the prompt, as part of a URL": lambda it: Exchange(chat(f"keep https://h/?k={quote(it, safe='')}&x=1")),
    "the prompt, in base64": lambda it: Exchange(chat(f"keep {in_base64(f'Authorization: Bearer {it}')}")),
    "the prompt, in base64 of Basic": lambda it: Exchange(chat(f"keep Basic {in_base64(f'user:{it}')}")),
    "a part of the prompt": lambda it: Exchange(chat([{"type": "text", "text": f"keep {it}"}])),
    "a picture's URL": lambda it: Exchange(
        chat([{"type": "image_url", "image_url": {"url": f"data:text/plain,keep,{it}"}}])
    ),
    "metadata": lambda it: Exchange(chat("keep", metadata={"key": it}, user=it)),
    "a tool's description": lambda it: Exchange(
        chat("keep", tools=[{"type": "function", "function": {"name": "f", "description": f"use {it}"}}])
    ),
    "a tool's arguments": lambda it: Exchange(
        {"model": "m", "messages": [{"role": "assistant", **arguments(json.dumps({"keep": it}))}]}
    ),
    "the model asked for": lambda it: Exchange({**chat("keep"), "model": f"m/{it}"}),
    # the URL and the headers
    "the URL, as key": lambda it: Exchange(query=f"?key={quote(it)}"),
    "the URL, as another parameter": lambda it: Exchange(query=f"?x=1&y={quote(it)}&z=2"),
    "Authorization": lambda it: Exchange(headers={"Authorization": f"Bearer {it}"}),
    "X-Api-Key": lambda it: Exchange(headers={"X-Api-Key": it}),
    "Cookie": lambda it: Exchange(headers={"Cookie": f"session={it}"}),
    "a header of one's own": lambda it: Exchange(headers={"X-Mine": it}),
    "Accept": lambda it: Exchange(headers={"Accept": f"application/json; x={it}"}),
    # answered
    "the answer": lambda it: Exchange(replied=completion(f"It is {it}.")),
    "the answer, in base64": lambda it: Exchange(replied=completion(in_base64(f"Bearer {it}"))),
    "the arguments of an answer": lambda it: Exchange(replied=completion(None, **arguments(json.dumps({"k": it})))),
    "the model as served": lambda it: Exchange(replied=completion("Yes.").replace(b'"m-1"', json.dumps(it).encode())),
    "an error": lambda it: Exchange(status=401, reason="Unauthorized", replied=error(f"Wrong key: {it}. Keep out.")),
    "an error that is no JSON": lambda it: Exchange(status=502, reason="Bad", replied=f"<p>{it}</p>".encode()),
    "the reason of a status": lambda it: Exchange(status=401, reason=f"Wrong key {it}", replied=error("Keep out.")),
    "X-Request-Id": lambda it: Exchange(reply_headers={"X-Request-Id": f"req/{it}"}),
    "Location": lambda it: Exchange(status=307, replied=b"", reply_headers={"Location": f"/nowhere?token={it}"}),
    "Set-Cookie": lambda it: Exchange(reply_headers={"Set-Cookie": f"session={it}; path=/"}),
    "a header of the server's own": lambda it: Exchange(reply_headers={"X-Echo": it}),
    # streamed
    "a delta": lambda it: streamed(*spoken("It is ", it, ".")),
    "two deltas": lambda it: streamed(*spoken("It is ", it[: len(it) // 2], it[len(it) // 2 :], ".")),
    "deltas of three characters": lambda it: streamed(*spoken("It is ", *pieces(it, 3), ".")),
    "a delta, cut by the wire": lambda it: streamed(
        *halves(event({"content": f"It is {it}."}), json.dumps(it)[1:-1].encode()), *spoken("!")
    ),
    "deltas of arguments": lambda it: streamed(*(event(arguments(part)) for part in pieces(f'{{"k":"{it}"}}', 5))),
    "deltas of reasoning": lambda it: streamed(*(event({"reasoning_content": part}) for part in pieces(it, 4))),
    "an error among the events": lambda it: streamed(*spoken("Hm")[:1], b"data: " + error(f"Not {it}") + b"\n\n"),
    "the usage of a stream": lambda it: streamed(
        *spoken("Hm")[:1], b"data: " + json.dumps({"choices": [], "usage": {"note": it}}).encode() + b"\n\n"
    ),
    "a comment among the events": lambda it: streamed(f": {it}\n\n".encode(), *spoken("Hm")),
}


@dataclass(frozen=True)
class Row:
    """One thing planted in one place.

    `known` is how the recorder can recognize a secret: by its shape, if nothing else.
    """

    number: int
    place: str
    planted: str
    known: str = ""

    @property
    def exchange(self) -> Exchange:
        made = PLACES[self.place](self.planted)
        return made if self.known != KEY else replace_headers(made, Authorization=f"Bearer {self.planted}")


def replace_headers(exchange: Exchange, **more: str) -> Exchange:
    return Exchange(**{**vars(exchange), "headers": {**exchange.headers, **more}})


KEY = "the key of the request"
"""A secret because the request has it in its `Authorization`."""

# In a shape, # is any letter or digit, $ a capital or digit, and each row has its own. So a match in a file shows where
# it was planted, and none of this looks like a key to scanners of repositories.
OPENAI, PROJECT, ANTHROPIC = "sk-" + "#" * 48, "sk-proj-" + "#" * 60 + "_" + "#" * 20, "sk-ant-api03-" + "#" * 80
GITHUB, PAT, AWS = "ghp_" + "#" * 36, "github_pat_" + "#" * 22 + "_" + "#" * 50, "AKIA" + "$" * 16
JWT = "eyJ" + "#" * 30 + ".eyJ" + "#" * 60 + "." + "#" * 40
PEM = "-----BEGIN PRIVATE KEY-----\n" + ("#" * 64 + "\n") * 4 + "-----END PRIVATE KEY-----"
OWN, ODD, PASSWORD = "#" * 24, "#" * 12 + '/+"\\é' + "#" * 9, "#" * 12 + " & " + "#" * 6

SECRETS = [
    # known only by its shape
    ("the prompt", OPENAI, ""),
    ("the prompt", GITHUB, ""),
    ("the prompt", AWS, ""),
    ("the prompt", JWT, ""),
    ("the prompt", PEM, ""),
    ("the prompt, on a line of its own", PROJECT, ""),
    ("the prompt, on a line of its own", PAT, ""),
    ("the prompt, in quotes", ANTHROPIC, ""),
    ("the prompt, as JSON", PROJECT, ""),
    ("the prompt, as JSON", PEM, ""),
    ("the prompt, as part of a URL", GITHUB, ""),
    ("a part of the prompt", OPENAI, ""),
    ("a picture's URL", JWT, ""),
    ("metadata", ANTHROPIC, ""),
    ("a tool's description", PAT, ""),
    ("a tool's arguments", OPENAI, ""),
    ("the model asked for", PROJECT, ""),
    ("the URL, as key", OWN, ""),
    ("the URL, as another parameter", GITHUB, ""),
    ("Authorization", OWN, ""),
    ("X-Api-Key", OWN, ""),
    ("Cookie", OWN, ""),
    ("a header of one's own", OWN, ""),
    ("Accept", OPENAI, ""),
    ("the answer", OPENAI, ""),
    ("the answer", PEM, ""),
    ("the arguments of an answer", AWS, ""),
    ("the model as served", OPENAI, ""),
    ("an error", PROJECT, ""),
    ("an error that is no JSON", GITHUB, ""),
    ("the reason of a status", OPENAI, ""),
    ("X-Request-Id", JWT, ""),
    ("Location", OWN, ""),
    ("Set-Cookie", OWN, ""),
    ("a header of the server's own", OWN, ""),
    ("a delta", ANTHROPIC, ""),
    ("two deltas", OPENAI, ""),
    ("deltas of three characters", PROJECT, ""),
    ("a delta, cut by the wire", GITHUB, ""),
    ("deltas of arguments", OPENAI, ""),
    ("deltas of reasoning", JWT, ""),
    ("an error among the events", OPENAI, ""),
    ("the usage of a stream", OPENAI, ""),
    ("a comment among the events", AWS, ""),
    # the value of a variable, which can be anything
    ("the prompt", OWN, "MY_API_KEY"),
    ("the prompt, as JSON", ODD, "MY_SECRET"),
    ("the prompt, as part of a URL", PASSWORD, "DB_PASSWORD"),
    ("the prompt, in base64", OWN, "GITHUB_TOKEN"),
    ("the URL, as another parameter", ODD, "AWS_SECRET_ACCESS_KEY"),
    ("the model as served", OWN, "OTHER_API_KEY"),
    ("the reason of a status", OWN, "HF_TOKEN"),
    ("a delta, cut by the wire", ODD, "SOME_TOKEN"),
    ("deltas of three characters", PASSWORD, "DJANGO_SECRET_KEY"),
    # the key that the request was sent with
    ("the prompt, in base64", OWN, KEY),
    ("the prompt, in base64 of Basic", OWN, KEY),
    ("the answer, in base64", OWN, KEY),
    ("an error", OWN, KEY),
    ("an error that is no JSON", OPENAI, KEY),
    ("two deltas", OWN, KEY),
    ("X-Request-Id", OWN, KEY),
]

UUID, GIT_HASH, SHA256 = (
    "123e4567-e89b-42d3-a456-426614174000",
    "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "e3b0c442" * 8,
)
PICTURE = base64.b64encode(random.Random(1).randbytes(600)).decode()
LONG_PICTURE = base64.b64encode(random.Random(2).randbytes(3_000)).decode()

LOOK_ALIKES = [
    ("the prompt", "max_tokens"),
    ("the prompt", "max_tokens=4096, prompt_tokens: 12, completion_tokens: 30, total_tokens: 42"),
    ("the prompt", "an OPENAI_API_KEY, a GITHUB_TOKEN and a DB_PASSWORD"),
    ("the prompt", "the password: hunter"),
    ("the prompt", "password=changeme"),
    ("the prompt", "the words test, changeme and not-needed"),
    ("the prompt", "sk-learn-compatible-estimators-and-transformers"),
    ("the prompt", "sk-learn-1-2-compatible-estimators"),
    ("the prompt", "sk-..."),
    ("the prompt", "sk-short1"),
    ("the prompt", "task-0123456789abcdef0123456789abcdef"),
    ("the prompt", "desk_sk-0123456789abcdef"),
    ("the prompt", "sk-Latn-SK, the Slovak of Slovakia"),
    ("the prompt", "ghp_ and gho_ and github_pat_"),
    ("the prompt", "AKIA"),
    ("the prompt", "AKIAIOSFODNN7EXAMPLEANDMORE"),
    ("the prompt", "eyJhbGciOiJIUzI1NiJ9, the head of a token"),
    ("the prompt", "Bearer"),
    ("the prompt", "[REDACTED]"),
    ("the prompt", UUID),
    ("the prompt", f"{UUID}, {UUID.upper()}"),
    ("the prompt", GIT_HASH),
    ("the prompt", SHA256),
    ("the prompt", f"git show {GIT_HASH[:7]} && git diff {GIT_HASH}..{GIT_HASH[::-1]}"),
    ("the prompt", "sha512-" + in_base64("x" * 64)),
    ("the prompt", PICTURE),
    ("the prompt", "0123456789" * 200),
    ("the prompt", "a" * 3_000),
    ("the prompt", "aGVsbG8gd29ybGQ= is hello world"),
    ("the prompt", "req_0a1b2c3d4e5f6789, call_abc123DEF456, chatcmpl-123e4567, resp_68b0"),
    ("the prompt", "2026-11-24T10:00:00.000000Z and 192.168.0.1:8080 and +41 44 668 18 00"),
    ("the prompt", "4111 1111 1111 1111"),
    ("the prompt", "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----"),
    ("the prompt", "Does it begin with -----BEGIN PRIVATE KEY----- or not?"),
    ("the prompt", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 me@here"),
    ("the prompt", "C:\\Users\\sk-1\\token.txt and /etc/secret/api_key"),
    ("the prompt", "日本語のトークン and ключ: секрет"),
    ("the prompt, as JSON", "token_type"),
    ("the prompt, as JSON", '{"api_key": null, "password": "", "secret": true}'),
    ("the prompt, as part of a URL", "a b&c=d/é"),
    ("the prompt, in base64", "nothing"),
    ("the prompt, in quotes", "$OPENAI_API_KEY"),
    ("a part of the prompt", GIT_HASH),
    ("a picture's URL", PICTURE),
    ("metadata", UUID),
    ("a tool's description", "the password and the api_key of the user, a secret token"),
    ("a tool's arguments", "password"),
    ("the model asked for", "ft:gpt-4o-mini-2024-07-18:acemeco:suffix:abc123"),
    ("the URL, as another parameter", "2024-10-21-preview"),
    ("X-Request-Id", UUID),
    ("the answer", UUID),
    ("the answer", LONG_PICTURE),
    ("the answer", "Set OPENAI_API_KEY=sk-... and max_tokens=100."),
    ("the arguments of an answer", "hunter"),
    ("an error", "sk-...cdef"),
    ("an error", "max_tokens is too large: 300000"),
    ("deltas of three characters", f"sk-learn-1-2-compatible-estimators {GIT_HASH}"),
    ("deltas of arguments", "password"),
    ("deltas of reasoning", UUID),
    ("a delta, cut by the wire", PICTURE),
]

WORDS = {"TEST_API_KEY": "test", "MY_PASSWORD": "changeme", "FAKE_TOKEN": "not-needed", "EMPTY_SECRET": ""}
"""What people write instead of a key: no reason to cut these words out of prompts."""

_SETS = {"$": string.ascii_uppercase + string.digits, "#": string.ascii_letters + string.digits}


def _filled(shape: str, number: int) -> str:
    chance = random.Random(number)
    # A digit at the start of each run, because a key of any length has one.
    return re.sub(r"([#$])\1*", lambda it: "7" + "".join(chance.choices(_SETS[it[1]], k=len(it[0]) - 1)), shape)


ROWS = [Row(number, place, _filled(shape, number), known) for number, (place, shape, known) in enumerate(SECRETS)]
ALIKE = [Row(number, place, text) for number, (place, text) in enumerate(LOOK_ALIKES)]


# --- the calls


def send(row: Row, base_url: str, *, changed: bool = False) -> httpx.Response:
    __tracebackhide__ = True  # to show a line of this file, pytest parses all of it, for each failing test
    exchange = row.exchange
    body = json.dumps({**exchange.asked, **({"stream": True} if exchange.stream else {})}).encode()
    if changed:
        body = body.replace(b"keep", b"lose")[:-1] + b', "seed": 7}'
    headers = {"Authorization": "Bearer none", "Content-Type": "application/json", **exchange.headers}
    url = f"{base_url}/{row.number}/v1/chat/completions{exchange.query}"
    return httpx.post(url, content=body, headers=headers, verify=False)


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rows: list[Row]

    def do_POST(self) -> None:
        exchange = self.rows[int(self.path.split("/")[1])].exchange
        self.rfile.read(int(self.headers["Content-Length"]))
        body = exchange.stream or (exchange.replied,)
        self.send_response_only(exchange.status, exchange.reason)
        self.send_header("Content-Type", "text/event-stream" if exchange.stream else "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in exchange.reply_headers.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in filter(None, body):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def answering() -> Iterator[Callable[[list[Row]], str]]:
    """Serve the answers of these rows. Yields the base URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve(rows: list[Row]) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Answering,), {"rows": rows})))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {row.known: row.planted for row in ROWS if row.known not in ("", KEY)}
    for name, value in {**WORDS, **known}.items():
        monkeypatch.setenv(name, value)


# --- the search


@cache
def traces(secret: str) -> frozenset[bytes]:
    """What no file may contain: any ten characters of a secret that mean nothing else, in plain text or in base64."""
    return frozenset(_traces(secret))


def _traces(secret: str) -> Iterator[bytes]:
    for word in re.findall(r"\w{8,}", secret.partition("BEGIN PRIVATE KEY")[2] or secret, re.ASCII):
        # The part before the first digit names the kind, and reports mention it.
        core = word[word.index("7") :] if "7" in word else ""
        for piece in {core[at : at + 10] for at in range(max(len(core) - 9, 1))} - {""}:
            yield piece.encode()
        for before in range(3) if len(core) >= 10 else ():
            encoded = base64.b64encode(bytes(before) + core.encode())[4:-4]
            for at in range(0, max(len(encoded) - 15, 1), 4):
                yield encoded[at : at + 16]


def leaks(text: bytes, rows: list[Row]) -> list[str]:
    return [
        f"{row.number}: {row.place} ({row.known or 'shape'})"
        for row in rows
        if any(one in text for one in traces(row.planted))
    ]


def test_the_search_finds_what_it_looks_for() -> None:
    for row in ROWS:
        for whole in (row.planted, in_base64(row.planted), in_base64(f"x{row.planted}"), in_base64(f"xy{row.planted}")):
            assert leaks(whole.encode(), [row]), row
        assert leaks(row.planted[:-4].encode(), [row]), row
        assert not leaks(b"a key (sk-...), sk-proj-, github_pat_, BEGIN PRIVATE KEY", [row]), row


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_there_are_sixty_of_each_and_no_two_are_the_same() -> None:
    assert len(set(SECRETS)) == len({row.planted for row in ROWS}) == 60
    assert len(set(LOOK_ALIKES)) == 60
    # Each place is tried. Of what must not change, only places whose text is kept.
    assert {row.place for row in ROWS} == set(PLACES)


# --- the tests

PROJECT_TESTS = """
import os, pytest
from tests.redaction import test_secrets as corpus

@pytest.fixture
def samurai_config():
    return {"max_total_tokens": 0} if "JUDGED" in os.environ else {}

@pytest.mark.samurai
@pytest.mark.parametrize("number", range(60))
def test_it(number, samurai):
    corpus.send(corpus.ROWS[number], os.environ["BASE_URL"], changed="CHANGED" in os.environ)
"""

KILLED = """
import os, signal, sys
from pytest_samurai import use_cassette
from tests.redaction import test_secrets as corpus

with use_cassette(sys.argv[1]):
    for row in corpus.ROWS:
        corpus.send(row, os.environ["BASE_URL"])
    os.kill(os.getpid(), signal.SIGKILL)
"""


ANSWERED = sum(row.exchange.status == 200 for row in ROWS)


def test_no_secret_is_in_any_file_or_any_report(
    pytester: pytest.Pytester,
    answering: Callable[[list[Row]], str],
    environment: None,
    monkeypatch: pytest.MonkeyPatch,
    size: Size,
) -> None:
    monkeypatch.setenv("BASE_URL", answering(ROWS))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    (pytester.path / "test_it.py").write_text(PROJECT_TESTS, encoding="utf-8")
    searched = 0
    found: list[str] = []

    def run(what: str, *arguments: str, **outcomes: int) -> None:
        reports = ["-p", "no:cacheprovider", "-v", "-rA", "--tb=short", "--samurai-top=100", f"--junit-xml={what}.xml"]
        reports += [f"--samurai-report={kind}:{what}.{kind}" for kind in ("json", "md", "html", "benchmark")]
        result = pytester.runpytest_inprocess(*reports, "--samurai-report=github", *arguments)
        result.assert_outcomes(**outcomes)
        search(f"printed, {what}", "\n".join([*result.outlines, *result.errlines]).encode())

    def search(where: str, text: bytes) -> None:
        nonlocal searched
        searched += len(text)
        found.extend(f"{where}, {leak}" for leak in leaks(text, ROWS))

    run("recorded", passed=60)
    run("replayed", "--samurai-mode=none", passed=60)
    with monkeypatch.context() as patch:
        patch.setenv("CHANGED", "1")
        run("missed", "--samurai-mode=none", failed=60)
    with monkeypatch.context() as patch:
        patch.setenv("JUDGED", "1")
        run("judged in replay", "--samurai-mode=none", failed=ANSWERED, passed=60 - ANSWERED)
        run("judged live", "--samurai-mode=live", failed=ANSWERED, passed=60 - ANSWERED)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(pytester.path / "killed.yaml")],
        cwd=Path(__file__).parents[2],
        env=uncovered(),
    )
    assert killed.returncode == -signal.SIGKILL
    written = files(pytester.path)
    assert sum(name.endswith(".yaml") for name in written) == 60
    assert sum(name.endswith(".journal") for name in written) == 1
    assert sum(name.endswith(".xml") for name in written) == 5
    assert sum(name.endswith((".json", ".md", ".html", ".benchmark")) for name in written) == 5 * 4 + 1
    for name, content in written.items():
        search(name, content)
    size.tell(f"60 secrets, {searched:,} bytes searched in {len(written)} files and 5 runs' output: {len(found)} found")
    assert not found, "\n" + "\n".join(found)


OTHERS = """\
interactions:
- request: {method: POST, uri: "URI", body: '{"messages": [{"role": "user", "content": "keep SECRET"}]}', headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: "{}"}}
version: 1
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OTHERS, "1 of 1 recorded interaction was not played"),
        (OTHERS, "has no recording, and the mode does not let it go live"),
        (OTHERS.replace("method: POST", "method: [SECRET]"), "is damaged: `method` is"),
        (OTHERS.replace("- r", "- SECRET\n- r"), "is damaged: it is '[REDACTED]', not a mapping"),
        (OTHERS.replace("- r", "- !!int SECRET\n- r"), "not readable as YAML"),
        (OTHERS.replace("version: 1", "version: SECRET"), "version is '[REDACTED]'; this tool reads version 1"),
    ],
)
def test_no_secret_that_another_tool_wrote_is_told(
    content: str, message: str, tmp_path: Path, answering: Callable[[list[Row]], str], environment: None
) -> None:
    path, base_url = tmp_path / "theirs.yaml", answering(ROWS)
    for row in (ROWS[0], next(row for row in ROWS if row.known == "MY_API_KEY")):
        url = f"{base_url}/{row.number}/v1/chat/completions"
        path.write_text(content.replace("SECRET", row.planted).replace("URI", url), encoding="utf-8")
        with pytest.raises(BaseException, match=".") as caught, use_cassette(path, mode="none"):
            if message.startswith("has no recording"):
                send(row, base_url)
        assert message in str(caught.value)
        assert not leaks(str(caught.value).encode(), [row])


TOLD = [row for row in ROWS if row.known not in ("", KEY) or not re.fullmatch(r"7\w{23}", row.planted, re.ASCII)]
"""What anybody can recognize as a secret, wherever it is: by its shape, or by the environment."""


def test_no_command_prints_a_secret_that_another_tool_wrote(
    tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: Size
) -> None:
    monkeypatch.chdir(tmp_path)

    def write(before: str) -> None:
        for row in TOLD:
            # Where a shortened line ends, and where words are compared.
            asked = json.dumps({**chat(f"{before * 17} {row.planted} and {row.planted}"), "model": f"m/{row.planted}"})
            request = {"method": "POST", "uri": "https://h/v1/chat/completions", "headers": {}, "body": asked}
            response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}}
            content = {"interactions": [{"request": request, "response": response}], "version": 1}
            Path("cassettes", f"{row.number}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], check=True)

    Path("cassettes").mkdir()
    write("one ")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message=theirs")
    write("two ")
    for row in TOLD:
        cli.main(["why", "t.py::t", f"--cassette=cassettes/{row.number}.yaml", "--against=HEAD"])
    for command in ("check", "cost", "import"):
        cli.main([command, "cassettes"])
    printed = capsys.readouterr().out
    assert printed.count("[REDACTED]") > len(TOLD)
    assert leaks(printed.encode(), TOLD) == []
    written = files(tmp_path / "cassettes")
    assert [leak for content in written.values() for leak in leaks(content, TOLD)] == []
    size.tell(f"{len(TOLD)} secrets of another tool, {len(printed):,} characters printed by four commands: 0 found")


def test_no_look_alike_is_changed(
    tmp_path: Path, answering: Callable[[list[Row]], str], environment: None, size: Size
) -> None:
    base_url = answering(ALIKE)
    changed = []
    for row in ALIKE:
        path = tmp_path / f"{row.number}.yaml"
        with use_cassette(path, stream_usage=False):
            reply = send(row, base_url)
        [item] = load(path)
        with use_cassette(path, mode="none"):
            again = send(row, base_url)
        sent, got = reply.request, reply.content
        kept = (item.request.url, item.request.body, item.reply.body, again.content)
        if kept != (str(sent.url), sent.content, got, got) or again.headers.get("x-request-id") != reply.headers.get(
            "x-request-id"
        ):
            changed.append((row.number, row.place, row.planted[:60]))
    size.tell(f"60 look-alikes: {len(changed)} changed")
    assert changed == []
