"""What may be written down and shown."""

from pytest_samurai.redaction.cookies import cloudflare_cookies
from pytest_samurai.redaction.credentials import (
    environment_names,
    environment_secrets,
    is_credential,
    own_keys,
    request_secrets,
    url_credentials,
)
from pytest_samurai.redaction.fields import body_secrets
from pytest_samurai.redaction.findings import find_secrets, spoken_texts
from pytest_samurai.redaction.headers import (
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    AllowList,
    kept_of_replies,
    never_kept,
    parse_header,
)
from pytest_samurai.redaction.made import MadeRedactors
from pytest_samurai.redaction.pictures import without_base64
from pytest_samurai.redaction.plain import is_placeholder
from pytest_samurai.redaction.redactor import Redactor, one_line, shown_url
from pytest_samurai.redaction.redactors import Redactors, as_ours, is_ours, made_of, without_secrets
from pytest_samurai.redaction.rules import NAMED as NAMED_RULES
from pytest_samurai.redaction.rules import Rule, Rules, parse_rule
from pytest_samurai.redaction.truncated import without_halves
from pytest_samurai.redaction.urls import without_credentials

__all__ = [
    "NAMED_RULES",
    "REQUEST_HEADERS",
    "RESPONSE_HEADERS",
    "AllowList",
    "MadeRedactors",
    "Redactor",
    "Redactors",
    "Rule",
    "Rules",
    "as_ours",
    "body_secrets",
    "cloudflare_cookies",
    "environment_names",
    "environment_secrets",
    "find_secrets",
    "is_credential",
    "is_ours",
    "is_placeholder",
    "kept_of_replies",
    "made_of",
    "never_kept",
    "one_line",
    "own_keys",
    "parse_header",
    "parse_rule",
    "request_secrets",
    "shown_url",
    "spoken_texts",
    "url_credentials",
    "without_base64",
    "without_credentials",
    "without_halves",
    "without_secrets",
]
