"""What `check` finds in other tools' files, and what it ignores."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_samurai.cassette import Journal
from pytest_samurai.commands.check import Demands, check
from pytest_samurai.commands.secrets import Secrets, in_pieces
from pytest_samurai.wire.http import Chunk
from pytest_samurai.wire.interaction import Interaction
from tests.commands.test_check import GITHUB, KEY, ODD, found, interaction, project, run, write
from tests.redaction.test_plain import PLACEHOLDERS

__all__ = ["project"]  # a fixture

BM = "__cf_bm=0Kd9a8s7f6g5h4j3k2l1.abc-1700000000-1.0.1.1; path=/; expires=Thu, 01-Jan-26 00:30:00 GMT; HttpOnly"
UVID = "_cfuvid=9a8s7f6g5h4j3k2l1qwerty-1700000000123-0.0.1.1-604800000; path=/; domain=.api.example.com; Secure"
IN = "a credential in the reply header 'set-cookie'"


def test_the_cookies_of_cloudflare_are_told_once_per_run(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c"):
        write(
            interaction(reply_headers=(("set-cookie", BM), ("set-cookie", UVID))),
            interaction(headers=(("cookie", f"{BM.partition(';')[0]}; {UVID.partition(';')[0]}"),)),
            path=f"cassettes/{name}.yaml",
        )

    assert run(capsys) == (
        1,
        [
            f"cassettes/a.yaml:3: SAM104 {IN}, one of Cloudflare's cookies, and 8 more of these",
            "3 cassettes, 6 interactions: 1 finding",
        ],
    )


@pytest.mark.parametrize("cookie", [BM, UVID, f"{BM}, {UVID}"])
def test_one_cookie_of_cloudflare_is_told_as_any_other(cookie: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, interaction(reply_headers=(("set-cookie", cookie),))) == [IN]


def test_a_cookie_beside_those_of_cloudflare_is_told_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    both = interaction(headers=(("cookie", f"{BM.partition(';')[0]}; session={ODD}"),))
    own = interaction(reply_headers=(("set-cookie", f"session={ODD}; path=/"),))
    write(both, both, own, own)

    status, lines = run(capsys, "-q")

    assert status == 1
    assert [line.partition(": ")[2] for line in lines] == [
        *["SAM103 a credential in the request header 'cookie'"] * 2,
        *["SAM103 a credential in the reply header 'set-cookie'"] * 2,
    ]


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_placeholder_is_not_told(
    value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMURAI_API_KEY", value)
    basic = base64.b64encode(f"user:{value}".encode()).decode()
    item = interaction(
        f"The key is {value}.",
        url=f"https://user:{value.replace('/', '')}@h/v1/chat/completions?api_key={value.replace('#', '')}",
        headers=(
            ("authorization", f"Bearer {value}"),
            ("proxy-authorization", f"Basic {basic}"),
            ("x-api-key", value),
        ),
        reply=json.dumps({"error": f"Wrong key: {value}"}).encode(),
    )

    if not value.startswith(("<", "{", "[", "%", "*")):
        assert found(capsys, item) == []


def test_numbers_and_what_a_request_is_made_of_are_not_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIN_TOKEN", "84736251")
    monkeypatch.setenv("MODEL_TOKEN", "claude-3-5-sonnet-20241022")
    reply = json.dumps({"created": 84736251, "model": "claude-3-5-sonnet-20241022"}).encode()
    item = interaction("Hi", model="claude-3-5-sonnet-20241022", reply=reply)

    assert found(capsys, item) == []
    assert found(capsys, interaction("It is 84736251.")) == ["the value of PIN_TOKEN in the request body"]


def test_what_only_redaction_puts_together_is_found_unless_it_stands_in_for_a_key() -> None:
    placeholder = b"sk-fake-0123456789abcdef"

    assert in_pieces([b"sk-", b"0123"], {}, b"[REDACTED]") == ["a secret, in pieces,"]
    assert in_pieces([b"sk-", b"0123"], {}, b"sk-") == []
    assert in_pieces([placeholder], {}, b"[REDACTED]") == []


@pytest.mark.parametrize(
    ("content", "kinds"), [(b"\x89PNG", []), (KEY.encode(), ["a key (sk-...) in the request body"])]
)
def test_a_file_in_a_form_is_searched_and_is_no_secret_itself(
    content: bytes, kinds: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n%b\r\n--x--\r\n' % content
    item = interaction()

    assert found(capsys, replace(item, request=replace(item.request, body=body))) == kinds


def test_what_the_user_redacts_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        interaction(
            "Write to me@example.com about acct-17.",
            url="https://h/v1/chat/completions?to=me%40example.com",
            headers=(("x-from", "me@example.com"),),
            reply=b'{"to":"you@example.com"}',
            reply_headers=(("x-request-id", "acct-17"),),
        ),
        interaction("Hi"),
    )
    at = "cassettes/ours.yaml:3:"

    status, lines = run(capsys, "--redact", "email", "--redact", r"acct-\d+")

    assert status == 1
    assert lines == [
        f"{at} SAM105 an email address in the URL",
        f"{at} SAM105 an email address in the request header 'x-from'",
        f"{at} SAM105 an email address in the request body",
        rf"{at} SAM105 a match of 'acct-\\d+' in the request body",
        rf"{at} SAM105 a match of 'acct-\\d+' in the reply header 'x-request-id'",
        f"{at} SAM105 an email address in the reply body",
        "1 cassette, 2 interactions: 6 findings",
    ]
    assert run(capsys)[0] == 0


def test_a_function_may_say_what_should_not_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    write(interaction("To Alice"))
    secrets = Secrets({}, [lambda text: text.replace("Alice", "A.")])
    checked = check([Path("cassettes")], secrets, Demands(datetime.now(UTC)))

    assert [(finding.code, finding.text) for finding in checked.findings] == [
        ("SAM105", "what a function cuts out in the request body")
    ]


def test_a_rule_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(capsys, "--redact", "(")
    assert caught.value.code == 2
    assert "argument --redact: it is '('; it must be regular expressions, and '(' is not one" in capsys.readouterr().err


def journal(*interactions: Interaction) -> Path:
    kept = Journal(Path("cassettes/mine.yaml").absolute(), replacing=False)
    for item in interactions:
        kept.add(item)
    kept.close()
    return kept.path.relative_to(Path.cwd())


def test_a_journal_is_searched_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = journal(interaction("Hi"), interaction(GITHUB))
    events = [
        b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % part
        for part in (KEY[:9].encode(), KEY[9:].encode())
    ]
    other = journal(interaction(reply=b"".join(events), chunks=tuple(Chunk(len(event), 0.0) for event in events)))
    write(interaction())

    status, lines = run(capsys)

    assert status == 1
    assert sorted(line.partition(": ")[2] for line in lines[:-1]) == [
        "SAM102 a GitHub token (ghp_...) in the request body",
        "SAM102 a key (sk-...) in the reply body",
    ]
    assert {line.partition(":")[0] for line in lines[:-1]} == {str(path), str(other)}
    assert lines[-1] == "1 cassette, 2 journals, 4 interactions: 2 findings"


def test_a_journal_that_breaks_off_is_searched_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    path = journal(interaction("Hi"), interaction(f"My keys are {KEY} and {GITHUB}, and more" + " and more" * 99))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(GITHUB.encode()) + 50])

    status, lines = run(capsys)

    assert status == 1
    assert [line.rpartition(": ")[2] for line in lines] == [
        "SAM102 a key (sk-...) in the file",
        "SAM102 a GitHub token (ghp_...) in the file",
        "2 findings",
    ]
    assert lines[-1] == "0 cassettes, 1 journal, 1 interaction: 2 findings"


def test_an_empty_journal_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("cassettes/a.yaml.12345678.new.journal").write_bytes(b"")

    assert run(capsys) == (0, ["0 cassettes, 1 journal, 0 interactions: 0 findings"])
