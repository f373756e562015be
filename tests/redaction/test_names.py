"""The names that secrets have, and what they hold."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest

from pytest_samurai import use_cassette
from pytest_samurai.redaction.credentials import environment_names, environment_secrets, is_credential, request_secrets
from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.names import is_secret_header, is_secret_parameter
from tests.redaction.kept import stored

VALUE = "7QzXw7KvJ9pYhWgT"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "STRIPE_KEY",
            "AZURE_OPENAI_KEY",
            "GITHUB_PAT",
            "DB_PASS",
            "DB_PWD",
            "PGPASSWORD",
            "MYSQL_PWD",
            "SMTP_PASSWD",
        ),
        *("OPENAI_API_KEY_2", "OPENAI_API_KEY2", "GITHUB_TOKEN_1", "STRIPE_KEY_LIVE", "API_KEY_PROD", "GPG_PASSPHRASE"),
        *("ENCRYPTION_SALT", "PASSWORD_PEPPER"),
        *("HTTP_AUTH", "KEY", "PAT", "PASS", "MYSQLPASSWORD", "AUTHTOKEN", "openai_key", "SESSION_JWT"),
        *("AZURE_OPENAI_PRIMARY_KEY", "COSMOS_PRIMARY_KEY", "AZURE_SECONDARY_KEY", "API_KEYS", "OPENAI_API_KEYS"),
        *(
            "ADMIN_PW",
            "MASTER_PASSWORD_HASH",
            "API_KEY_CURRENT",
            "SECRET_PREVIOUS",
            "TOKEN_INTEGRATION",
            "DB_PASSWORD_PRD",
        ),
        *("TOKENS", "GITHUB_TOKENS", "SECRET_KEY_BASE", "BEARER", "API_BEARER", "SESSION_COOKIE", "COOKIE"),
        *("SSHPASS", "API_KEY_OPENAI", "PASSWORD_DB", "TOKEN_FOR_HUB", "ACCESS_TOKEN_OF_ACME"),
        *(
            "AZURE_CREDENTIALS",
            "DB_CREDENTIAL",
            "GIT_CREDS",
            "AWS_SECRETS",
            "OPENAI_KEY_EU",
            "OPENAI_API_KEY_US_EAST_1",
        ),
        *("API_KEY_STAGING_2", "PRIVATE_KEY_PEM", "SIGNING_KEY_B64", "API_TOKEN_V2", "BLOB_SAS", "PROXY_AUTHORIZATION"),
    ],
)
def test_a_variable_that_is_called_as_a_secret_holds_one(name: str) -> None:
    assert environment_secrets({name: VALUE}) == {VALUE}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PWD",
            "OLDPWD",
            "PATH",
            "DB_PATH",
            "MONKEY",
            "BYPASS",
            "KEYBOARD",
            "GIT_ASKPASS",
            "SSH_AUTH_SOCK",
            "XAUTHORITY",
        ),
        *(
            *(
                "STRIPE_PUBLIC_KEY",
                "DB_PRIMARY_KEY",
                "MAX_TOKENS",
                "MAX_OUTPUT_TOKENS",
                "OPENAI_MAX_NEW_TOKENS",
                "KEY_ID",
            ),
            *(
                "TOKENIZERS_PARALLELISM",
                "PUBLIC_KEYS",
                "HOTKEYS",
                "COOKIECUTTER",
                "COMPASS",
                "DBUS_SESSION",
                "KEY_FILE",
            ),
            "SORT_KEY",
            "PRIMARY_KEY",
            "MAX_TOKENS_2",
            "HTTP_2",
            "TEST",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
    ],
)
def test_a_variable_that_is_called_otherwise_holds_none(name: str) -> None:
    assert environment_secrets({name: VALUE}) == frozenset()


OTHER = "4QzXw7KvJ9pYhWgU"


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        (f"{VALUE},{OTHER}", {VALUE, OTHER}),
        (f"{VALUE}; {OTHER}", {VALUE, OTHER}),
        (f"{VALUE}\n{OTHER}", {VALUE, OTHER}),
        (f'["{VALUE}", "{OTHER}", 17]', {VALUE, OTHER}),
        (f'{{"clientId": "my-application-17", "clientSecret": "{VALUE}"}}', {VALUE}),
        (f"{VALUE},and", set()),
        ("{not JSON, of 17 letters", set()),
        ("[1] ", set()),
    ],
)
def test_each_key_of_a_list_and_each_secret_of_credentials_in_json_is_one(value: str, secrets: set[str]) -> None:
    assert environment_secrets({"API_KEYS": value}) - {value.strip()} == secrets


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("DATABASE_URL", f"postgres://app:{VALUE}@db:5432/x?sslmode=require", {VALUE}),
        ("REDIS_URL", f"redis://:{VALUE}@h", {VALUE}),
        ("CELERY_BROKER_URL", "amqp://u:p%40ss-w0rd-17@h", {"p@ss-w0rd-17"}),
        ("HTTPS_PROXY", f"http://me:{VALUE}@proxy:3128", {VALUE}),
        ("PIP_INDEX_URL", f"https://__token__:{VALUE}@h/simple", {VALUE}),
        ("GIT_REMOTE", f"https://{VALUE}@h/x.git", {VALUE}),
        ("CALLBACK_URL", f"https://h/x?a=1&client_secret={VALUE}&b=2", {VALUE}),
        ("ODBC_CONN", f"Server=h;Uid=me;Pwd={VALUE};Encrypt=yes", {VALUE}),
        ("AZURE_STORAGE_CONNECTION_STRING", f"AccountName=x;AccountKey={VALUE}==;EndpointSuffix=y", {f"{VALUE}=="}),
        ("SERVICE_BUS_CONN", f"Endpoint=sb://h/;SharedAccessKey={VALUE}=", {f"{VALUE}="}),
        ("EVENTS_CONN", f"Endpoint=https://h;AccessKey={VALUE};Version=1.0", {VALUE}),
        ("OPENAI_BASE_URL", "https://api.example.com/v1", set()),
        ("DATABASE_URL", "postgres://user:password@localhost/x", set()),
    ],
)
def test_the_password_within_the_value_of_an_address_is_secret(name: str, value: str, secrets: set[str]) -> None:
    assert environment_names({name: value}) == dict.fromkeys(secrets, name)


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "ocp-apim-subscription-key", "private-token", "x-auth-token", "xi-api-key", "helicone-auth"),
        *("cf-access-client-secret", "x-apikey", "apikey", "x-functions-key", "x-portkey-virtual-key", "x-vault-token"),
        *("x-amz-security-token", "x-subscription-token", "cf-aig-authorization", "token", "x-app-password", "x-pat"),
        *("x-session", "x-csrf", "x-xsrf-token", "x-signature", "x-pass", "x-pwd"),
    ],
)
def test_a_header_that_is_called_as_a_credential_is_a_source_of_secrets(name: str) -> None:
    assert request_secrets(((name, f"Bearer {VALUE}"),)) == request_secrets(((name, VALUE),)) == {VALUE}
    assert is_credential(name, VALUE)


@pytest.mark.parametrize(
    "name",
    [
        *("idempotency-key", "sec-websocket-key", "x-cache-key", "x-request-id", "monkey", "compass", "user-agent"),
        *("openai-organization", "traceparent", "x-stainless-os", "x-public-key", "accept"),
    ],
)
def test_a_header_that_is_called_otherwise_is_none(name: str) -> None:
    assert not is_secret_header(name)
    assert request_secrets(((name, VALUE),)) == frozenset()


def test_a_cookie_is_a_secret_if_it_is_long_as_a_session_is() -> None:
    assert request_secrets((("cookie", f"theme=dark-mode1; session={VALUE}"),)) == {VALUE}


def test_of_basic_authentication_the_user_is_the_key_if_there_is_no_password() -> None:
    basic = base64.b64encode(f"{VALUE}:".encode()).decode()

    assert request_secrets((("authorization", f"Basic {basic}"),)) == {basic, VALUE}


PARAMETERS = [
    *("subscription-key", "code", "x-goog-api-key", "client_secret", "password", "auth", "Ocp-Apim-Subscription-Key"),
    *("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId", "id_token", "refresh_token"),
    *(
        "accessToken",
        "clientSecret",
        "auth_token",
        "passwd",
        "pwd",
        "jwt",
        "apiToken",
        "api%5Fkey",
        "sas",
        "client_assertion",
    ),
    *("bearer", "key2", "otp"),
]


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_is_called_as_a_key_loses_its_value(name: str) -> None:
    for before, after in (("?", ""), ("?a=1&", "&b=2#c"), ("#", "&x=1")):
        url = stored(b"", url=f"https://h/v1{before}{name}=ab{after}").url

        assert url == f"https://h/v1{before}{name}={REDACTED}{after}"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "monkey",
            "api-version",
            "page_token",
            "pageToken",
            "next_token",
            "continuation_token",
            "max_tokens",
            "tokenizer",
        ),
        *(
            "author",
            "design",
            "codec",
            "postcode",
            "passage",
            "sort_key",
            "model",
            "q",
            "alt",
            "ticket",
            "key22",
            "bearers",
        ),
    ],
)
def test_any_other_parameter_keeps_its_value(name: str) -> None:
    assert not is_secret_parameter(name)
    assert stored(b"", url=f"https://h/v1?{name}=ab&a=1").url == f"https://h/v1?{name}=ab&a=1"


class Echoing(httpx.BaseTransport):
    """Answers each request with its own contents."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        told = {"url": str(request.url), "headers": dict(request.headers)}
        return httpx.Response(401, json={"error": {"message": "Wrong key", "told": told}})


