"""What is compared with the seals of a file that a formatter has changed."""

from __future__ import annotations

from dataclasses import replace

from pytest_samurai.cassette.resealed import check_json
from pytest_samurai.wire.http import Reply, Request
from pytest_samurai.wire.interaction import Interaction


def test_a_body_that_is_nested_too_deep_for_anybody_to_read_is_not_called_damaged() -> None:
    body = b"[\n" * 100_000
    interaction = Interaction(Request("POST", "https://h/", (), b"{}"), Reply(200, "OK", (), b"{}"))
    check_json(replace(interaction, reply=replace(interaction.reply, body=body)), {"response": {}})
