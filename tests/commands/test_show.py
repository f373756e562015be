"""`show` prints the conversation in a cassette: for people, for programs, and for git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_samurai.commands import cli
from pytest_samurai.commands.show import usage_text
from pytest_samurai.commands.tests import Named, Suite
from pytest_samurai.wire import Chunk, Reply, Request, Usage
from tests.chats import chat, failed, saved, streamed

CASSETTE = Path("cassettes/tests/test_geo/test_capital.yaml")
TEST = "tests/test_geo.py::test_capital"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[str]:
    capsys.readouterr()
    assert cli.main(["show", *arguments]) == status
    return capsys.readouterr().out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        cli.main(["show", *arguments])
    return capsys.readouterr().err.partition("error: ")[2]


# --- for people


def test_a_conversation_is_shown_with_roles_usage_cost_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    messages = [{"role": "system", "content": "Be brief.\nBe kind."}, {"role": "user", "content": "Where?"}]
    saved(CASSETTE, chat(messages, temperature=0.2))
    assert shown(capsys, TEST) == [
        f"{TEST}: {CASSETTE}",
        "call 1: chat, m-1",
        "  temperature 0.2",
        "  system: Be brief.",
        "    Be kind.",
        "  user: Where?",
        "  answered (stop):",
        "    assistant: Paris.",
        "  10 + 5 = 15 tokens, $0.0000200, all after 1.50 s, recorded on 2026-01-30",
    ]


def test_a_later_call_says_what_it_repeats(capsys: pytest.CaptureFixture[str]) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
    asked = {"role": "user", "content": "Rain?"}
    tool = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "1", "content": "12 degrees"}
    tools = [{"type": "function", "function": {"name": "weather"}}]
    saved(CASSETTE, chat([asked], tool, tools=tools), chat([asked, tool, result], "No.", tools=tools), chat("Bye"))
    lines = shown(capsys, TEST)
    assert [line for line in lines if "tokens" not in line][1:] == [
        "call 1: chat, m-1",
        "  tools (weather)",
        "  user: Rain?",
        "  answered (stop):",
        '    assistant: tool call weather({"city": "Paris"})',
        "call 2: chat, m-1",
        "  tools (weather)",
        "  (2 messages as in call 1)",
        "  tool: 12 degrees",
        "  answered (stop):",
        "    assistant: No.",
        "call 3: chat, m-1",
        "  user: Bye",
        "  answered (stop):",
        "    assistant: Paris.",
    ]
    # Alone, it has all of them.
    assert shown(capsys, TEST, "--call=2")[1:5] == [
        "call 2: chat, m-1",
        "  tools (weather)",
        "  user: Rain?",
        '  assistant: tool call weather({"city": "Paris"})',
    ]


def test_what_came_of_an_answer_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    event = b'data: {"error": {"message": "overloaded"}}\n\n'
    broken = streamed("Three", [])
    saved(
        CASSETTE,
        streamed("One", ["Par", "is"], ending="ReadTimeout", error="timed out"),
        streamed("Two", ["Par"], ending="closed"),
        replace(broken, reply=replace(broken.reply, body=event, chunks=(Chunk(len(event), 0.5),))),
        failed("Four", 429, b'{"error": {"message": "Slow down.\\nPlease."}}'),
        failed("Five", 500, b"<html>", ""),
    )
    lines = [line for line in shown(capsys, TEST) if not line.startswith(("  user", "  stream"))]
    assert lines[1:] == [
        "call 1: chat, m-1",
        "  answered:",
        "    assistant: Paris",
        "  the stream broke here: ReadTimeout: timed out",
        "  usage unknown, cost unknown, first chunk after 0.25 s, all after 2.00 s, recorded on 2026-01-30",
        "call 2: chat, m-1",
        "  answered:",
        "    assistant: Par",
        "  the application stopped reading here",
        "  usage unknown, cost unknown, first chunk after 0.25 s, all after 2.00 s, recorded on 2026-01-30",
        "call 3: chat, m-1",
        "  answered: no text",
        "  the stream has an error among its events",
        "  usage unknown, cost unknown, first chunk after 0.50 s, all after 2.00 s, recorded on 2026-01-30",
        "call 4: chat, m-1",
        "  status 429 Too Many Requests:",
        "    Slow down.",
        "    Please.",
        "  0 + 0 = 0 tokens, $0.00, recorded on 2026-01-30",
        "call 5: chat, m-1",
        "  status 500:",
        "    <html>",
        "  0 + 0 = 0 tokens, $0.00, recorded on 2026-01-30",
    ]


def test_a_call_of_no_known_api_and_of_another_tool_is_shown_as_far_as_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = replace(
        chat("x"),
        request=Request("GET", "https://api.test/models", (), b""),
        reply=Reply(200, "OK", (), b"[]"),
        recorded_at=None,
    )
    saved(CASSETTE, other)
    assert shown(capsys, str(CASSETTE)) == [
        f"{TEST}: {CASSETTE}",
        "call 1: GET https://api.test/models",
        "  the request is not a JSON object: b''",
        "  answered: no text",
        "  usage unknown, cost unknown, recorded at an unknown time",
    ]
    [call] = json.loads("\n".join(shown(capsys, TEST, "--json")))["calls"]
    assert (call["endpoint"], call["parameters"], call["messages"]) == (None, None, [])


def test_parts_of_the_usage_and_parameters_of_all_kinds_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    interaction = chat(
        "x", stop=["a", 1], response_format={"type": "text"}, user="me", functions=[{"name": "f"}], x=[{"y": 1}]
    )
    body = json.loads(interaction.reply.body)
    body["usage"] |= {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    reply = replace(interaction.reply, body=json.dumps(body).encode())
    saved(CASSETTE, replace(interaction, reply=reply))
    lines = shown(capsys, TEST)
    assert lines[2] == '  stop ("a", 1), response_format {"type": "text"}, user me, functions (f), x ({"y": 1})'
    assert lines[-1].startswith("  10 + 5 = 15 tokens (4 cached, 3 reasoning), $0.0000200,")


def test_what_was_edited_by_hand_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(CASSETTE, chat("x"))
    path.write_text(path.read_text().replace("Paris.", "Rome."))
    assert shown(capsys, TEST)[1] == "call 1: chat, m-1, edited by hand"


def test_no_secret_and_nothing_that_a_terminal_obeys_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "Aq7" + "x1Y2" * 6
    saved(CASSETTE, chat(f"one \x1b[2J\u202e\x9b2J {key}", key, metadata={"x": key}))
    monkeypatch.setenv("OPENAI_API_KEY", key)
    for form in ((), ("--plain",), ("--json",)):
        text = "\n".join(shown(capsys, TEST, *form))
        assert key not in text
        assert "[REDACTED]" in text
        assert not {"\x1b", "\x9b", "\u202e"}.intersection(text)
    [call] = json.loads("\n".join(shown(capsys, TEST, "--json")))["calls"]
    assert call["messages"][0]["parts"][0]["text"] == "one \x1b[2J\u202e\x9b2J [REDACTED]"


def test_a_call_that_is_not_there_is_a_usage_error_that_says_how_many_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    saved(CASSETTE, chat("x"), chat("y"))
    for number in ("0", "3", "-1"):
        for form in ((), ("--json",), ("--plain",)):
            assert refused(capsys, TEST, f"--call={number}", *form) == f"--call={number}: the cassette has 2 calls\n"


def test_a_cassette_without_calls_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    saved(CASSETTE)
    assert shown(capsys, TEST, "--plain") == ["no calls"]


# --- for programs


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    saved(CASSETTE, chat("Where?", temperature=0.2), streamed("And?", ["Ly", "on"]))
    whole = json.loads("\n".join(shown(capsys, TEST, "--json")))
    usage = {name: count for name, count in whole["calls"][0].pop("usage").items() if count}
    assert usage == {"requests": 1, "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    assert {name: whole[name] for name in ("cassette", "test", "damage")} == {
        "cassette": CASSETTE.as_posix(),
        "test": TEST,
        "damage": None,
    }
    assert whole["calls"][0] == {
        "side": None,
        "number": 1,
        "endpoint": "chat",
        "method": "POST",
        "url": "https://api.test/v1/chat/completions",
        "model": "m-1",
        "parameters": {"model": "m-1", "temperature": 0.2},
        "messages": [{"role": "user", "name": None, "parts": [{"kind": "text", "text": "Where?", "name": None}]}],
        "answers": [{"role": "assistant", "name": None, "parts": [{"kind": "text", "text": "Paris.", "name": None}]}],
        "stops": ["stop"],
        "status": 200,
        "error": None,
        "ending": "complete",
        "streamed": False,
        "cost": "0.00002",
        "first_chunk": None,
        "duration": 1.5,
        "recorded_at": "2026-01-30T09:14:00.000000Z",
        "answered_at": None,
        "edited": False,
        "imported": False,
        "unsealed": False,
    }
    second = whole["calls"][1]
    assert (second["streamed"], second["first_chunk"], second["usage"], second["cost"]) == (True, 0.25, None, None)


# --- for git


def test_plain_text_is_the_same_for_recordings_that_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    tool = {"type": "function", "function": {"name": "weather", "description": "Tells it."}}
    saved(CASSETTE, chat("Where?", tools=[tool], temperature=0.2))
    first = shown(capsys, str(CASSETTE), "--plain")
    assert first == [
        "call 1: chat, m-1",
        '  model: "m-1"',
        "  tools: [",
        "    {",
        '      "type": "function",',
        '      "function": {',
        '        "name": "weather",',
        '        "description": "Tells it."',
        "      }",
        "    }",
        "  ]",
        "  temperature: 0.2",
        "  user: Where?",
        "  answered (stop):",
        "    assistant: Paris.",
        "  10 + 5 = 15 tokens, $0.0000200",
    ]
    again = chat("Where?", tools=[tool], temperature=0.2)
    body = again.reply.body.replace(b"chatcmpl-1", b"chatcmpl-2")
    reply = replace(again.reply, body=body, duration=9.0)
    other = saved(Path("elsewhere/x.yaml"), replace(again, recorded_at="2027-02-01T00:00:00.000000Z", reply=reply))
    assert shown(capsys, str(other), "--plain") == first


def test_plain_text_has_no_colour_and_no_width_in_a_terminal_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(CASSETTE, chat("word " * 100))
    monkeypatch.setattr("pytest_samurai.commands.terminal.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    assert f"  user: {'word ' * 100}" in shown(capsys, TEST, "--plain")
    assert f"  user: {'word ' * 100}" not in shown(capsys, TEST)


def conflict(ours: str, theirs: str) -> str:
    """A file after git's merge, with two changed lines in a row."""
    return f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n"


