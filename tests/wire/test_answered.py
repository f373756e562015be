"""A reply says when another tool was called."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_samurai.wire import Interaction, Reply, Request, dated

DAY = "Sat, 01 Mar 2025 12:30:00 GMT"
OF_HEADER = "2025-03-01T12:30:00.000000Z"
CREATED = 1_740_000_000
OF_BODY = "2025-02-19T21:20:00.000000Z"
URL = "https://api.test/v1/chat/completions"


def call(body: object, *headers: tuple[str, str], url: str = URL) -> Interaction:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Interaction(Request("POST", url, (), b'{"model": "m"}'), Reply(200, "OK", headers, content))


@pytest.mark.parametrize(
    ("interaction", "moment"),
    [
        (call({"created": CREATED}, ("date", DAY)), OF_HEADER),
        (call({"created": CREATED}, ("date", "Sat, 01 Mar 2025 13:30:00 +0100")), OF_HEADER),
        (call({"created": CREATED}, ("date", "Sat, 01 Mar 2025 12:30:00 -0000")), OF_HEADER),
        (call({"created": CREATED}, ("date", "DUMMY")), OF_BODY),
        (call({"created": CREATED}, ("date", "Thu, 01 Jan 1970 00:00:00 GMT")), OF_BODY),
        (call({"created": CREATED}), OF_BODY),
        (call({"created_at": CREATED + 0.25}), "2025-02-19T21:20:00.250000Z"),
        (call({"created_at": "2025-02-19T21:20:00Z"}, url="https://h/api/chat"), OF_BODY),
        (call({"createTime": "2025-02-19T21:20:00Z"}, url="https://h/v1beta/models/m:generateContent"), OF_BODY),
        (call(b'data: {"created": %d, "choices": []}\n\ndata: [DONE]\n\n' % CREATED), OF_BODY),
        (call({"created": 1_700_000_000_000_000_000}), None),
        (call({"created": str(CREATED)}), OF_BODY),
        (call({"created": 123}), None),
        (call({"created": True}), None),
        (call({"created": "soon"}), None),
        (call({}), None),
        (call(b"no JSON"), None),
    ],
)
def test_the_header_goes_before_the_body_and_what_cannot_be_is_no_date(
    interaction: Interaction, moment: str | None
) -> None:
    assert dated(interaction) == replace(interaction, answered_at=moment)
    assert interaction.answered_at is None


NEW_YEAR = "2024-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    "known",
    [
        replace(call({"created": CREATED}), recorded_at=NEW_YEAR),
        replace(call({"created": CREATED}), answered_at=NEW_YEAR),
    ],
)
def test_a_date_that_the_file_has_stays(known: Interaction) -> None:
    assert dated(known) is known
