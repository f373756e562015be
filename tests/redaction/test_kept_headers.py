"""More headers of replies that are kept, and those that never are."""

from __future__ import annotations

import pytest

from pytest_samurai import SettingsError
from pytest_samurai.redaction.headers import RESPONSE_HEADERS, kept_of_replies, parse_header
from pytest_samurai.redaction.names import is_secret_header
from tests.settings.said import said

CREDENTIALS = (
    *("set-cookie", "set-cookie2", "cookie", "authorization", "proxy-authorization", "authentication-info"),
    *("x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key", "x-functions-key", "x-key", "apikey"),
    *("x-auth-token", "x-csrf-token", "x-xsrf-token", "x-amz-security-token", "x-access-token", "x-refreshtoken"),
    *("x-vault-token", "x-client-secret", "x-password", "x-session", "x-amzn-oidc-jwt", "x-signature", "x-auth"),
    *("x-pat", "x-pass", "x-pwd", "x-app-password", "x-bearer"),
)
HARMLESS = (
    *("x-litellm-response-cost", "x-litellm-key-spend", "x-litellm-model-id", "x-cache-key", "idempotency-key"),
    *(
        "x-usage-tokens",
        "x-next-page-token",
        "cf-ray",
        "date",
        "server",
        "etag",
        "x-monkey",
        "x-author",
        "x-session-id",
    ),
)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_header_that_carries_a_credential_is_refused_by_its_name(name: str) -> None:
    assert is_secret_header(name)
    for entry in (name, name.title(), f"{name}*"):
        with pytest.raises(SettingsError) as error:
            said(headers=["x-a", entry])
        assert str(error.value) == (
            f"here: headers is ['x-a', {entry!r}]; {entry!r} carries a credential, and none may be written to a"
            " cassette; leave it out"
        )


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_star_stands_for_no_credential(name: str) -> None:
    beginning = name[: max(name.find("-") + 1, 1)]
    assert kept_of_replies([f"{beginning}*"]).allowed(((name, "x"), (f"{beginning}cost", "1"))) == (
        (f"{beginning}cost", "1"),
    )


@pytest.mark.parametrize("name", HARMLESS)
def test_any_other_header_can_be_kept(name: str) -> None:
    assert kept_of_replies([parse_header(name.upper())]).allows(name)
    assert not kept_of_replies().allows(name)


def test_the_headers_that_are_kept_anyway_are_no_credentials() -> None:
    assert [name for name in RESPONSE_HEADERS if is_secret_header(name.removesuffix("*"))] == []


@pytest.mark.parametrize("entry", ["*", "x*y", "*-cost", "x a", "x:", "-*", "x-\u00e9", "x-**"])
def test_what_is_no_name_is_refused(entry: str) -> None:
    with pytest.raises(SettingsError, match="is neither the name of a header nor the beginning of one, as in x-name-"):
        said(headers=[entry])


@pytest.mark.parametrize("name", ["Content-Encoding", "transfer-encoding", "Connection", "trailer", "Upgrade"])
def test_what_says_how_a_body_was_carried_is_refused_and_no_star_stands_for_it(name: str) -> None:
    with pytest.raises(SettingsError, match="says how a body was sent, which does not apply to a recorded body"):
        said(headers=[name])
    assert not kept_of_replies([f"{name[:4].lower()}*"]).allows(name.lower())
    assert kept_of_replies(["content-*"]).allows("content-language")


@pytest.mark.parametrize("written", ["X-A x-b-*", ["X-A", "x-b-*"]])
def test_they_are_said_as_words_or_as_a_list(written: object) -> None:
    assert said(headers=written).headers == ("x-a", "x-b-*")
