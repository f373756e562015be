"""How the server counts tokens."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.clients import ask, chat


class TestTokens:
    def test_are_counted_by_word_and_punctuation_mark(self, client: httpx.Client) -> None:
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "  Well,\n東京 🗼?\n"}]
        usage = ask(client, {"model": "m", "messages": messages})["usage"]
        assert usage["prompt_tokens"] == (4 + 3) + (4 + 6)

    def test_of_all_choices_count(self, client: httpx.Client) -> None:
        reply = ask(client, chat(n=3))
        assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
        assert [choice["message"]["content"] for choice in reply["choices"]] == ["Paris.", "Paris. (2)", "Paris. (3)"]
        assert reply["usage"] == {"prompt_tokens": 11, "completion_tokens": 2 + 5 + 5, "total_tokens": 23}

    @pytest.mark.parametrize(
        ("limit", "text", "reason"), [(1, "1", "length"), (19, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10", "length")]
    )
    def test_are_no_more_than_max_tokens(self, client: httpx.Client, limit: int, text: str, reason: str) -> None:
        reply = ask(client, chat("Count to ten", max_tokens=limit))
        assert reply["choices"][0]["message"]["content"] == text
        assert reply["choices"][0]["finish_reason"] == reason
        assert reply["usage"]["completion_tokens"] == limit

    def test_that_fit_max_tokens_stop_by_themselves(self, client: httpx.Client) -> None:
        assert ask(client, chat("Count to ten", max_tokens=20))["choices"][0]["finish_reason"] == "stop"

    @pytest.mark.parametrize(
        ("stop", "text"),
        [
            (", 3", "1, 2"),
            (["7", ", 3", "5"], "1, 2"),
            ("1", ""),
            ("eleven", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
            (["", "4"], "1, 2, 3, "),
            ([], "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
            (None, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
        ],
    )
    def test_end_before_a_stop_sequence(self, client: httpx.Client, stop: Any, text: str) -> None:
        reply = ask(client, chat("Count to ten", stop=stop))
        assert reply["choices"][0]["message"]["content"] == text
        assert reply["choices"][0]["finish_reason"] == "stop"
