"""Secrets that only their shape reveals, and what only looks like them."""

from __future__ import annotations

import pytest

from pytest_samurai.redaction.edits import REDACTED
from tests.redaction.kept import KEY, stored, stored_text

LONG = "0a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9J"


BLOCK = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n+/=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "sk-0123456789abcdef",
        f"sk-proj-{LONG}_{LONG}-x",
        f"sk-ant-api03-{LONG}",
        "sk-123e4567-e89b-12d3-a456-426614174000",
        *(f"gh{kind}_{LONG}" for kind in "pousr"),
        f"github_pat_{LONG}",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "sk-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn",
        "sk-svcacct-AbCdEfGhIjKlMnOpQrStUvWx",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
        f"AIza{'SyB-c_d' * 5}",
        f"gsk_{'aB3d' * 8}",
        f"hf_{'aBcDeF' * 5}",
        *(f"xox{kind}-1234567890-abcdefgh" for kind in "abprs"),
        *(f"sk-{maker}-abcdefghijklmnop" for maker in ("ant", "admin", "or", "proj", "svcacct")),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        BLOCK,
        BLOCK.replace("RSA ", ""),
    ],
)
@pytest.mark.parametrize("around", ["{}", "My key: {}.", "keys:\n{}\n", '"{}"', "é{}é", "key={}&"])
def test_what_has_the_shape_of_a_secret_is_cut_out_though_nobody_told_of_it(secret: str, around: str) -> None:
    assert stored_text(around.format(secret)) == around.format(REDACTED)


def test_a_key_after_a_character_that_json_may_escape_is_found_in_either_spelling() -> None:
    assert stored(f'"\\u00e9{KEY}\\n"'.encode()).body == f'"\\u00e9{REDACTED}\\n"'.encode()
    assert stored(f'"é{KEY}\\n"'.encode()).body == f'"é{REDACTED}\\n"'.encode()


@pytest.mark.parametrize(
    ("before", "key"),
    [
        ("KEY_", f"sk-{'0123456789abcdef' * 2}"),
        ("x", f"sk-{'0123456789abcdef' * 2}"),
        ("key", f"sk-{'0123456789ABCDEF' * 3}"),
        ("OPENAI_API_KEY_", f"sk-{LONG[:24]}"),
        ("my_", f"sk-samurai-{LONG[:24]}"),
    ],
)
def test_a_key_is_known_behind_an_underscore_and_a_long_one_of_digits_behind_letters(before: str, key: str) -> None:
    assert stored_text(f"It is {before}{key}.") == f"It is {before}{REDACTED}."


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-compatible-estimators-and-transformers",
        "sk-LearnCompatibleEstimators",
        "AIzaWithoutItsThirtyFiveCharacters",
        "gsk_not_a_key",
        "hf_transformers_and_friends",
        "xoxb-and-kisses",
        "sk-learn-1-2-compatible-estimators",
        *(f"a {word}-{'0123456789abcdef' * 2}" for word in ("task", "DISK", "Risk", "desk", "mask", "kiosk", "ask")),
        f"ask-{'0123456789abcdef' * 2}",
        "a task-0123456789abcdef and a desk_sk-0123456789abcdef",
        "sk-short1",
        "ghp_short",
        "AKIAIOSFODNN7EXAMPLEX",
        "XAKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9 is a header of a token",
        "Does it hold -----BEGIN PRIVATE KEY----- or not?",
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
        "password: the field's name; max_tokens: 100; token token_type secret_key",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert stored_text(text) == text


def test_a_private_key_that_was_cut_off_is_cut_out_as_far_as_it_goes() -> None:
    assert stored_text(f"It is -----BEGIN PRIVATE KEY-----\n{LONG}\n{LONG}...") == f"It is {REDACTED}..."


def test_two_private_keys_do_not_take_what_stands_between_them() -> None:
    assert stored_text(f"{BLOCK} and {BLOCK}") == f"{REDACTED} and {REDACTED}"


@pytest.mark.parametrize(
    "key",
    [
        f"sk-{LONG}aBcDeFgH",
        f"sk-ant-api03-{LONG}{LONG}0a1B2c3D4e5F6gA",
        f"sk-or-v1-{'0123456789abcdef' * 4}",
        f"AIza{LONG[:35]}",
        f"gsk_{LONG}0a1B2c3D4e5F",
        f"hf_{LONG[:34]}",
        f"xoxb-123456789012-1234567890123-{LONG[:24]}",
        *(f"gh{kind}_{LONG[:36]}" for kind in "pousr"),
        f"github_pat_{LONG[:22]}_{LONG}{LONG[:19]}",
        "AKIA0123456789ABCDEF",
    ],
)
def test_a_key_is_known_at_the_length_at_which_its_maker_gives_it_out(key: str) -> None:
    assert stored_text(f"My key: {key}.") == f"My key: {REDACTED}."
