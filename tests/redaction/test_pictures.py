"""Long base64 in a request is written as its length and digest."""

from __future__ import annotations

import base64
import json
import random
from hashlib import sha256

import pytest

from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import stored, stored_text

PICTURE = base64.b64encode(random.Random(7).randbytes(3000)).decode()


def test_a_picture_in_a_request_is_stored_as_its_length_and_digest() -> None:
    body = stored(json.dumps({"url": f"data:image/png;base64,{PICTURE}", "detail": "low"}).encode()).body

    digest = sha256(PICTURE.encode()).hexdigest()
    url = f"data:image/png;base64,[base64: 4000 characters, SHA-256 {digest}]"
    assert json.loads(body) == {"url": url, "detail": "low"}


def test_another_picture_is_another_request() -> None:
    other = PICTURE[:2000] + ("A" if PICTURE[2000] != "A" else "B") + PICTURE[2001:]

    assert stored_text(PICTURE) != stored_text(other)


@pytest.mark.parametrize("text", [PICTURE[:1023], "x" * 5000, "0123456789" * 500, "ABC" * 1000, "sentence one " * 500])
def test_a_short_one_and_long_texts_stay_as_they_are(text: str) -> None:
    assert stored_text(text) == text


def test_a_picture_in_a_reply_stays_since_the_application_needs_it() -> None:
    assert Redactor([]).reply(Reply(200, "OK", (), PICTURE.encode())).body == PICTURE.encode()
