"""Which URLs are endpoints, and which endpoint a URL is."""

from __future__ import annotations

import pytest

from pytest_samurai.matching.endpoints import Endpoints
from pytest_samurai.wire.dialects import dialect_of
from pytest_samurai.wire.modelpaths import model_path
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


@pytest.mark.parametrize(
    ("patterns", "url", "endpoint"),
    [
        ("known", URL, "/chat/completions"),
        ("known", "https://a.in/v1/chat//completions", "/chat/completions"),
        ("known", "https://a.in/v1/chat;a=b/completions", "/chat/completions"),
        ("known", "https://a.in/v1/completions", "/completions"),
        ("known", "https://a.in/v1/Responses/", "/responses"),
        ("known", "https://a.in/v1/messages?beta=true", "/messages"),
        ("known", "https://a.in/v1/embeddings", "/embeddings"),
        ("known", "https://a.in/v1beta/models/g-1:generateContent", "/models/g-1:generateContent"),
        ("known", "https://a.in/v1beta/models/g-1:streamGenerateContent?alt=sse", "/models/g-1:streamGenerateContent"),
        ("known", "https://a.in/v1/publishers/google/models/g-1%3AembedContent", "/models/g-1:embedContent"),
        ("known", "https://a.in/v1/rerank", None),
        ("known */rerank", "https://a.in/v1/rerank", "/rerank"),
        ("known", "https://a.in/v1/responses/resp_1", None),
    ],
)
def test_known_stands_for_the_endpoints_of_all_dialects(patterns: str, url: str, endpoint: str | None) -> None:
    assert Endpoints(tuple(patterns.split())).match(url) == endpoint


KNOWN = {
    "chat": ("chat/completions",),
    "completions": ("completions",),
    "gemini": tuple(
        f"v1beta/models/g:{name}"
        for name in ("generateContent", "streamGenerateContent", "embedContent", "batchEmbedContents")
    ),
    "messages": (
        "publishers/anthropic/models/c:rawPredict",
        "publishers/anthropic/models/c:streamRawPredict",
        "model/us.anthropic.c-v1:0/invoke",
    ),
    "converse": ("model/amazon.nova-lite-v1:0/converse",),
}
MAY_BE_OWN = {
    "responses": ("responses",),
    "messages": ("messages",),
    "embeddings": ("embeddings",),
    "ollama": ("api/chat", "api/generate", "api/embed"),
    "cohere": ("v2/chat", "v2/embed", "v1/chat", "v1/embed"),
    "images": ("images/generations", "images/edits", "images/variations"),
    "audio": ("audio/speech", "audio/transcriptions", "audio/translations"),
    "moderations": ("moderations",),
}


@pytest.mark.parametrize(
    ("name", "path", "may_be_own"),
    [
        (name, path, paths is MAY_BE_OWN)
        for paths in (KNOWN, MAY_BE_OWN)
        for name, each in paths.items()
        for path in each
    ],
)
def test_every_known_endpoint_has_its_dialect_and_is_recorded(name: str, path: str, may_be_own: bool) -> None:
    known, url = Endpoints(("known",)), f"https://h/{path}"
    endpoint = known.match(url)

    assert endpoint is not None
    assert known.is_ambiguous(endpoint) is may_be_own
    assert dialect_of(url).name == name


@pytest.mark.parametrize(
    "path",
    [
        *("chat/completion", "api/tags", "api/show", "v3/chat", "v2/rerank", "images/upscales", "audio/voices"),
        *("models/g:countTokens", "model/amazon.titan/invoke", "publishers/google/models/c:rawPredict", "files"),
    ],
)
def test_an_endpoint_next_to_a_known_one_is_none(path: str) -> None:
    assert Endpoints(("known",)).match(f"https://h/{path}") is None


def test_an_endpoint_that_is_known_and_may_be_an_applications_own_asks_for_a_model_unless_it_is_spelled_out() -> None:
    endpoints = [
        "/chat/completions",
        "/completions",
        "/responses",
        "/messages",
        "/embeddings",
        "/models/g:generateContent",
    ]

    def ambiguous(*patterns: str) -> list[str]:
        return [endpoint for endpoint in endpoints if Endpoints(patterns).is_ambiguous(endpoint)]

    assert ambiguous("known") == ["/responses", "/messages", "/embeddings"]
    assert ambiguous("known", "*/messages") == ["/responses", "/embeddings"]
    for endpoint in ambiguous("known"):
        # Both lists of paths agree.
        path = model_path(f"https://a.in{endpoint}")
        assert path is not None
        assert not path.is_sure


@pytest.mark.parametrize(
    ("patterns", "url", "endpoint"),
    [
        ("*/chat/completions", "https://a.in/Chat/Completions/", "/chat/completions"),
        ("*/Responses/", "https://a.in/v1/responses", "/Responses/"),
        ("*/v?/chat/*", "https://a.in//V1/Chat;v=1/completions", "/V1/Chat/completions"),
        ("*/v?/chat/", "https://a.in/V1/chat", "/V1/chat"),
        ("https://a.in/*", "HTTPS://A.in/x/", "https://a.in/x"),
        ("*/chat/* */chat/completions", URL, "/chat/completions"),
        ("*/v1/* */chat/completions", URL, "/v1/chat/completions"),
        ("*/responses */v1/*", "https://a.in/V1/x", "/V1/x"),
        ("*/", "https://a.in/x", None),
        ("**/", "https://a.in/x", None),
        ("**/", "https://a.in/x/", "/"),
        ("*/a%20b", "https://a.in/a%20b?x=1", "/a%20b"),
        ("*/a%20b", "https://a.in/a%20b#x", "/a%20b"),
        ("*/[av]%20b", "https://a.in/a%20b", "/a%20b"),
    ],
)
def test_another_spelling_is_the_endpoint_of_the_first_pattern_that_names_it(
    patterns: str, url: str, endpoint: str | None
) -> None:
    assert Endpoints(tuple(patterns.split())).match(url) == endpoint
