"""What may be written: no secret, and nothing else changed."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_samurai.redaction.edits import REDACTED
from pytest_samurai.redaction.redactor import Redactor
from pytest_samurai.wire.http import Reply
from tests.redaction.kept import KEY, stored, stored_text


@given(st.text(), st.binary())
@example(
    "max_tokens password token secret sk- eyJ AKIA ghp_ [REDACTED]", b'{"properties":{"password":{"type":"string"}}}'
)
def test_without_a_secret_nothing_is_touched(text: str, body: bytes) -> None:
    assert stored_text(text, "another-secret-1") == text
    assert stored(body, ("another-secret-1",)).body == body


def test_of_two_secrets_that_begin_alike_the_longer_one_is_cut_out_whole() -> None:
    assert stored_text("ab-12345678-9 ab-12345678", "ab-12345678", "ab-12345678-9") == f"{REDACTED} {REDACTED}"


def test_secrets_that_overlap_are_cut_out_as_one() -> None:
    assert (
        stored_text("see abcd1234efgh5678, and 1234efgh", "abcd1234efgh", "1234efgh5678")
        == f"see {REDACTED}, and 1234efgh"
    )
    assert stored_text(f"Bearer {KEY}", KEY[3:12]) == f"Bearer {REDACTED}"
    assert stored_text(f"Bearer {KEY}", KEY[:12]) == f"Bearer {REDACTED}"


def test_two_secrets_side_by_side_are_two() -> None:
    assert stored_text("abcd1234abcd1234", "abcd1234") == REDACTED * 2


def test_a_request_that_held_a_secret_is_stored_alike_whichever_key_it_was() -> None:
    one, other = (f"sk-{letter * 12}0123456789" for letter in "ab")

    assert stored_text(f"my key is {one}", one) == stored_text(f"my key is {other}", other)


def test_the_reason_and_the_hidden_usage_of_a_reply_lose_their_secrets_too() -> None:
    reply = Reply(401, f"Wrong: {KEY}", (), b"", (), hidden_usage={"prompt_tokens": 1.5, "note": KEY, "\ud83d": None})

    kept = Redactor([]).reply(reply)

    assert kept.reason == f"Wrong: {REDACTED}"
    assert kept.hidden_usage == {"prompt_tokens": 1.5, "note": REDACTED, "\ud83d": None}


def test_the_body_of_a_reply_loses_its_secrets_and_nothing_else_changes() -> None:
    reply = Reply(401, "Unauthorized", (), f'{{"error": "{KEY} is wrong"}}'.encode(), duration=0.5)

    assert Redactor([]).reply(reply) == Reply(
        401, "Unauthorized", (), f'{{"error": "{REDACTED} is wrong"}}'.encode(), duration=0.5
    )
