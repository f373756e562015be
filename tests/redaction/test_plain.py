"""Values in the place of a secret that are not secrets."""

from __future__ import annotations

import base64

import pytest

from pytest_samurai.redaction.credentials import environment_secrets, is_credential, is_secret_value
from pytest_samurai.redaction.plain import is_placeholder, is_plain
from pytest_samurai.redaction.vendors import VENDORS


@pytest.mark.parametrize(
    "value",
    [
        *("password1", "admin123", "Changeme42", "test-key-1", "12345678", "0123456789", "00000000", "--------"),
        *("gpt-4o-mini", "claude-3-5-sonnet", "gpt-4.1-nano", "qwen3-coder", "llama-3.3-70b", "us-east-1"),
        *("localhost:5432", "127.0.0.1:8080", "[::1]:11434", "db.example.com", "http://localhost:8000/v1"),
        *("https://api.example.com/v1/chat/completions", "redis://cache:6379/0", "2024-10-21-preview"),
        *("/etc/ssl/private/server.key", "~/.ssh/id_rsa", "C:\\keys\\server.pem", "./secrets/token.txt"),
        *("gpt-4.1-nano-2025-04-14", "claude-sonnet-4-5-20250929", "text-embedding-3-small", "gemini-2.0-flash-exp"),
        *(
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
            "gpt-4o-2024-08-06",
        ),
        *("deepseek-r1:70b-q4_K_M", "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        *("ft:gpt-4o-mini:acme::abc123", "ft:gpt-4o-mini-2024-07-18:acme-inc:tone-2:9hTuVYcB", "gpt-3.5-turbo-0125"),
        *("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "sentence-transformers/all-MiniLM-L6-v2", "Qwen/Qwen3-235B-A22B"),
        *("accounts/fireworks/models/llama-v3p1-8b-instruct", "anthropic.claude-3-haiku-20240307-v1:0", "hunter2024"),
        *("2024-05-09", "2024-05-09T12:30:00Z", "09.05.2024", "12:34:56", "1712345678.123", "1.5.0.dev20240101"),
        *("v2.10.3-beta.1", "<|endoftext|>", "user@example.com", "first.last@mail.example.com", "Paris, France"),
        *("True,False", "ctrl+shift+p", "foo_bar_baz_123"),
    ],
)
def test_a_value_that_anybody_might_write_is_no_secret(value: str) -> None:
    assert is_plain(value)
    assert environment_secrets({"DB_PASSWORD": value}) == frozenset()


@pytest.mark.parametrize(
    "value",
    [
        *("abcd1234", "hunter2hunter2", "hunter2-hunter2", "s3cr3t-pass", "Sup3rS3cret!", "a8f3c2d1e9b7"),
        *("tr0ub4dor&3", "correct-horse-battery-staple", "made-up-key-0042", "84736251"),
        *("https://hooks.example.com/services/T0001/B0001/XyZ123abcDEF", "https://me:Hunter2Pass@db.example.com/x"),
        *("https://h.example.com/?sig=Xy12", "/9j/4AAQSkZJRgABAQAAAQ", "0123456780", "MDEyMzQ1Njc4OWFi"),
        *("correct-horse-battery-staple-42", "gpt-8f3a9c2b1d4e", "claude-7QzXw7KvJ9pYhWgT", "openai-8f3a-9c2b-1d4e"),
        *("8f3a9c2b1d4e@example.com", "<|8f3a9c2b1d4e|>", "f3a91c77be02d4586e1fa0c9b7d2384e", "llama" * 30),
        *("ft:gpt-4o-mini:acme:8f3a9c2b1d4e:abc123", "ft:8f3a9c2b1d4e:acme::abc123", "AbCdEfGhIjKlMnOp"),
        *("6f1c1b0e-4f8e-4a53-9c0b-6b2f0a1c2d3e", "grok-QwErTyUiOpAsDfGh", "k7Hs,Ld93,Px21"),
    ],
)
def test_a_value_that_has_to_be_known_is_a_secret(value: str) -> None:
    assert not is_plain(value)
    assert environment_secrets({"DB_PASSWORD": value}) == {value}


def test_of_a_user_and_a_password_both_and_the_password_are_secret() -> None:
    assert environment_secrets({"DB_PASSWORD": "user:hunter2pass"}) == {"user:hunter2pass", "hunter2pass"}


PLACEHOLDERS = [
    *("test", "XXX", "fake", "DUMMY", "fake-key", "fake123456789012", "sk-placeholder", "your-api-key", "YOUR_API_KEY"),
    *("sk-fake-0123456789abcdef", "sk-xxxxxxxxxxxxxxxxxxxx", "sk-test-1234567890", "test-key-0123456789"),
    *("my-test-key-123456789", "sk-proj-your-key-here-xxxxxxxx", "sk-placeholder-of-a-replayed-test"),
    *("<your-api-key-goes-here>", "${OPENAI_API_KEY}", "$OPENAI_API_KEY", "{{ api_key_of_mine }}", "%MY_API_KEY%"),
    *("00000000-0000-0000-0000-000000000000", "this-is-a-fake-key-for-tests", "**REDACTED**", "[FILTERED OUT]"),
    *("MOCK_API_KEY_12345", "openai-dummy-key", "********************", "insert-your-key-here", "changeme-please-now"),
    *("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    *("sk-ant-api03-xxxxxxxxxxxxxxxx", "xoxb-your-token-goes-here", "AIzaXXXXXXXXXXXXXXXXXXXX", "sk-1111111111111111"),
    *("sk-12345678901234567890", "api-key-123456789", "super-secret-key-1234567890"),
    *("fw_your_api_key_here", "fireworks-your-api-key-here", "r8_your_token_here_please", "API_KEY_GOES_HERE_PLEASE"),
    *(
        "this-is-not-a-real-key",
        "sk-test-abcdef1234567890",
        "sk-1234567890abcdef1234567890abcdef",
        "pcsk_your_key_here",
    ),
    *(
        "glpat-put-your-token-in-here",
        "dapi_replace_this_token",
        "sk_test_abcdef1234567890",
        "put-the-real-key-in-here",
    ),
    *("gsk_abcdef0123456789abcdef0123456789", "openai-null-key-12345", "azure-sample-key-of-docs"),
    *("no-key-is-needed-in-these-tests", "some-secret-key-for-tests"),
]


def test_a_placeholder_may_begin_as_the_keys_of_any_vendor_do() -> None:
    begins = [begin for _, vendor, _ in VENDORS for begin in vendor]

    assert [begin for begin in begins if not is_placeholder(f"{begin}your_key_here")] == []
    assert [begin for begin in begins if is_placeholder(f"{begin}8f3a9c2b1d4e8f3a9c2b1d4e")] == []


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_placeholder_is_no_credential(value: str) -> None:
    assert not is_secret_value(value)
    assert not is_credential("authorization", f"Bearer {value}")
    assert not is_credential("x-api-key", value)
    assert not is_credential("cookie", f"session={value}")
    basic = base64.b64encode(f"user:{value}".encode()).decode()
    assert not is_credential("authorization", f"Basic {basic}")


@pytest.mark.parametrize(
    "value",
    [
        *("sk-samurai-0123456789abcdefghij", "sk-test-4eC39HqLyjWDarjtT1zdP7dc", "AKIA0123456789ABCDEF"),
        *("nordic-8f3a9c2b1d4e", "test-8f3a9c2b1d4e", "hunter2-hunter2", "Tests8f3a9c2b1d4e"),
        *("fw_8f3a9c2b1d4e8f3a9c2b1d4e", "r8_QzXwKvJpYhWgTqZmNbVcQzXwKvJpYh", "xkcd-zqrtpl-bvnmwk-hjklqr"),
        *("0123456789abcdef-f3a9c2b1d4e8", "test-13579bdf02468ace8642"),
        "sk-samurai-0123456789abcdefghij" + "x" * 50,
    ],
)
def test_a_key_is_no_placeholder(value: str) -> None:
    assert not is_placeholder(value)
    assert is_credential("authorization", f"Bearer {value}")


def test_a_number_in_a_header_is_no_credential() -> None:
    assert not is_credential("x-ratelimit-remaining-token", "84736251")
