"""What may be written down and shown."""

from pytest_samurai.redaction.credentials import environment_names, environment_secrets, is_credential, own_keys
from pytest_samurai.redaction.findings import find_secrets, spoken_texts
from pytest_samurai.redaction.headers import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    AllowList,
    kept_of_replies,
    never_kept,
    parse_header,
)
from pytest_samurai.redaction.redactor import Redactor, one_line, shown_url
from pytest_samurai.redaction.redactors import Redactors, without_secrets
from pytest_samurai.redaction.urls import url_credentials, without_credentials

__all__ = [
    "REQUEST_HEADERS",
    "RESPONSE_HEADERS",
    "AllowList",
    "Redactor",
    "Redactors",
    "environment_names",
    "environment_secrets",
    "find_secrets",
    "is_credential",
    "kept_of_replies",
    "never_kept",
    "one_line",
    "own_keys",
    "parse_header",
    "shown_url",
    "spoken_texts",
    "url_credentials",
    "without_credentials",
    "without_secrets",
]
