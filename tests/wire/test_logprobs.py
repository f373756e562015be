"""Where an answer spells its tokens, by the keys that lead there."""

from __future__ import annotations

import pytest

from pytest_samurai.wire.logprobs import has_logprobs, is_token, spells_token

OF_CHAT = (b"choices", b"logprobs", b"content")
OLDER = (b"choices", b"logprobs")


@pytest.mark.parametrize(
    ("path", "is_one", "spells"),
    [
        ((*OF_CHAT, b"token"), True, True),
        ((*OF_CHAT, b"bytes"), False, True),
        ((*OF_CHAT, b"top_logprobs", b"token"), False, True),
        ((*OF_CHAT, b"logprob"), False, False),
        ((*OLDER, b"tokens"), True, False),
        ((*OLDER, b"text_offset"), False, False),
        ((b"access", b"token"), False, False),
        ((), False, False),
    ],
)
def test_a_token_is_told_by_the_keys_that_lead_to_it(path: tuple[bytes, ...], is_one: bool, spells: bool) -> None:
    assert (is_token(path), spells_token(path)) == (is_one, spells)


@pytest.mark.parametrize(
    ("body", "spelled"),
    [
        (b'{"logprobs": {"content": [{"token": "a"}]}}', True),
        (b'{"logprobs": {"tokens" : ["a"]}}', True),
        (b'{"logprobs": null}', False),
        (b'{"token": "a"}', False),
    ],
)
def test_a_body_may_spell_an_answer_token_by_token(body: bytes, spelled: bool) -> None:
    assert has_logprobs(body) == spelled
