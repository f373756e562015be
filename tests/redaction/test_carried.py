"""Only the keys within a value."""

from __future__ import annotations

import pytest

from pytest_samurai.redaction.carried import keys_in
from pytest_samurai.redaction.credentials import environment_names, environment_secrets, request_secrets
from pytest_samurai.redaction.names import is_secret_parameter
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import stored

KEY = "f3a91c77be02d4586e1fa0c9b7d2384e"
OTHER = "9b7d2384ef3a91c77be02d4586e1fa0c"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", f"Token token={KEY}, foo=1"),
        ("authorization", f'Token token="{KEY}"; foo=1'),
        ("authorization", f'Bearer "{KEY}"'),
        ("authorization", f"ApiKey id=12, key={KEY}"),
        ("authorization", f"Bearer {OTHER},Bearer {KEY}"),
        ("authorization", f"Bearer   {KEY} "),
        ("x-portkey-config", f'{{"provider": "openai", "api_key": "{KEY}"}}'),
        ("x-portkey-config", f'{{"targets": [{{"api_key":"{KEY}"}}]}}'),
        ("x-api-key", f'["{KEY}", "{OTHER}"]'),
        ("x-auth-token", f"me:{KEY}"),
        ("authentication", KEY),
        ("x-passphrase", KEY),
        ("ok-access-passphrase", KEY),
        ("x-custom-auth-header", KEY),
        ("x-session-id", KEY),
        ("x-apikey-prod", KEY),
        ("x-signature", KEY),
    ],
)
def test_a_key_that_is_a_part_of_a_header_is_known_alone(name: str, value: str) -> None:
    assert KEY in request_secrets(((name, value),))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEARER_TOKEN", f"Bearer {KEY}"),
        ("QUOTED_API_KEY", f'"{KEY}"'),
        ("TWICE_QUOTED_API_KEY", f"\"'{KEY}'\""),
        ("PROXY_AUTH", f"user:{KEY}"),
        ("TWO_API_KEY", f"{OTHER},{KEY}"),
        ("SA_KEY", f'{{"type":"service_account","private_key":"{KEY}"}}'),
        ("SA_KEY", f'{{"installed":{{"client_secret":"{KEY}"}}}}'),
        ("SLACK_WEBHOOK_URL", f"https://hooks.slack.com/services/T0ABC1234/B0DEF5678/{KEY}"),
        ("DISCORD_WEBHOOK", f"https://discord.com/api/webhooks/123456789012345678/{KEY}?wait=true"),
    ],
)
def test_a_part_of_a_value_of_the_environment_is_known_alone(name: str, value: str) -> None:
    assert environment_names({name: value})[KEY] == name


@pytest.mark.parametrize(
    "value",
    [
        "gpt-4o-mini",
        "deepseek-r1:70b-q4_K_M",
        "{broken",
        f'{{"kind": "{KEY}"}}',
        "pass, word",
        "hunter2,hunter3",
        "[1]",
    ],
)
def test_nothing_else_is_a_key_within_a_value(value: str) -> None:
    assert keys_in(value) == []


def test_an_address_that_is_no_webhook_is_made_of_no_secret() -> None:
    assert environment_secrets({"OPENAI_BASE_URL": f"https://gateway.example.com/v1/{KEY}/x"}) == frozenset()


@pytest.mark.parametrize("name", ["hapikey", "accessKeyId", "auth[token]", "AWSAccessKeyId"])
def test_a_parameter_of_a_url_is_known_by_more_names(name: str) -> None:
    assert is_secret_parameter(name)


def test_parameters_of_a_url_may_have_a_semicolon_between_them() -> None:
    assert stored(b"", url=f"https://h/v1?a=1;api_key={KEY};b=2").url == "https://h/v1?a=1;api_key=[REDACTED];b=2"
    assert stored(b"", url=f"https://h/v1?sig={KEY};{OTHER}&b=2").url == "https://h/v1?sig=[REDACTED]&b=2"


def test_a_header_that_is_json_is_looked_through_under_any_name() -> None:
    assert request_secrets((("x-config", f'{{"api_key": "{KEY}", "id": "{OTHER}"}}'),)) == {KEY}
    assert request_secrets((("x-tags", f'["{KEY}"]'),)) == frozenset()


@pytest.mark.parametrize("cookie", [f"session={KEY}; Path=/; HttpOnly", f"a={KEY}"])
def test_a_cookie_that_the_reply_repeats_is_cut_out_of_its_body(cookie: str) -> None:
    reply = Reply(200, "OK", (("set-cookie", cookie),), f'{{"session": "{KEY}", "path": "/"}}'.encode())

    assert Redactor([OTHER]).reply(reply).body == b'{"session": "[REDACTED]", "path": "/"}'


@pytest.mark.parametrize("cookie", ["theme=dark; Path=/", "lang=en-US-2024-05-09-x; a=1", "broken"])
def test_a_cookie_that_is_a_preference_stays_in_the_body(cookie: str) -> None:
    body = f'{{"said": "{cookie}"}}'.encode()

    assert Redactor([]).reply(Reply(200, "OK", (("set-cookie", cookie),), body)).body == body
