"""Signed requests are sent unchanged."""

from __future__ import annotations

import pytest

from pytest_samurai.recorder.question import question
from pytest_samurai.recorder.servers import Servers
from pytest_samurai.recorder.signatures import is_signed
from pytest_samurai.wire.http import Request

URL = "https://h/v1/chat/completions"


def streamed(*headers: tuple[str, str], url: str = URL) -> Request:
    return Request("POST", url, headers, b'{"model": "m", "stream": true}')


@pytest.mark.parametrize(
    "name",
    [
        *("signature", "signature-input", "x-signature", "x-signature-timestamp", "x-signature-ed25519", "x-api-sign"),
        *("x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-hub-signature-256", "x-ca-signature"),
        *("digest", "content-digest", "repr-digest", "x-body-digest", "content-md5", "x-ms-content-sha256", "x-sha512"),
        *("x-content-sha1", "x-sha-1", "x-sha384", "x-sign-type", "x.sig.v1", "x_hash_v1"),
        *("x-hmac", "x-hmac-sha256", "content-hmac", "x-sig", "x-sign", "x-jws", "x-body-hash"),
        *(
            "x-payload-hash",
            "x-content-hash",
            "x-checksum",
            "x-goog-hash",
            "x-content-sha",
            "x-integrity",
            "x-goog-signature",
            "x-mac",
        ),
    ],
)
def test_a_header_of_such_a_name_signs(name: str) -> None:
    assert is_signed(streamed(("content-type", "application/json"), (name, "abc")))
    assert question(streamed((name, "abc")), Servers()) is None


@pytest.mark.parametrize(
    "name", ["authorization", "x-authorization", "proxy-authorization"], ids=lambda name: f"in {name}"
)
@pytest.mark.parametrize(
    "value",
    [
        "HMAC id:abc",
        "hmac username=u, algorithm=hmac-sha256, signature=abc",
        "HMAC-SHA256 Credential=a&SignedHeaders=host&Signature=abc",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=host, Signature=abc",
        "AWS4-ECDSA-P256-SHA256 Credential=a, Signature=abc",
        "AWS id:abc",
        'Signature keyId="a",algorithm="rsa-sha256",signature="abc"',
        "TC3-HMAC-SHA256 Credential=a, Signature=abc",
        "ACS3-HMAC-SHA256 Credential=a,Signature=abc",
        "SDK-HMAC-SHA256 Access=a, Signature=abc",
        "EG1-HMAC-SHA256 client_token=a;signature=abc",
        "bce-auth-v1/a/2026-01-01T00:00:00Z/1800/host/abc",
        "SharedKey account:abc",
        'Hawk id="a", hash="b", mac="c"',
        'Digest username="a", qop=auth-int, response="b"',
        'OAuth oauth_consumer_key="a", oauth_signature="b"',
        'MAC id="a", mac="b"',
        "q-sign-algorithm=sha1&q-ak=a&q-signature=abc",
        'Custom id="a" sign="b"',
        *(f"{scheme} abc" for scheme in ("AWS", "RSA-SHA256", "Signature", "Hawk", "MAC", "Digest", "OAuth", "Sign")),
        "Custom v=1; hash = b",
        "Custom mac=b",
    ],
)
def test_an_authorization_of_such_a_scheme_signs(name: str, value: str) -> None:
    assert is_signed(streamed((name, value)))


@pytest.mark.parametrize("scheme", ["Basic", "Key", "Token", "APIKey", "Api-Key", "Negotiate", "NTLM"])
def test_a_secret_that_reads_like_a_signature_signs_nothing(scheme: str) -> None:
    assert not is_signed(streamed(("authorization", f"{scheme} abc/sign=")))


@pytest.mark.parametrize("query", ["X-Amz-Signature=abc", "sig=abc&se=1", "a=1&signature=abc", "X-Goog-Signature=a"])
def test_a_url_that_is_signed_is_one(query: str) -> None:
    assert is_signed(streamed(url=f"{URL}?{query}"))


@pytest.mark.parametrize("name", ["sign", "signature", "x_sign", "hmac"])
def test_a_body_that_has_its_signature_in_it_is_signed(name: str) -> None:
    body = f'{{"model": "m", "stream": true, "{name}": "abc"}}'

    assert is_signed(Request("POST", URL, (), body.encode()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer sk-signature=hmac="),
        ("authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"),
        ("authorization", "Basic aG1hYzpzaWduYXR1cmU="),
        ("authorization", "Token abc"),
        ("authorization", "Key id:abc"),
        ("authorization", "sk-hmac-abc"),
        ("api-key", "abc"),
        ("x-goog-api-key", "abc"),
        ("user-agent", "signature/1.0"),
        ("x-stainless-os", "MacOS"),
        ("x-request-id", "sha256"),
        ("x-design", "a"),
        ("x-machine", "a"),
        ("x-assignment", "a"),
        ("idempotency-key", "abc"),
    ],
)
def test_other_headers_sign_nothing(name: str, value: str) -> None:
    assert not is_signed(streamed((name, value), url=f"{URL}?api-version=2024-10-21&design=1"))
    assert question(streamed((name, value)), Servers()) is not None