def test_both_sides_of_a_merge_conflict_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = (saved(Path(f"{word}.yaml"), chat(word)).read_text() for word in ("ours", "theirs"))
    head, _, body = ours.partition("- request:")
    text = head + conflict(f"- request:{body}", "- request:" + theirs.partition("- request:")[2])
    CASSETTE.parent.mkdir(parents=True)
    CASSETTE.write_text(text)
    lines = shown(capsys, str(CASSETTE), "--plain")
    assert lines[:2] == [
        "This file cannot be read completely: cassette:3: these are the marks of a merge conflict; to keep what is"
        ' still played from both sides: pytest --samurai-mode=update, or `mode="update"` in `use_cassette`',
        "The side that git calls ours:",
    ]
    assert [line for line in lines if "user" in line or "side that" in line] == [
        "The side that git calls ours:",
        "  user: ours",
        "The side that git calls theirs:",
        "  user: theirs",
    ]
    assert shown(capsys, str(CASSETTE), status=1)[1].startswith("This file cannot be read completely: cassettes/")
    whole = json.loads("\n".join(shown(capsys, str(CASSETTE), "--json", status=1)))
    assert [call["side"] for call in whole["calls"]] == ["ours", "theirs"]
    assert "conflict" in whole["damage"]


def test_of_a_damaged_file_what_can_be_read_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(CASSETTE, chat("one"), chat("two"), chat("three"))
    text = path.read_text()
    begin = text.index("- request:", text.index("- request:") + 1)
    path.write_text(text[:begin] + text[begin:].replace("    method: POST\n", "    method: [\n", 1))
    lines = shown(capsys, str(path), "--plain")
    assert lines[0].startswith("This file cannot be read completely: cassette:")
    [first, second, third] = [line for line in lines if line.startswith("call")]
    assert (first, third) == ("call 1: chat, m-1", "call 3: chat, m-1")
    assert second.startswith("call 2 cannot be read: not readable as YAML: ")
    assert [line for line in lines if line.startswith("  user")] == ["  user: one", "  user: three"]
    whole = json.loads("\n".join(shown(capsys, str(path), "--json", status=1)))
    assert [sorted(call) for call in whole["calls"]][1] == ["damage", "number", "side"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"nothing", b'{"a": 1}', b"interactions: 1\n", b"<<<<<<< x\n", b"a: [\n"]
)
def test_textconv_never_fails(capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    Path("x.yaml").write_bytes(content)
    first, *_, last = shown(capsys, "x.yaml", "--plain")
    assert first.startswith("This file cannot be read completely: ")
    assert last == "no calls"


def test_a_cassette_that_is_not_there_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "x.yaml", "--plain") == "x.yaml: no such cassette\n"


