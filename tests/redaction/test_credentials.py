"""Which values are secrets, in an environment and in a request."""

from __future__ import annotations

import pytest

from pytest_samurai.redaction.credentials import environment_secrets, request_secrets
from tests.redaction.kept import KEY


@pytest.mark.parametrize(
    "name",
    [
        "SAMURAI_API_KEY",
        "OPENAI_APIKEY",
        "GITHUB_TOKEN",
        "TOKEN",
        "CLIENT_SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "DJANGO_SECRET_KEY",
        "openai_api_key",
    ],
)
def test_a_variable_with_the_name_of_a_secret_holds_one(name: str) -> None:
    assert environment_secrets({name: "abc12345"}) == {"abc12345"}


@pytest.mark.parametrize(
    "name", ["HOME", "MAX_TOKENS", "TOKENIZERS_PARALLELISM", "SECRET_SANTA", "MONKEY", "API_KEY_FILE"]
)
def test_any_other_variable_does_not(name: str) -> None:
    assert environment_secrets({name: "abc12345"}) == frozenset()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "test",
        "abc1234",
        "changeme",
        "not-needed",
        "Not Needed",
        "DEVELOPMENT",
        "my.test_key",
        "nineteen-characters",
    ],
)
def test_words_that_stand_in_for_a_key_are_not_cut_out_of_prompts(value: str) -> None:
    assert environment_secrets({"SAMURAI_API_KEY": value}) == frozenset()
    assert request_secrets((("authorization", f"Bearer {value}"),)) == frozenset()


@pytest.mark.parametrize("value", ["abcd1234", "dXNlcjpwYXNz", "twenty-characters-it", "p@ssword"])
def test_what_nobody_would_write_as_a_word_is_a_secret(value: str) -> None:
    assert environment_secrets({"SAMURAI_API_KEY": value}) == {value}


def test_blanks_around_a_variable_are_not_part_of_the_secret() -> None:
    assert environment_secrets({"SAMURAI_API_KEY": f" {KEY}\n"}) == {KEY}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer   {KEY} "),
        ("authorization", KEY),
        ("proxy-authorization", f"Basic {KEY}"),
        ("api-key", KEY),
        ("x-api-key", KEY),
        ("x-goog-api-key", KEY),
    ],
)
def test_the_key_of_a_request_is_a_secret(name: str, value: str) -> None:
    assert request_secrets((("accept", "application/json"), (name, value))) == {KEY}


def test_other_headers_and_empty_ones_hold_no_key() -> None:
    assert request_secrets((("x-request-id", KEY), ("authorization", ""), ("api-key", " "))) == frozenset()
