"""Which URLs are endpoints, and which endpoint a URL is."""

from __future__ import annotations

import pytest

from pytest_samurai.matching.endpoints import Endpoints
from tests.matching.test_matcher import URL


@pytest.mark.parametrize(
    ("patterns", "url", "endpoint"),
    [
        ("*/chat/completions", URL, "/chat/completions"),
        ("*/chat/completions", f"{URL}?api-version=1", "/chat/completions"),
        ("*/chat/completions", f"{URL}#part", "/chat/completions"),
        ("*/chat/completions", "http://127.0.0.1:8000/chat/completions", "/chat/completions"),
        ("*/chat/completions", "https://a.in/v1/completions", None),
        ("*/chat/completions", f"{URL}/more", None),
        ("*/chat/completions", "https://a.in/?next=/chat/completions", None),
        ("*/v?/chat/*", URL, "/v1/chat/completions"),
        ("https://a.in/*", "https://a.in/x", "https://a.in/x"),
        ("https://a.in/*", "https://b.in/x", None),
        ("*/responses */chat/completions", URL, "/chat/completions"),
        ("*/responses */chat/completions", "https://a.in/responses", "/responses"),
    ],
)
def test_the_endpoint_is_the_tail_of_the_url_that_the_pattern_names(
    patterns: str, url: str, endpoint: str | None
) -> None:
    assert Endpoints(tuple(patterns.split())).match(url) == endpoint
