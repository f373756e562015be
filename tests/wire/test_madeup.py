"""Values that a server makes up for each answer are told apart from what it says."""

from __future__ import annotations

from pytest_samurai.wire.madeup import ids_in, without_made_up


def test_ids_are_the_texts_under_the_keys_that_apis_give_them() -> None:
    reply = {
        "id": "chatcmpl-1",
        "responseId": "r",
        "choices": [{"message": {"tool_calls": [{"id": "call_1", "call_id": "c", "idle": "x"}]}, "id": 3}],
        "paid": "no",
    }
    assert sorted(ids_in(reply)) == ["c", "call_1", "chatcmpl-1", "r"]


def test_what_is_left_is_what_was_said() -> None:
    reply = {
        "id": 1,
        "created": 1,
        "created_at": 2,
        "createTime": "x",
        "object": "list",
        "model": "m",
        "usage": {},
        "usageMetadata": {},
        "modelVersion": "m",
        "system_fingerprint": "f",
        "timings": [],
        "service_tier": "s",
        "data": [{"embedding": [1, 2], "index": 0, "request_id": "r"}, "text", None],
    }
    assert without_made_up(reply) == {"data": [{"embedding": [1, 2], "index": 0}, "text", None]}
