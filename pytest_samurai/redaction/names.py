"""The names that secrets have: as variables, as headers, as parameters of a URL."""

from __future__ import annotations

import re

# --- variables of an environment

_VARIABLE_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "PAT", "AUTH", "JWT")
_VARIABLE_TAILS = ("PROD", "DEV", "STAGING", "TEST", "LIVE", "OLD", "NEW", "PRIMARY", "SECONDARY", "BACKUP")
_VARIABLE = re.compile(
    # PWD alone is the directory, and a public key is not secret.
    rf"(?:(?:^|_)(?!PWD\b)(?:{'|'.join(_VARIABLE_WORDS)})|_PWD|(?:PASSWORD|PASSWD|API_?KEY|(?:ACCESS|AUTH)(?:KEY|TOKEN)))"
    rf"(?:_?\d{{1,3}}|_(?:{'|'.join(_VARIABLE_TAILS)}))?$"
)
_NO_VARIABLE = re.compile(r"(?:PUBLIC|PUBLISHABLE|PRIMARY|FOREIGN|SORT|PARTITION|CACHE)_KEY|^(?:OLD)?PWD$")
_VARIABLE_ENDS = (*_VARIABLE_WORDS, *_VARIABLE_TAILS, *"0123456789")
_ADDRESS = re.compile(
    r"UR[IL]|DSN|PROXY|CONN|DATABASE|ENDPOINT|BROKER|HOST|SERVER|BASE|BACKEND|REDIS|MONGO|SQL|POSTGRES|DB|ADDR|REMOTE|INDEX"
    r"|REPO|QUEUE|AMQP|RABBIT|WEBHOOK|SENTRY"
)


def is_secret_variable(name: str) -> bool:
    """Whether a variable has the name of a secret: `..._KEY`, `..._TOKEN_2`, `PGPASSWORD`."""
    name = name.upper()
    # Each test asks this about each variable.
    return name.endswith(_VARIABLE_ENDS) and _VARIABLE.search(name) is not None and not _NO_VARIABLE.search(name)


def is_address_variable(name: str) -> bool:
    """Whether a variable has the name of a URL or a connection string, which may hold a password."""
    return _ADDRESS.search(name.upper()) is not None


# --- headers of a request

_HEADER_ENDS = (
    *("key", "token", "secret", "password", "passwd", "pwd", "pass", "auth", "authorization"),
    *("credential", "credentials", "jwt", "bearer", "pat", "cookie"),
)
_HEADER = re.compile(rf"(?:^|[-_.]|api|app|auth|access|secret|client)(?:{'|'.join(_HEADER_ENDS)})$")
# These are made for each request, or describe it.
_NO_HEADER = re.compile(r"(?:idempotency|websocket|cache|surrogate|partition|routing|public|encryption)[-_]key$")


def is_secret_header(name: str) -> bool:
    """Whether a header, in lower case, has the name of a credential."""
    return name.endswith(_HEADER_ENDS) and _HEADER.search(name) is not None and not _NO_HEADER.search(name)


# --- parameters in the query of a URL

_PARAMETER = re.compile(
    r"(?i)(?:key|code|pass|pat|sas|hmac|awsaccesskeyid"
    r"|(?:.*[^a-z0-9])?(?:token|secret|password|passwd|pwd|passphrase|sig|signature|auth|authorization|credentials?|jwt|assertion)"
    r"|(?:.*[^a-z0-9])?(?:api|app|access|secret|subscription|private|auth|account|shared|client|service|master|admin"
    r"|functions?|host|license|consumer|developer|session|security|user|refresh|id)[-_.]?(?:key|token|secret|password))"
)
# These mark the pages of a list.
_NO_PARAMETER = re.compile(r"(?i)(?:.*[^a-z])?(?:page|next|previous|continuation|sync|start|resume|delta)[-_.]?token")


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter has the name of a secret."""
    return _PARAMETER.fullmatch(name) is not None and not _NO_PARAMETER.fullmatch(name)