@pytest.mark.parametrize(
    ("query", "headers", "userinfo"),
    [
        ("", {"Ocp-Apim-Subscription-Key": VALUE}, ""),
        ("", {"X-My-Own-Token": VALUE}, ""),
        ("", {"Cookie": f"session={VALUE}"}, ""),
        (f"?subscription-key={VALUE}", {}, ""),
        (f"?code={VALUE}&x=1", {}, ""),
        ("", {}, f"me:{VALUE}@"),
    ],
)
def test_a_key_that_a_server_echoes_is_in_no_file_wherever_the_request_had_it(
    query: str, headers: dict[str, str], userinfo: str, tmp_path: Path
) -> None:
    url = f"http://{userinfo}127.0.0.1:9/v1/chat/completions{query}"
    body = {"model": "m", "messages": [{"role": "user", "content": f"keep {VALUE}"}]}

    def ask(client: httpx.Client) -> str:
        return client.post(url, json=body, headers=headers).text

    with use_cassette(tmp_path / "a.yaml"), httpx.Client(transport=Echoing()) as client:
        assert VALUE in ask(client)
    written = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    with use_cassette(tmp_path / "a.yaml", mode="none"), httpx.Client() as client:
        replayed = ask(client)

    assert VALUE not in written
    assert base64.b64encode(f"me:{VALUE}".encode()).decode() not in written
    assert REDACTED in written
    assert json.loads(replayed)["error"]["message"] == "Wrong key"
