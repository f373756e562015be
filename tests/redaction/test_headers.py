"""Only harmless headers are written down."""

from __future__ import annotations

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import KEY, stored


def test_of_the_headers_of_a_request_only_the_harmless_ones_are_stored() -> None:
    headers = (
        ("authorization", f"Bearer {KEY}"),
        ("cookie", "a=b"),
        ("content-type", "application/json"),
        ("x-anything", "x"),
        ("accept", "*/*"),
    )

    assert stored(b"", headers=headers).headers == (("content-type", "application/json"), ("accept", "*/*"))


def test_of_the_headers_of_a_reply_those_are_stored_that_clients_act_upon() -> None:
    kept = (
        ("content-type", "application/json"),
        ("retry-after", "1"),
        ("retry-after-ms", "1"),
        ("x-should-retry", "true"),
        ("x-request-id", "req_1"),
        ("x-ratelimit-limit-requests", "70"),
        ("x-ratelimit-reset-requests", "2024-01-01"),
        ("openai-processing-ms", "12"),
        ("openai-model", "m"),
        ("openai-version", "1"),
        ("www-authenticate", "Bearer"),
        ("location", f"/x?token={REDACTED}"),
    )
    came = (("set-cookie", "session=1"), ("openai-organization", "me"), *kept[:-1], ("location", "/x?token=abcd1234"))

    assert Redactor(["abcd1234"]).reply(Reply(200, "OK", came, b"")).headers == kept


UNKEPT = (
    "accept-encoding",
    "anthropic-beta",
    "anthropic-organization-id",
    "anthropic-ratelimit-requests-limit",
    "anthropic-version",
    "api-key",
    "authorization",
    "cf-cache-status",
    "cf-ray",
    "content-length",
    "cookie",
    "date",
    "etag",
    "idempotency-key",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "request-id",
    "server",
    "set-cookie",
    "strict-transport-security",
    "user-agent",
    "via",
    "x-anything",
    "x-api-key",
    "x-goog-api-key",
    "x-ratelimit",
    "x-request-id-2",
    "x-stainless-os",
)
"""Names of an account, a key, a machine or a session, and headers that only look like ones that are kept."""


def test_no_other_header_is_stored_on_either_side() -> None:
    headers = tuple((name, "value") for name in UNKEPT)

    assert stored(b"", headers=headers).headers == ()
    assert Redactor([]).reply(Reply(200, "OK", headers, b"{}")).headers == ()


def test_the_length_of_a_body_is_stored_where_there_is_no_body() -> None:
    headers = (("server", "x"), ("content-length", "512"))

    assert Redactor([]).reply(Reply(200, "OK", headers, b"")).headers == (("content-length", "512"),)
