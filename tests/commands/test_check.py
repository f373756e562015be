from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.request import Request as VcrRequest

from pytest_samurai import cassette
from pytest_samurai.commands import cli
from pytest_samurai.commands.findings import CODES
from pytest_samurai.files import REAL
from pytest_samurai.wire.http import Chunk, Headers, Reply, Request
from pytest_samurai.wire.interaction import Interaction

URL = "https://www.samuraiapi.in/v1/chat/completions"
KEY = "sk-samurai-0123456789abcdefghij"
ODD = "hunter2-hunter2/é"  # a key without a shape
GITHUB = "ghp_" + "0123456789abcdef" * 3
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZw"
OURS = "cassettes/ours.yaml"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("cassettes", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def interaction(
    content: Any = "Hi",
    *,
    url: str = URL,
    headers: Headers = (),
    reply: bytes = b'{"id":"1"}',
    reply_headers: Headers = (),
    chunks: tuple[Chunk, ...] | None = None,
    recorded_at: str | None = None,
    **more: Any,
) -> Interaction:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": content}], **more}).encode()
    return Interaction(
        Request("POST", url, headers, body), Reply(200, "OK", reply_headers, reply, chunks), recorded_at=recorded_at
    )


def write(*interactions: Interaction, path: str = OURS) -> Path:
    cassette.save(Path(path), interactions)
    return Path(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit status and the printed lines, which never contain a secret of this file."""
    status = cli.main(["check", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    assert not re.search(r"012345|hunter|c2lnbmF0|MIIEv", out)
    return status, out.splitlines()


def found(capsys: pytest.CaptureFixture[str], *interactions: Interaction) -> list[str]:
    """The findings in a cassette of ours, without file and line."""
    write(*interactions)
    status, lines = run(capsys, "-q")
    assert status == (1 if lines else 0)
    return [without_code(line) for line in lines]


def without_code(line: str, path: str = OURS) -> str:
    """The findings in the first interaction of a cassette of ours, without file, line and code."""
    match = re.fullmatch(rf"{path}:3: (SAM\d{{3}}) (.*)", line)
    assert match is not None, line
    assert match[1] in CODES
    return match[2]


# --- what is read, and what is said at the end


def test_clean_cassettes_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(), interaction("Ho"))
    write(interaction(), path="cassettes/deep/other.yml")
    Path("cassettes/notes.txt").write_text(KEY)

    assert run(capsys) == (0, ["2 cassettes, 3 interactions: 0 findings"])
    assert run(capsys, "-q") == (0, [])


def test_it_works_in_any_directory_below_the_root(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(interaction(KEY))
    Path("deep").mkdir()
    monkeypatch.chdir("deep")
    assert run(capsys, "-q") == (1, [f"../{OURS}:3: SAM102 a key (sk-...) in the request body"])


def test_files_are_taken_as_given_and_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction(KEY), path="cassettes/tape.json")

    assert run(capsys, str(path), str(path), "cassettes") == (
        1,
        [
            "cassettes/tape.json:3: SAM102 a key (sk-...) in the request body",
            "1 cassette, 1 interaction: 1 finding",
        ],
    )


def test_each_finding_has_the_line_of_its_interaction(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(), interaction(KEY), interaction(GITHUB), path="cassettes/b.yaml")
    write(interaction(JWT), path="cassettes/a.yaml")

    starts = [
        number for number, line in enumerate(Path("cassettes/b.yaml").read_text().splitlines(), 1) if "- re" in line
    ]
    assert run(capsys) == (
        1,
        [
            "cassettes/a.yaml:3: SAM102 a JSON web token in the request body",
            f"cassettes/b.yaml:{starts[1]}: SAM102 a key (sk-...) in the request body",
            f"cassettes/b.yaml:{starts[2]}: SAM102 a GitHub token (ghp_...) in the request body",
            "2 cassettes, 4 interactions: 3 findings",
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such file or directory; name the cassettes, or their directory"),
        (
            ["--max-age", "30"],
            "argument --max-age: it is '30'; it must be a number below 10,000 and a unit: \"90m\"",
        ),
        (["--max-age", "999999999999d"], "it is '999999999999d'; it must be a number below 10,000 and a unit"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["check", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


# --- secrets


def test_the_value_of_a_variable_is_found_wherever_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_API_KEY", ODD)

    item = interaction(
        ODD,
        url=f"{URL}?q=hunter2-hunter2%2F%C3%A9",
        headers=(("x-note", ODD),),
        reply=json.dumps({"error": ODD}).encode(),
        reply_headers=(("x-note", ODD),),
    )

    assert found(capsys, item) == [
        "the value of SAMURAI_API_KEY in the URL",
        "the value of SAMURAI_API_KEY in the request header 'x-note'",
        "the value of SAMURAI_API_KEY in the request body",
        "the value of SAMURAI_API_KEY in the reply header 'x-note'",
        "the value of SAMURAI_API_KEY in the reply body",
    ]


def test_a_key_that_the_environment_has_is_called_by_its_variable_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_API_KEY", KEY)

    item = interaction(f"{KEY} {GITHUB}", headers=(("authorization", f"Bearer {KEY}"),))

    assert found(capsys, item) == [
        "the value of SAMURAI_API_KEY in the request header 'authorization'",
        "the value of SAMURAI_API_KEY in the request body",
        "a GitHub token (ghp_...) in the request body",
    ]


def test_the_key_of_a_request_is_found_where_it_turns_up_again(capsys: pytest.CaptureFixture[str]) -> None:
    basic = base64.b64encode(f"me:{ODD}".encode()).decode()
    item = interaction(headers=(("authorization", f"Basic {basic}"),), reply=json.dumps([ODD]).encode())

    assert found(capsys, item) == [
        "a credential in the request header 'authorization'",
        "the key of this request in the reply body",
    ]


def test_a_credential_in_the_body_of_a_request_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    asked = interaction(tools=[{"type": "mcp", "headers": {"Authorization": f"Bearer {ODD}"}}])

    assert found(capsys, asked) == ["the key of this request in the request body"]
    assert found(capsys, interaction(api_key="fake-key", password="[REDACTED]")) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", f"Bearer {ODD}"),
        ("proxy-authorization", f"Basic {ODD}"),
        ("x-api-key", ODD),
        ("x-goog-api-key", ODD),
        ("my-api-key", ODD),
        ("x-auth-token", ODD),
        ("x-client-secret", ODD),
        ("cookie", f"theme=dark; session={ODD}"),
    ],
)
def test_a_header_that_carries_a_key_is_found(name: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, interaction(headers=((name, value),))) == [f"a credential in the request header {name!r}"]


def test_a_cookie_that_was_set_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    item = interaction(reply_headers=(("set-cookie", f"__cf_bm={ODD}; path=/; HttpOnly"),))

    assert found(capsys, item) == ["a credential in the reply header 'set-cookie'"]


def test_keys_in_urls_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"https://me:{ODD.replace('/', '')}@h/v1/chat/completions?api_key={ODD}&a=1&sig=0123456789abcdef"

    assert found(capsys, interaction(url=url)) == [
        "a credential in the URL (user and password)",
        "a credential in the URL (parameter 'api_key')",
        "a credential in the URL (parameter 'sig')",
    ]


def test_a_key_that_a_model_repeats_token_by_token_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        b"data: %b\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode()
        for text in ("It is sk-samurai-", "0123456789", "abcdefghij.")
    ]
    item = interaction(reply=b"".join(events), chunks=tuple(Chunk(len(event), 0.0) for event in events))

    assert found(capsys, item) == ["a key (sk-...) in the reply body"]


PEM = "-----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY-----"


def test_a_key_in_the_lines_of_another_api_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [KEY[:9], KEY[9:], " it is"]
    lines = b"".join(json.dumps({"message": {"content": text}}).encode() + b"\n" for text in texts)

    assert found(capsys, interaction(url="https://h/api/chat", reply=lines)) == ["a key (sk-...) in the reply body"]


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (KEY, "a key (sk-...)"),
        ("gho_" + "0123456789" * 4, "a GitHub token (gho_...)"),
        ("github_pat_" + "0123456789" * 4, "a GitHub token (github_pat_...)"),
        ("AKIA0123456789ABCDEF", "an AWS access key (AKIA...)"),
        (JWT, "a JSON web token"),
        (PEM, "a private key"),
    ],
)
def test_what_looks_like_a_key_is_found(secret: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, interaction(f"My key:\n{secret}")) == [f"{kind} in the request body"]


def test_a_cassette_that_vcrpy_wrote_with_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    with vcr.use_cassette("cassettes/theirs.yaml", record_mode="all") as tape:
        tape.append(
            VcrRequest("POST", URL, b'{"max_tokens": 5}', {"Authorization": f"Bearer {KEY}", "Cookie": f"a={ODD}"}),
            {
                "status": {"code": 200, "message": "OK"},
                "headers": {"Set-Cookie": [f"s={ODD}; path=/"], "Content-Type": ["application/json"]},
                "body": {"string": b"{}"},
            },
        )

    assert run(capsys) == (
        1,
        [
            "cassettes/theirs.yaml:2: SAM102 a key (sk-...) in the request header 'authorization'",
            "cassettes/theirs.yaml:2: SAM103 a credential in the request header 'cookie'",
            "cassettes/theirs.yaml:2: SAM103 a credential in the reply header 'set-cookie'",
            "cassettes/theirs.yaml:2: SAM403 advice: without a seal, so nobody can tell whether it was changed",
            "1 cassette, 1 interaction: 3 findings",
        ],
    )


def test_a_secret_beside_the_interactions_is_found_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(interaction(GITHUB))
    text = path.read_text().partition("\n")[2]  # without its first line, it looks like a foreign file
    path.write_text(f"{text}# {GITHUB}\n# mine: {KEY}\n")
    last = text.count("\n") + 2

    assert run(capsys, "-q") == (
        1,
        [
            f"{OURS}:2: SAM102 a GitHub token (ghp_...) in the request body",
            f"{OURS}:{last}: SAM102 a key (sk-...) in the file",
        ],
    )


def test_look_alikes_are_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMURAI_API_KEY", "not-needed")
    parameters = {"type": "object", "properties": {"password": {"type": "string"}, "api_key": {"type": "string"}}}
    item = interaction(
        "not-needed, sk-learn-compatible-estimators, commit 3f2a9c1d5e7b8a6f4c2d1e0b9a8f7c6d5e4b3a21, on 2022-12-18",
        max_tokens=64,
        tools=[{"type": "function", "function": {"name": "login", "parameters": parameters}}],
        url="https://user@h/v1/chat/completions?api_key=[REDACTED]&key=%5BREDACTED%5D&token=1&next_token=0a1b2c3d4e",
        headers=(
            ("authorization", "Bearer [REDACTED]"),
            ("cookie", "session=REDACTED; theme=dark"),
            ("proxy-authorization", ""),
            ("x-api-key", "**********"),
        ),
        reply=b'{"id":"chatcmpl-123e4567-e89b-42d3-a456-426614174000","usage":{"completion_tokens":5}}',
        reply_headers=(
            ("set-cookie", "s=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/0a1b2c3d4e5f"),
            ("x-ratelimit-limit-tokens", "1000000000"),
            ("x-request-id", "123e4567-e89b-42d3-a456-426614174000"),
        ),
        recorded_at="2026-01-02T03:04:05.000000Z",
    )
    write(item)

    assert run(capsys) == (0, ["1 cassette, 1 interaction: 0 findings"])


# --- damage

MEND = "; fix it, restore the file, or delete it to record again"


@pytest.mark.parametrize(
    ("content", "findings"),
    [
        ("", [":1: SAM201 the file is empty; restore it, or delete it to record again"]),
        (
            "version: 1\ninteractions: !!python/object/apply:os.system [ls]\n",
            [
                ":2: SAM201 not readable as YAML: could not determine a constructor for the tag"
                " 'tag:yaml.org,2002:python/object/apply:os.system'" + MEND
            ],
        ),
        (
            f"interactions:\n<<<<<<< ours\n# {KEY}\n",
            [
                ":2: SAM202 these are the marks of a merge conflict; keep one side, or both in turn",
                ":3: SAM102 a key (sk-...) in the file",
            ],
        ),
        (
            f"version: 1\ninteractions:\n- {KEY}{'x' * 50}\n",
            [
                ":3: SAM201 interaction 1 is damaged: it is ['REDACTED'], not a mapping" + MEND,
                ":3: SAM102 a key (sk-...) in the file",
            ],
        ),
        (
            f"version: {KEY}\ninteractions: []\n",
            [
                ":1: SAM201 version is ['REDACTED']; this tool reads version 1" + MEND,
                ":1: SAM102 a key (sk-...) in the file",
            ],
        ),
        (
            f'version: 1\ninteractions: [7]\nx: "{PEM.replace(chr(10), "")}\n',
            [
                ":4: SAM201 not readable as YAML: found unexpected end of stream" + MEND,
                ":3: SAM102 a private key in the file",
            ],
        ),
        (
            # Without its secret, this file is shorter, so the problem is reported on another line.
            "version: 1\nkey: |\n  " + PEM.replace("\n", "\n  ") + "\ninteractions: [7]\nx: ]\n",
            [
                ":7: SAM201 cannot be read; the file contains a secret, so this part is not shown",
                ":3: SAM102 a private key in the file",
            ],
        ),
        (
            "version: 1\ninteractions:\n"
            "- {response: {}, request: {method: P, uri: u, headers: {x-api-key: {a: hunter}}}}\n",
            [":3: SAM201 interaction 1 is damaged: header 'x-api-key': name and value must be text: quote them" + MEND],
        ),
    ],
)
def test_a_damaged_file_is_a_finding(content: str, findings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("cassettes/bad.yaml")
    path.write_text(content)

    status, lines = run(capsys)

    assert status == 1
    assert lines[-1].startswith("1 cassette, 0 interactions: ")
    assert lines[:-1] == [f"cassettes/bad.yaml{finding}" for finding in findings]


def test_a_file_that_cannot_be_opened_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(interaction())

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(REAL, "open", refuse)

    assert run(capsys, "-q") == (1, [f"{OURS}: SAM201 cannot be read: Permission denied"])


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_no_file_is_a_finding_in_a_directory_too(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction())
    Path("cassettes/deep.yaml").mkdir()
    for name in ("a.yaml", "deep.yaml/b.new.journal"):
        os.mkfifo(f"cassettes/{name}")
    told = "is a FIFO, but a cassette must be a file; move it away"
    assert run(capsys) == (
        1,
        [
            f"cassettes/a.yaml: SAM201 {told}",
            f"cassettes/deep.yaml/b.new.journal: SAM201 {told}",
            "2 cassettes, 1 journal, 1 interaction: 2 findings",
        ],
    )


# --- age


def test_an_old_recording_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        interaction(recorded_at="2020-01-02T03:04:05.000000Z"),
        interaction(recorded_at="9999-01-02T03:04:05"),
        interaction(),
        interaction(recorded_at="yesterday"),
    )

    status, lines = run(capsys, "--max-age", "30d")

    assert status == 1
    assert re.fullmatch(rf"{OURS}:3: SAM203 recorded on 2020-01-02, \d+ days ago", lines[0])
    assert re.fullmatch(rf"{OURS}:\d+: SAM204 `recorded_at` is not a date", lines[1])
    assert lines[2:] == ["1 cassette, 4 interactions: 2 findings"]
    assert run(capsys) == (0, ["1 cassette, 4 interactions: 0 findings"])


# --- what varies


def test_what_varies_in_a_prompt_is_advice_and_does_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    content = [{"type": "text", "text": "Run 123e4567-e89b-42d3-a456-426614174000 of 2026-01-02T03:04:05Z"}]
    write(interaction(content, user="/tmp/pytest-of-me/pytest-7/test_a0"))

    advice = [
        f'{OURS}:3: {code} advice: {what}; if it varies from run to run, add "{entry}" to `normalize`'
        for code, what, entry in [
            ("SAM501", "a UUID in messages[0].content[0].text", "uuid"),
            ("SAM503", "a temporary path in user", "tmp_path"),
            ("SAM502", "a date in messages[0].content[0].text", "datetime"),
        ]
    ]
    assert run(capsys) == (0, [*advice, "1 cassette, 1 interaction: 0 findings"])
    assert run(capsys, "-q") == (0, [])


@pytest.mark.parametrize(
    ("code", "content", "what", "entry"),
    [
        ("SAM504", "Today is 2 January 2026.", "a written date", "date"),
        ("SAM505", "It is 03:04:06 now.", "a time of day", "time"),
        ("SAM506", "Now is 1767323046.", "a Unix time", "epoch"),
        ("SAM507", "Ask http://127.0.0.1:54321/x.", "a port", "port"),
        ("SAM508", "Say <object at 0x7f3a2b1c4d50>.", "a memory address", "address"),
    ],
)
def test_each_kind_that_varies_has_a_code_of_its_own(
    code: str, content: str, what: str, entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(interaction(content, recorded_at="2026-01-02T03:04:05.000000Z"))
    said = f'{what} in messages[0].content; if it varies from run to run, add "{entry}" to `normalize`'
    assert run(capsys)[1][:-1] == [f"{OURS}:3: {code} advice: {said}"]


@pytest.mark.parametrize("content", ["On 2 January 2026.", "At 03:04:06.", "Since 1767323046."])
def test_a_moment_in_a_recording_without_one_may_be_any(content: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction(content))
    assert run(capsys)[1] == ["1 cassette, 1 interaction: 0 findings"]


def test_the_day_of_the_recording_varies_and_another_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    recorded_at = "2026-01-02T03:04:05.000000Z"
    write(interaction("Today is 2026-01-02.", recorded_at=recorded_at), path="cassettes/today.yaml")
    write(interaction("Born on 1815-12-10.", recorded_at=recorded_at), path="cassettes/then.yaml")

    _, lines = run(capsys)

    assert [line.partition(" ")[0] for line in lines[:-1]] == ["cassettes/today.yaml:3:"]


def test_a_body_that_is_no_json_has_nothing_to_advise(capsys: pytest.CaptureFixture[str]) -> None:
    write(Interaction(Request("POST", URL, (), b"123e4567-e89b-42d3-a456-426614174000"), Reply(200, "OK", (), b"")))

    assert run(capsys) == (0, ["1 cassette, 1 interaction: 0 findings"])
