"""What may be written down and shown."""

from pytest_samurai.redaction.redactor import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    Redactor,
    Redactors,
    environment_names,
    environment_secrets,
    found,
    is_credential,
    one_line,
    own_keys,
    said,
    shown_url,
    url_credentials,
    without_secrets,
)

__all__ = [
    "REQUEST_HEADERS",
    "RESPONSE_HEADERS",
    "Redactor",
    "Redactors",
    "environment_names",
    "environment_secrets",
    "found",
    "is_credential",
    "one_line",
    "own_keys",
    "said",
    "shown_url",
    "url_credentials",
    "without_secrets",
]