def test_a_cassette_that_goes_meanwhile_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Suite, "find", lambda self, text: Named(Path(text), None))
    assert refused(capsys, "x.yaml") == "x.yaml: no such cassette\n"


def test_git_shows_a_change_of_a_prompt_by_textconv(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    # The one that is installed with this Python.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, encoding="utf-8").stdout

    def recorded(question: str, identity: str, **changes: Any) -> None:
        interaction = chat(question)
        body = interaction.reply.body.replace(b"chatcmpl-1", identity.encode())
        saved(CASSETTE, replace(interaction, reply=replace(interaction.reply, body=body), **changes))

    git("init", "-q")
    git("config", "diff.samurai.textconv", "pytest-samurai show --plain")
    Path(".gitattributes").write_text("cassettes/** diff=samurai\n")
    recorded("What is the capital of France?", "chatcmpl-1")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    recorded("What is the capital of Spain?", "chatcmpl-2", recorded_at="2026-02-01T00:00:00.000000Z")
    changed = [
        line for line in git("diff").splitlines() if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")
    ]
    assert changed == ["-  user: What is the capital of France?", "+  user: What is the capital of Spain?"]
    CASSETTE.write_bytes(b"\xff damaged")
    damaged = git("diff")
    assert "+This file cannot be read completely: " in damaged
    # Another id and another date are not changes.
    recorded("What is the capital of France?", "chatcmpl-3", recorded_at="2026-02-02T00:00:00.000000Z")
    assert not [line for line in git("diff").splitlines() if line.startswith(("+ ", "- "))]


def test_pictures_and_audio_are_parts_like_any_other() -> None:
    heard = Usage(1, 90, 70, 160, prompt_audio_tokens=60, completion_audio_tokens=50)
    assert usage_text(heard) == "90 + 70 = 160 tokens (60 audio of the prompt, 50 audio of the answer)"
    seen = Usage(1, 50, 50, 100, prompt_image_tokens=40, completion_image_tokens=50)
    assert usage_text(seen) == "50 + 50 = 100 tokens (40 pictures of the prompt, 50 pictures of the answer)"
