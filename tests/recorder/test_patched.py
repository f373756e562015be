"""A test that patches the functions a recording is written with: the originals are used."""

from __future__ import annotations

import builtins
import datetime
import io
import json
import os
import pathlib
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.cassette.reader import load
from tests.intercept.scripted import SSE, Pieces, Scripted

API = "http://127.0.0.1:9/v1/chat/completions"
QUESTION = b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi \\u00e9"}]}'
USAGE = b'"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}'
ANSWER = b'{"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"ho"}}],%b}' % USAGE
STREAMED = b'data: {"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"ho"}}]}\n\n'
END = b'data: {"choices":[],%b}\n\ndata: [DONE]\n\n' % USAGE


def functions(owner: Any, *names: str) -> list[tuple[Any, str]]:
    return [(owner, name) for name in names if hasattr(owner, name)]


PATCHED = [
    *functions(json, "dumps", "loads", "dump", "load"),
    *functions(builtins, "open"),
    *functions(io, "open"),
    *functions(os, "open", "read", "write", "close", "fsync", "ftruncate", "replace", "rename", "unlink", "remove"),
    *functions(os, "stat", "fstat", "mkdir", "makedirs", "rmdir", "listdir", "scandir", "chmod", "access", "utime"),
    *functions(os, "getpid", "getuid", "getcwd", "urandom"),
    *functions(os.path, "exists", "isfile", "isdir", "realpath"),
    *functions(pathlib.Path, "open", "read_bytes", "read_text", "write_bytes", "write_text", "exists", "is_file"),
    *functions(pathlib.Path, "unlink", "mkdir", "rmdir", "replace", "rename", "resolve", "absolute", "stat", "cwd"),
    *functions(pathlib.Path, "chmod", "touch", "glob", "iterdir", "is_dir"),
    *functions(time, "time_ns", "sleep", "monotonic_ns", "perf_counter_ns", "clock_gettime", "clock_gettime_ns"),
    *functions(datetime, "datetime", "date"),
    *functions(uuid, "uuid4", "uuid1", "UUID"),
    *functions(tempfile, "mkstemp", "NamedTemporaryFile"),
]


def wrong(*_: Any, **__: Any) -> Any:
    raise AssertionError("this function is the test's")


def asked(path: Path, mode: str) -> list[bytes]:
    streamed = httpx.Response(200, headers=SSE, stream=Pieces(STREAMED, END))
    transport = Scripted(httpx.Response(200, content=ANSWER), streamed)
    questions = [QUESTION, QUESTION.replace(b"}]", b'}],"stream":true')]
    with httpx.Client(transport=transport) as client, use_cassette(path, mode=mode) as recorder:
        answers = [client.post(API, content=question).content for question in questions]
        assert recorder.usage.total_tokens == 14
    assert len(transport.requests) == (0 if mode == "none" else 2)
    return answers


@pytest.mark.parametrize(("owner", "name"), PATCHED, ids=[f"{owner.__name__}.{name}" for owner, name in PATCHED])
def test_a_function_that_a_test_patches_is_not_called(owner: Any, name: str, cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with mock.patch.object(owner, name, wrong):
        live = asked(path, "once")
        assert asked(path, "none") == live
    assert [recording.price for recording in load(path)].count("unknown") == 0
    assert [file.name for file in cassettes.iterdir()] == ["a.yaml"]
    assert asked(path, "none") == live


def test_json_that_a_test_writes_and_reads_in_its_way_is_not_that_of_its_cassette(cassettes: Path) -> None:
    path = cassettes / "a.yaml"
    with mock.patch("json.dumps", return_value="{}"), mock.patch("json.loads", return_value={}):
        live = asked(path, "once")
    assert live == [ANSWER, STREAMED + b"data: [DONE]\n\n"]
    assert asked(path, "none") == live
