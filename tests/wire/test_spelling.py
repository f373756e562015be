"""The usual spelling of a URL, and the paths and hosts of models."""

from __future__ import annotations

import pytest

from pytest_samurai.wire import ModelPath, dialect_of, is_public_model_host, model_path, plain_url


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTPS://H.test/v1/Chat/", "https://h.test/v1/Chat"),
        ("https://h.test//a/./b/../c;v=1?x=%2F#y", "https://h.test/a/c"),
        ("https://h.test/a%2Fb%2520%5Cc", "https://h.test/a/b/c"),
        ("https://h.test", "https://h.test"),
        ("/a//b", "/a/b"),
        ("https://h.test/../..", "https://h.test"),
    ],
)
def test_all_spellings_of_a_url_are_one(url: str, plain: str) -> None:
    assert plain_url(url) == plain
    assert plain_url(plain) == plain


def test_a_dialect_is_known_in_any_spelling() -> None:
    for path in ("/chat/completions/", "/CHAT/completions", "/chat//completions", "/chat/completion%73;v=1"):
        assert dialect_of(f"https://h.test/v1{path}").name == "chat"


def test_a_path_of_models_is_named_without_its_version() -> None:
    assert model_path("https://h.test/v1/embeddings/") == ModelPath("/embeddings")
    assert model_path("https://h.test/v1/models/m:GenerateContent?key=k") == ModelPath(":GenerateContent")
    assert model_path("https://h.test/messages") == ModelPath("/messages", is_sure=False)
    assert model_path("https://h.test/v1/users") is None


def test_public_hosts_are_known_by_their_whole_name() -> None:
    assert is_public_model_host("API.OpenAI.com.")
    assert is_public_model_host("europe-west1-aiplatform.googleapis.com")
    assert not is_public_model_host("api.openai.com.evil.test")
    assert not is_public_model_host("github.com")
