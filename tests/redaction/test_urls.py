"""A key in a URL is not written down."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import SECRET, URL, stored


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:pw@host/v1?x=1", "https://host/v1?x=1"),
        ("https://user@host/v1", "https://host/v1"),
        ("https://host/v1/a@b?x=://c@d", "https://host/v1/a@b?x=://c@d"),
        *(
            (f"https://host/v1?{name}=abc&x=1", f"https://host/v1?{name}={REDACTED}&x=1")
            for name in ("key", "apikey", "api_key", "access_token", "token", "sig", "signature")
        ),
        ("https://host/v1?x=1&key=abc&y=2#z", f"https://host/v1?x=1&key={REDACTED}&y=2#z"),
        ("https://host/v1?Api-Key=abc", f"https://host/v1?Api-Key={REDACTED}"),
        ("https://host/v1?monkey=abc&api-version=1", "https://host/v1?monkey=abc&api-version=1"),
    ],
)
def test_what_a_url_itself_carries_as_a_key_is_cut_out(url: str, kept: str) -> None:
    asked = stored(b"", url=url)

    assert asked.url == kept
    assert urlsplit(asked.url).hostname == "host"


def test_a_secret_in_the_url_is_cut_out() -> None:
    assert stored(b"", (SECRET,), url=f"{URL}?x={quote(SECRET, safe='')}").url == f"{URL}?x={REDACTED}"


def test_the_place_that_a_reply_sends_to_loses_what_it_carries_as_a_key() -> None:
    headers = (("location", "https://me:pw@host/v1?token=abc&x=1"),)

    kept = Redactor([]).reply(Reply(307, "", headers, b"")).headers

    assert kept == (("location", f"https://host/v1?token={REDACTED}&x=1"),)
