"""A user's project, whose tests are recorded from a server on this machine and then replayed."""

from __future__ import annotations

import re

import pytest

from pytest_samurai.server.chat_server import ChatServer

ASK = """
import httpx, pytest

def body(content="What is the capital of France?", **changes):
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}], **changes}

def ask(client, content="What is the capital of France?", **changes):
    reply = client.post("/chat/completions", json=body(content, **changes))
    return reply.raise_for_status().json()["choices"][0]["message"]["content"]
"""


SEED = """
import os
def seed_call(text="seed"):
    headers = {"Authorization": "Bearer " + os.environ.get("SAMURAI_API_KEY", "none")}
    return httpx.post(os.environ["SAMURAI_BASE_URL"] + "/chat/completions", json=body(text), headers=headers)
"""


THIRTY_ONE = "Tell me, in one line: is it warm there, or cold?"
"""A question whose call uses 31 of the embedded server's tokens."""


class Project:
    """A project under test, and the server that its first runs talk to."""

    def __init__(self, pytester: pytest.Pytester, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.server = server
        self._monkeypatch = monkeypatch

    def tests(self, text: str, name: str = "test_it.py") -> None:
        (self.pytester.path / name).write_text(ASK + text, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    def offline(self) -> None:
        """From now on, nothing answers and there is no key."""
        self.server.stop()
        self._monkeypatch.delenv("SAMURAI_API_KEY")

    def cassettes(self) -> list[str]:
        root = self.pytester.path / "cassettes"
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def text(self, cassette: str) -> str:
        return (self.pytester.path / "cassettes" / cassette).read_text(encoding="utf-8")


def without_seconds(line: str) -> str:
    """A line of totals without the time that replay saved: on a busy machine, even these calls took some time."""
    return re.sub(r"(; replay saved (?:more than )?\S+) and [\d,.]+ s$", r"\1", line)


def lines_between(result: pytest.RunResult, first: str, last: str) -> list[str]:
    lines = [without_seconds(line.rstrip()) for line in result.outlines]
    begin = next(place for place, line in enumerate(lines) if first in line)
    end = next(place for place, line in enumerate(lines) if last in line and place > begin)
    return lines[begin:end]
